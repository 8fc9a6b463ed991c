"""The recipe of docs/scale.md, all of it, on a CPU: people exported as JSONL, finetuned with TRL and peft by
docs/recipes/finetune_trl.py, the adapter brought back with finetuning.adopt. The engine's answers with the adapter are
compared with peft's.

    python test/reference/finetuning/trl.py        (after npm run build)
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BASE = ROOT / "data" / "base-model"


def recipe(data, output, *more):
    command = [sys.executable, ROOT / "docs" / "recipes" / "finetune_trl.py", "--data", data, "--output", output, *more]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)
    print(done.stdout.strip().splitlines()[-1])


def compare(adapter, cases):
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32), adapter)
    tokenizer = AutoTokenizer.from_pretrained(BASE)
    worst = 0.0
    for case in cases:
        prompt = tokenizer.apply_chat_template(case["messages"], add_generation_prompt=True)["input_ids"]
        assert prompt == case["prompt"], "transformers and the engine cut the prompt into the same tokens"
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([prompt + case["answer"]])).logits[0].double()
        logprob = torch.log_softmax(logits, -1)
        total = sum(logprob[len(prompt) - 1 + i, token].item() for i, token in enumerate(case["answer"]))
        worst = max(worst, abs(total - case["total"]))
    print(f"engine and peft with TRL's adapter: worst difference of a log-probability {worst:.2e}")
    assert worst < 1e-4


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    subprocess.run(["node", HERE / "_export.mjs", folder / "pilot.jsonl"], check=True, cwd=ROOT)
    assert len((folder / "pilot.jsonl").read_text().splitlines()) == 40
    recipe(folder / "pilot.jsonl", folder / "adapter", "--base", BASE, "--epochs", 6, "--learning-rate", "2e-3")
    subprocess.run(["node", HERE / "_adopt.mjs", folder / "adapter", folder], check=True, cwd=ROOT)
    compare(folder / "adapter", json.loads((folder / "expected.json").read_text()))
