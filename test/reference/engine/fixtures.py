"""Writes test/engine/fixtures: small random models by transformers, adapters by peft, with their losses, logits and gradients.

    python test/reference/engine/fixtures.py [folder]

Needs torch, transformers, peft, safetensors. Every shape is small, so that the fixtures can live in the repository.
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "engine" / "fixtures")
VOCABULARY = 61
COMMON = dict(
    vocab_size=VOCABULARY,
    hidden_size=32,
    intermediate_size=56,
    num_hidden_layers=2,
    initializer_range=0.15,
    max_position_embeddings=256,
    eos_token_id=2,
    bos_token_id=1,
)
LLAMA3 = dict(
    rope_type="llama3",
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)


# Eight factors: half a head of size 16.
LONGROPE = dict(
    original_max_position_embeddings=64,
    short_factor=[1.0, 1.02, 1.05, 1.1, 1.2, 1.3, 1.5, 1.6],
    long_factor=[1.1, 1.3, 1.8, 2.5, 3.2, 4.0, 4.5, 5.0],
)


def llama3_config(**more):
    # transformers 5 takes rope_parameters, version 4 rope_theta and rope_scaling.
    try:
        return LlamaConfig(**COMMON, rope_parameters=dict(LLAMA3, rope_theta=10000.0), **more)
    except TypeError:
        return LlamaConfig(**COMMON, rope_theta=10000.0, rope_scaling=LLAMA3, **more)


MODELS = {
    # Grouped queries, tied head.
    "llama-tied": (
        LlamaForCausalLM,
        LlamaConfig(**COMMON, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, rms_norm_eps=1e-5),
        dict(r=4, lora_alpha=8),
    ),
    # Untied head, scaled rotary positions, rank-stabilised adapter.
    "llama-scaled": (
        LlamaForCausalLM,
        llama3_config(num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=False, rms_norm_eps=1e-6),
        dict(r=4, lora_alpha=8, use_rslora=True),
    ),
    # Biases on queries, keys and values; adapter on attention only.
    "qwen2": (
        Qwen2ForCausalLM,
        Qwen2Config(**COMMON, num_attention_heads=4, num_key_value_heads=1, tie_word_embeddings=True, rms_norm_eps=1e-6),
        dict(r=2, lora_alpha=8, target_modules=["q_proj", "v_proj"]),
    ),
}
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def make(name, kind, config, lora):
    torch.manual_seed(sum(map(ord, name)))
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    model = kind(config).float()
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "norm" in key:
                value.add_(0.2 * torch.randn_like(value))
            if key.endswith("bias"):
                value.add_(0.3 * torch.randn_like(value))
    model.save_pretrained(folder, safe_serialization=True)
    (folder / "generation_config.json").unlink(missing_ok=True)
    ids = torch.randint(0, VOCABULARY, (2, 40))
    with torch.no_grad():
        logits = model(input_ids=ids).logits
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    full = {k: p.grad.clone() for k, p in model.named_parameters() if p.grad is not None}
    # The largest gradients of full training would double the fixture: one layer's stand for all.
    kept = [k for k in full if "layers.1" in k and "mlp" not in k or "embed" in k or k == "model.norm.weight"]
    model.zero_grad()
    settings = LoraConfig(**{"target_modules": ALL, **lora}, task_type="CAUSAL_LM", init_lora_weights=False)
    adapted = get_peft_model(model, settings)
    lora_loss = adapted(input_ids=ids, labels=ids).loss
    lora_loss.backward()
    with torch.no_grad():
        lora_logits = adapted(input_ids=ids).logits
    adapted.save_pretrained(folder / "adapter")
    for extra in ("README.md",):
        (folder / "adapter" / extra).unlink(missing_ok=True)
    gradients = {"full." + k: full[k].contiguous() for k in kept}
    for key, p in adapted.named_parameters():
        if p.requires_grad:
            gradients[key.replace(".default.", ".")] = p.grad.contiguous()
    gradients["logits"] = logits[:, -4:].contiguous()
    gradients["lora.logits"] = lora_logits[:, -4:].contiguous()
    save_file(gradients, folder / "reference.safetensors")
    reference = {"ids": ids.tolist(), "loss": loss.item(), "loraLoss": lora_loss.item()}
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")
    print(name, loss.item(), lora_loss.item())


def rope():
    """Inverse frequencies of each rotary scaling, as transformers computes them."""
    out = []
    for kind, extra, length in [
        ("linear", dict(factor=4.0), 64),
        ("dynamic", dict(factor=2.0), 64),
        ("dynamic", dict(factor=2.0), 400),
        ("llama3", {k: v for k, v in LLAMA3.items() if k != "rope_type"}, 64),
        ("yarn", dict(factor=4.0, original_max_position_embeddings=64), 64),
        ("yarn", dict(factor=8.0, original_max_position_embeddings=32, beta_fast=16.0, beta_slow=2.0, truncate=False, mscale=1.0, mscale_all_dim=0.7), 64),
        ("yarn", dict(factor=2.0, original_max_position_embeddings=128, attention_factor=1.3), 64),
        ("longrope", dict(LONGROPE), 64),
        ("longrope", dict(LONGROPE), 65),
        ("longrope", dict(LONGROPE, factor=2.0, attention_factor=1.1), 65),
    ]:
        parameters = dict(rope_type=kind, rope_theta=10000.0, **extra)
        shape = dict(COMMON, num_attention_heads=2, num_key_value_heads=2)
        try:
            config = LlamaConfig(**shape, rope_parameters=parameters)
        except TypeError:
            config = LlamaConfig(**shape, rope_theta=10000.0, rope_scaling=dict(rope_type=kind, **extra))
        frequencies, attention = ROPE_INIT_FUNCTIONS[kind](config, "cpu", seq_len=length)
        out.append({"config": json.loads(config.to_json_string(use_diff=False)), "length": length, "attention": attention, "frequencies": frequencies.tolist()})
    keep = ["architectures", "model_type", "hidden_size", "num_attention_heads", "num_key_value_heads", "num_hidden_layers",
            "intermediate_size", "vocab_size", "max_position_embeddings", "rms_norm_eps", "rope_theta", "rope_scaling",
            "rope_parameters", "head_dim"]
    for case in out:
        case["config"] = {k: case["config"][k] for k in keep if k in case["config"] and case["config"][k] is not None}
    (OUT / "rope.json").write_text(json.dumps(out, indent=1) + "\n")


def sharded():
    """A small model in two shards, one in bfloat16 and one in half precision, and what its weights are as floats."""
    torch.manual_seed(5)
    folder = OUT / "sharded"
    folder.mkdir(parents=True, exist_ok=True)
    shape = dict(COMMON, num_hidden_layers=1, hidden_size=16, intermediate_size=24)
    config = LlamaConfig(**shape, num_attention_heads=2, num_key_value_heads=2, tie_word_embeddings=True)
    model = LlamaForCausalLM(config)
    config.save_pretrained(folder)
    weights = {k: v for k, v in model.state_dict().items() if k != "lm_head.weight"}
    # Subnormal, large and tiny values too.
    weights["model.norm.weight"][:4] = torch.tensor([1e-7, 6e-8, 65504.0, 3.1e-5])
    files = {"model-00001-of-00002.safetensors": {}, "model-00002-of-00002.safetensors": {}}
    names = list(files)
    index, expected = {}, {}
    for i, (key, value) in enumerate(weights.items()):
        stored = value.to(torch.bfloat16 if i % 2 else torch.float16).contiguous()
        files[names[i % 2]][key] = stored
        index[key] = names[i % 2]
        expected[key] = stored.float()
    for name, tensors in files.items():
        save_file(tensors, folder / name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}) + "\n")
    save_file(expected, folder / "expected.safetensors")


for name, (kind, config, lora) in MODELS.items():
    make(name, kind, config, lora)
rope()
sharded()
