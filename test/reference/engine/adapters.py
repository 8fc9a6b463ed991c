"""Adapters both ways: the engine's opened by peft, its merged weights by transformers; adapters that peft trained opened
by the engine; and the same optimizer steps in torch and in the engine.

    python test/reference/engine/adapters.py        (after npm run build)
"""

import json
import subprocess
import tempfile
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
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


def engine(adapter, request):
    """What _score.mjs answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(request, file)
        file.flush()
        done = subprocess.run(["node", HERE / "_score.mjs", adapter, file.name], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


IDS = [[(7 * i + 31 * k) % 900 + 3 for i in range(24)] for k in range(2)]


def steps(model, count, rate, decay):
    """Full-batch steps of torch's AdamW with clipping, as the engine's defaults are."""
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, betas=(0.9, 0.98), eps=1e-8, weight_decay=decay)
    losses = []
    for _ in range(count):
        optimizer.zero_grad()
        ids = torch.tensor(IDS)
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


QUESTIONS = dict(questions=["where do you stand", "how old are you", "vote"], options=["0", "17", "50", "100"])
for kind, settings in {
    "two targets": dict(r=3, lora_alpha=9, lora_dropout=0.1, target_modules=["q_proj", "v_proj"]),
    "all linears, rank-stabilised": dict(r=4, lora_alpha=8, use_rslora=True, target_modules="all-linear"),
    "mlp": dict(r=2, lora_alpha=2, target_modules=["gate_proj", "up_proj", "down_proj"]),
}.items():
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(1)
        base = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
        model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **settings))
        model.train()
        steps(model, 10, 1e-2, 0.0)
        model.eval()
        model.save_pretrained(folder)
        compare(model, engine(folder, QUESTIONS)["cases"], f"trained by peft ({kind}), opened by the engine")

with tempfile.TemporaryDirectory() as folder:
    torch.manual_seed(2)
    base = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    linears = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules=linears, init_lora_weights=False))
    model.save_pretrained(folder)
    ours = engine(folder, dict(steps=8, ids=IDS, learningRate=3e-3, optimizer=dict(weightDecay=0.1, clipNorm=1)))
    theirs = steps(model, 8, 3e-3, 0.1)
    worst = max(abs(a / b - 1) for a, b in zip(ours["losses"], theirs))
    print(f"8 steps of AdamW, loss {theirs[0]:.3f} to {theirs[-1]:.3f}: worst relative difference of a loss {worst:.1e}")
    assert worst < 1e-4 and theirs[-1] < theirs[0]
    far, moved = 0.0, 0.0
    for name, p in model.named_parameters():
        if p.requires_grad:
            mine = torch.tensor(ours["weights"][name.replace(".default.", ".")]).reshape(p.shape)
            far = max(far, (mine - p.detach()).abs().max().item())
            moved = max(moved, p.detach().abs().max().item())
    print(f"weights differ by at most {far:.1e}")
    assert far < 1e-3
