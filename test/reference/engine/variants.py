"""Writes test/engine/fixtures/variants: what transformers and peft make of models whose rotary embedding is scaled in each
way, of adapters with ranks, scales, layers, biases and replaced weights of their own, and of one on the output head.

    python test/reference/engine/variants.py [folder]       (after fixtures.py)
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

FIXTURES = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "engine" / "fixtures")
OUT = FIXTURES / "variants"
LONG = dict(short_factor=[1.0, 1.1, 1.3, 1.5], long_factor=[1.2, 2.0, 3.0, 4.0])
# Name, rope_scaling, max_position_embeddings. Sequences have 40 tokens: longer and shorter than what is scaled.
ROPES = [
    ("linear", dict(rope_type="linear", factor=4.0), 256),
    ("dynamic", dict(rope_type="dynamic", factor=2.0), 24),
    ("yarn", dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16), 64),
    ("yarn-32-times", dict(rope_type="yarn", factor=32.0, original_max_position_embeddings=8, mscale=1.0, mscale_all_dim=0.6), 256),
    ("longrope-long", dict(rope_type="longrope", original_max_position_embeddings=24, **LONG), 96),
    ("longrope-short", dict(rope_type="longrope", original_max_position_embeddings=64, **LONG), 256),
]
ADAPTERS = {
    # A regular expression, ranks and scales by pattern.
    "llama-tied": dict(
        r=4,
        lora_alpha=8,
        target_modules=r".*\.(q_proj|down_proj)",
        rank_pattern={"layers.1.self_attn.q_proj": 2},
        alpha_pattern={"down_proj": 5},
    ),
    # One layer only, rank-stabilised; the head is trained whole.
    "llama-scaled": dict(
        r=3,
        lora_alpha=6,
        use_rslora=True,
        target_modules=["v_proj", "gate_proj"],
        layers_to_transform=[1],
        modules_to_save=["lm_head"],
    ),
    # All linears but one; the biases are trained too.
    "qwen2": dict(r=2, lora_alpha=8, target_modules="all-linear", exclude_modules=["layers.0.self_attn.v_proj"], bias="all"),
}


def ids_of(name):
    return torch.tensor(json.loads((FIXTURES / name / "reference.json").read_text())["ids"])


def ropes():
    base = AutoModelForCausalLM.from_pretrained(FIXTURES / "llama-tied", dtype=torch.float32)
    ids = ids_of("llama-tied")
    settings = json.loads((FIXTURES / "llama-tied" / "config.json").read_text())
    cases, tensors = [], {}
    for name, scaling, length in ROPES:
        for key in ("rope_parameters", "rope_scaling", "rope_theta"):
            settings.pop(key, None)
        settings.update(rope_theta=10000.0, rope_scaling=scaling, max_position_embeddings=length)
        kind = dict(settings)
        config = AutoConfig.for_model(kind.pop("model_type"), **json.loads(json.dumps(kind)))
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        model.load_state_dict(base.state_dict())
        model.eval()
        with torch.no_grad():
            # The short one first: a long one changes what a model of transformers remembers.
            tensors[name + ".short"] = model(input_ids=ids[:, :20]).logits[:, -4:].contiguous()
            tensors[name] = model(input_ids=ids).logits[:, -4:].contiguous()
        cases.append({"name": name, "config": dict(settings)})
        print(name, tensors[name].abs().max().item())
    save_file(tensors, OUT / "rope.safetensors")
    (OUT / "rope.json").write_text(json.dumps(cases, indent=1) + "\n")


def save(model, folder, base):
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    # peft writes the path of the folder on this machine.
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = base
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2))


def adapters():
    tensors = {}
    for name, settings in ADAPTERS.items():
        torch.manual_seed(sum(map(ord, name)) + 1)
        model = AutoModelForCausalLM.from_pretrained(FIXTURES / name, dtype=torch.float32)
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, **settings))
        with torch.no_grad():
            for key, p in model.named_parameters():
                if p.requires_grad and "lora_" not in key:
                    p.add_(0.1 * torch.randn_like(p))
        save(model, OUT / name, name)
        with torch.no_grad():
            tensors[name] = model(input_ids=ids_of(name)).logits[:, -4:].contiguous()
        print(name, tensors[name].abs().max().item())
    save_file(tensors, OUT / "adapters.safetensors")


def head():
    """An adapter on the output head too: loss, logits and gradients."""
    torch.manual_seed(11)
    model = AutoModelForCausalLM.from_pretrained(FIXTURES / "llama-scaled", dtype=torch.float32)
    settings = LoraConfig(task_type="CAUSAL_LM", init_lora_weights=False, r=3, lora_alpha=6, target_modules=["q_proj", "down_proj", "lm_head"])
    model = get_peft_model(model, settings)
    folder = OUT / "head"
    save(model, folder, "llama-scaled")
    ids = ids_of("llama-scaled")
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    found = {key.replace(".default.", "."): p.grad.contiguous() for key, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        found["logits"] = model(input_ids=ids).logits[:, -4:].contiguous()
    save_file(found, folder / "reference.safetensors")
    (folder / "reference.json").write_text(json.dumps({"ids": ids.tolist(), "loss": loss.item()}) + "\n")
    print("head", loss.item(), len(found))


OUT.mkdir(parents=True, exist_ok=True)
ropes()
adapters()
head()
