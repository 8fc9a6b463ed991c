"""Writes test/engine/fixtures/templates.json and tokenizers: conversations as transformers tokenizes them.

    python test/reference/engine/templates.py [folder]

Two small tokenizers are trained here, byte-level BPE (as Llama 3, SmolLM2 and Qwen2.5 have) and BPE on "▁" words with byte
fallback (as Llama 2 and Mistral have); the templates are those of Qwen2.5 (a default system prompt), Llama 3 and Mistral in
what they write for plain conversations.
"""

import json
import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "engine" / "fixtures") / "templates"
OUT.mkdir(parents=True, exist_ok=True)

QWEN = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAMA3 = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    " + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}"
    "{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
)
CORPUS = [
    "You are a helpful assistant. Where do you place yourself on a scale from 1 to 7, from left to right?",
    "How did you vote in 1996: Clinton or Dole? Strongly agree, agree, neither, disagree, strongly disagree.",
    "A person of 34 years, female, college education, income 52,000 dollars. It's what people said; they've answered.",
    "0 1 2 3 4 5 6 7 8 9 10 20 50 100 Yes No I don't know.",
] * 20
CONVERSATIONS = [
    [{"role": "user", "content": "How did you vote?"}, {"role": "assistant", "content": "Clinton"}],
    [{"role": "user", "content": "Where do you stand, 1 to 7?"}, {"role": "assistant", "content": "5"}],
    [
        {"role": "user", "content": "Age: 34.\nPlace yourself."},
        {"role": "assistant", "content": "Strongly agree"},
        {"role": "user", "content": "And the other?  Über naïve – 50%"},
        {"role": "assistant", "content": "I don't know."},
    ],
]
WITH_SYSTEM = [{"role": "system", "content": "You are a person of 34 years."}] + CONVERSATIONS[2]


def byte_level(special):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(vocab_size=420, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()),
    )
    return t


def metaspace(special):
    t = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    alphabet = [f"<0x{i:02X}>" for i in range(256)]
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=300, special_tokens=special + alphabet))
    # Bytes are ordinary tokens, not special ones.
    data = json.loads(t.to_str())
    data["added_tokens"] = [a for a in data["added_tokens"] if a["content"] in special]
    return Tokenizer.from_str(json.dumps(data))


def case(name, tokenizer, template, bos, eos, conversations):
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=bos, eos_token=eos, chat_template=template)
    (OUT / f"{name}.json").write_text(tokenizer.to_str())
    out = []
    for messages in conversations:
        prompts = {}
        for i, m in enumerate(messages):
            if m["role"] == "assistant":
                text = fast.apply_chat_template(messages[:i], tokenize=False, add_generation_prompt=True)
                prompts[i] = fast(text, add_special_tokens=False)["input_ids"]
        text = fast.apply_chat_template(messages, tokenize=False)
        full = fast(text, add_special_tokens=False)["input_ids"]
        out.append({"messages": messages, "prompts": prompts, "full": full, "text": text})
    config = {"bos_token": bos, "eos_token": eos, "chat_template": template}
    return {"name": name, "config": config, "eos": tokenizer.token_to_id(eos), "conversations": out}


cases = [
    case("qwen", byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]), QWEN, None, "<|im_end|>", CONVERSATIONS + [WITH_SYSTEM]),
    case(
        "llama3",
        byte_level(["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]),
        LLAMA3,
        "<|begin_of_text|>",
        "<|eot_id|>",
        CONVERSATIONS + [WITH_SYSTEM],
    ),
    case("mistral", metaspace(["<unk>", "<s>", "</s>"]), MISTRAL, "<s>", "</s>", CONVERSATIONS),
]
(OUT / "cases.json").write_text(json.dumps(cases, ensure_ascii=False, indent=None) + "\n")
