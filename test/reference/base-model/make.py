"""What Hugging Face's own libraries make of data/base-model: token ids (tokenizers), option log-probabilities (transformers, torch)."""
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

root = Path(__file__).resolve().parents[3]
folder = root / "data" / "base-model"
out = root / "test" / "base-model" / "fixtures"
out.mkdir(parents=True, exist_ok=True)

tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
texts = [
    "<model> age 33 party identification 50 own left right position <7> 33; vote <2> 0;",
    "Clinton Überraschung 中文 naïve 1996 ﬁrst 100 42 7",
    "perceived probability of disaster <101> 15; insurance <2> 100;",
    "treatment <D> ethnicity <B> attack <nominal> <A>;",
    "Доверие к суду <5>",
]
(out / "tokenizer.json").write_text(
    json.dumps([{"text": t, "ids": tokenizer.encode(t, add_special_tokens=False).ids} for t in texts], ensure_ascii=False, indent=1) + "\n"
)

model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
chat = AutoTokenizer.from_pretrained(folder)
conversations = [
    {
        "messages": [{"role": "user", "content": "<model> age 33 income 48 party identification 83 own left right position <7> ="}],
        "options": ["0", "17", "33", "50", "67", "83", "100"],
    },
    {
        "messages": [
            {"role": "user", "content": "<model> age 60 message <B> shop 1 guarded <21> ="},
            {"role": "assistant", "content": "80"},
            {"role": "user", "content": "shop 2 guarded <21> 80 ="},
            {"role": "assistant", "content": "20"},
            {"role": "user", "content": "enter <nominal> 20 80 ="},
        ],
        "options": ["<A>", "<B>", "<C>"],
    },
]
for c in conversations:
    prompt = chat.apply_chat_template(c["messages"], tokenize=False, add_generation_prompt=True)
    c["prompt"] = prompt
    before = chat(prompt, add_special_tokens=False)["input_ids"]
    c["promptIds"] = before
    c["logprobs"] = []
    for option in c["options"]:
        answer = chat(option + ";", add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([before + answer])).logits[0].log_softmax(-1)
        c["logprobs"].append(sum(logits[len(before) - 1 + i, t].item() for i, t in enumerate(answer)))
(out / "logprobs.json").write_text(json.dumps(conversations, indent=1) + "\n")
print("written", out)
