"""Checks in torch what the engine writes: its adapters opened by peft, its merged weights by transformers.

    python test/reference/engine/adapters.py        (after npm run build)
"""

import json
import subprocess
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent
BASE = HERE.parents[2] / "data" / "base-model"


def compare(model, cases, what):
    """Log-probabilities of whole answers, by torch and by the engine."""
    worst = 0.0
    for case in cases:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([case["ids"]])).logits[0].double()
        logprob = torch.log_softmax(logits, -1)
        total = sum(logprob[case["prompt"] + i - 1, token].item() for i, token in enumerate(case["answer"]))
        worst = max(worst, abs(total - case["total"]))
    print(f"{what}: worst difference of a log-probability {worst:.2e}")
    assert worst < 1e-4, what


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["node", HERE / "_adapters.mjs", folder], check=True)
    for kind in ["lora", "rslora"]:
        place = Path(folder) / kind
        cases = json.loads((place / "expected.json").read_text())
        base = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
        compare(PeftModel.from_pretrained(base, place / "adapter"), cases, f"{kind}: adapter in peft")
        merged = AutoModelForCausalLM.from_pretrained(place / "merged", dtype=torch.float32)
        compare(merged, cases, f"{kind}: merged weights in transformers")
