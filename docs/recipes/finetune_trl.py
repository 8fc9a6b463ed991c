"""Finetunes an open model on people exported with finetuning.exportJSONL, with TRL and peft, on a GPU machine or a CPU.

    python finetune_trl.py --base Qwen/Qwen2.5-0.5B-Instruct --data pilot.jsonl --output adapter

Each answer is one example: the conversation before it is the prompt, only the answer is learned. The adapter is in
peft's layout: vLLM serves it (--enable-lora --lora-modules name=adapter), finetuning.adopt("adapter", …) takes it into
the embedded engine. Needs: pip install trl peft transformers datasets torch
"""

import argparse
import json

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--base", required=True, help="model folder or name on the Hugging Face hub")
parser.add_argument("--data", required=True, help="JSONL of finetuning.exportJSONL")
parser.add_argument("--output", required=True, help="folder for the adapter")
parser.add_argument("--epochs", type=float, default=5)
parser.add_argument("--rank", type=int, default=8)
parser.add_argument("--alpha", type=int, default=32)
parser.add_argument("--learning-rate", type=float, default=2e-4)
parser.add_argument("--batch-size", type=int, default=4)
parser.add_argument("--max-length", type=int, default=2048)
parser.add_argument("--seed", type=int, default=7)
options = parser.parse_args()

rows = []
with open(options.data, encoding="utf-8") as lines:
    for line in lines:
        messages = [{"role": m["role"], "content": m["content"]} for m in json.loads(line)["messages"]]
        for i, message in enumerate(messages):
            if message["role"] == "assistant":
                rows.append({"prompt": messages[:i], "completion": [message]})

tokenizer = AutoTokenizer.from_pretrained(options.base)
if tokenizer.pad_token is None:
    tokenizer.pad_token = tokenizer.eos_token
trainer = SFTTrainer(
    model=AutoModelForCausalLM.from_pretrained(options.base),
    processing_class=tokenizer,
    train_dataset=Dataset.from_list(rows),
    peft_config=LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        task_type="CAUSAL_LM",
    ),
    args=SFTConfig(
        output_dir=f"{options.output}-checkpoints",
        num_train_epochs=options.epochs,
        learning_rate=options.learning_rate,
        per_device_train_batch_size=options.batch_size,
        max_length=options.max_length,
        seed=options.seed,
        save_strategy="no",
        logging_steps=10,
        report_to="none",
        use_cpu=not torch.cuda.is_available(),
        bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
    ),
)
result = trainer.train()
trainer.model.save_pretrained(options.output)
print(f"{len(rows)} answers, loss {result.training_loss:.3f}, adapter in {options.output}")
