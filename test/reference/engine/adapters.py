"""Checks in torch what the engine wrote: an adapter by peft, merged weights by transformers.

    python adapters.py model adapter merged expected.json

`expected.json` holds prompts with answers and the answers' log-probabilities as the engine computed them with the adapter.
Called by adapters.mjs.
"""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

base, adapter, merged, expected = sys.argv[1:5]
cases = json.load(open(expected))


def compare(model, what):
    worst = 0.0
    for case in cases:
        ids = torch.tensor([case["ids"]])
        with torch.no_grad():
            logprob = torch.log_softmax(model(input_ids=ids).logits[0].double(), -1)
        total = sum(logprob[case["prompt"] + i - 1, token].item() for i, token in enumerate(case["answer"]))
        worst = max(worst, abs(total - case["total"]))
    print(f"{what}: worst difference of a log-probability {worst:.2e}")
    assert worst < 1e-4, what


compare(PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter), "adapter in peft")
compare(AutoModelForCausalLM.from_pretrained(merged), "merged weights in transformers")
