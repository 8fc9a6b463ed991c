"""The same training in torch + peft: python _lora.py '{"model": …}'"""

import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

o = json.loads(sys.argv[1])
torch.set_num_threads(o["threads"])
m = dict(o["model"])
config = AutoConfig.for_model(m.pop("model_type"), **{k: v for k, v in m.items() if k != "architectures"})
model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
linears = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
model = get_peft_model(model, LoraConfig(r=o["rank"], lora_alpha=2 * o["rank"], target_modules=linears, task_type="CAUSAL_LM"))
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, weight_decay=0.0)


def example(k):
    ids = torch.tensor([[(i * 7919 + k * 104729) % 2000 for i in range(o["tokens"])]])
    labels = torch.full_like(ids, -100)
    labels[:, -o["answer"]:] = ids[:, -o["answer"]:]
    return dict(input_ids=ids, labels=labels)


def step(ks):
    optimizer.zero_grad()
    for k in ks:
        (model(**example(k)).loss / len(ks)).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


for k in range(0, 4, 2):
    step([k, k + 1])
started, before = time.perf_counter(), time.process_time()
for k in range(0, o["examples"], 2):
    step([k, k + 1])
seconds = (time.perf_counter() - started) / o["examples"]
cpu = (time.process_time() - before) / o["examples"]
print(json.dumps(dict(seconds=seconds, cpu=cpu, peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)))
