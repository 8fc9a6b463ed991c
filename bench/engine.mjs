// The embedded engine beside torch + peft on the CPU: time an example and peak memory of LoRA training; and what a
// replication needs of the built-in model: finetuning on thirty people, 914 people answering four questions in order,
// how late timers are meanwhile; and WebAssembly beside the native runtime.
//   npm run bench engine            with torch + peft where PYTHON or build/venv-engine has them
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const threads = 2;
const python = [process.env.PYTHON, join(root, "build", "venv-engine", "bin", "python")].find(
  (p) => p && existsSync(p),
);
const results = { threads, load: loadavg()[0] };
console.log(`${threads} threads; load before starting ${loadavg()[0].toFixed(1)}`);

const llama = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  tie_word_embeddings: true,
  rms_norm_eps: 1e-5,
};
const shapes = {
  "SmolLM2-135M": {
    model: {
      ...llama,
      hidden_size: 576,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      intermediate_size: 1536,
      vocab_size: 49152,
      max_position_embeddings: 8192,
      rope_theta: 100000,
    },
    // torch is a quarter slower on its first ten examples: few would flatter us.
    examples: 20,
    target: { ratio: 0.5, peak: 2e9 },
  },
  "Qwen2.5-0.5B": {
    model: {
      ...llama,
      architectures: ["Qwen2ForCausalLM"],
      model_type: "qwen2",
      hidden_size: 896,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      intermediate_size: 4864,
      vocab_size: 151936,
      max_position_embeddings: 32768,
      rope_theta: 1000000,
    },
    examples: 6,
    peer: false,
    target: { peak: 6e9 },
  },
};

const run = (command, script, options) => {
  const { status, stdout, stderr } = spawnSync(
    command,
    [join(root, "bench", "engine", script), JSON.stringify(options)],
    {
      encoding: "utf8",
      maxBuffer: 1e8,
    },
  );
  if (status !== 0) throw new Error(`${script}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
};
const asked = process.argv.slice(2);
for (const [name, { model, examples, peer = true, target }] of Object.entries(shapes)) {
  if (asked.length && !asked.includes(name)) continue;
  const options = { model, examples, tokens: 300, answer: 8, rank: 16, threads };
  const ours = run(process.execPath, "_lora.mjs", options);
  const theirs = python && peer ? run(python, "_lora.py", options) : undefined;
  const line = (who, r) =>
    console.log(
      `  ${who.padEnd(14)} ${r.seconds.toFixed(2)} s an example (${r.cpu.toFixed(2)} s of CPU)   peak ${(r.peak / 1e9).toFixed(2)} GB`,
    );
  console.log(`${name} shape, LoRA r16 on all linears, 300 tokens, 8 of them answer`);
  line("proband", ours);
  if (theirs) {
    line("torch + peft", theirs);
    console.log(
      `  ratio of time ${(ours.seconds / theirs.seconds).toFixed(2)}, of CPU time ${(ours.cpu / theirs.cpu).toFixed(2)} (target ≤ ${target.ratio}), of memory ${(ours.peak / theirs.peak).toFixed(2)}`,
    );
  } else if (peer)
    console.log("  torch + peft not found: set PYTHON, or npm run test:reference engine makes build/venv-engine");
  console.log(`  memory target ≤ ${target.peak / 1e9} GB: ${ours.peak <= target.peak ? "met" : "missed"}`);
  results[name] = { ours, theirs, target };
}

if (!asked.length || asked.includes("checkpointing")) {
  const { model } = shapes["SmolLM2-135M"];
  const options = { model, examples: 2, tokens: 600, answer: 8, rank: 16, threads };
  const kept = run(process.execPath, "_lora.mjs", options);
  const twice = run(process.execPath, "_lora.mjs", { ...options, gradientCheckpointing: true });
  console.log("SmolLM2-135M shape, LoRA r16, 600 tokens: gradient checkpointing (taken where memory asks for it)");
  console.log(
    `  peak ${(kept.peak / 1e9).toFixed(2)} → ${(twice.peak / 1e9).toFixed(2)} GB, time an example ${kept.seconds.toFixed(1)} → ${twice.seconds.toFixed(1)} s (CPU ${kept.cpu.toFixed(1)} → ${twice.cpu.toFixed(1)} s)`,
  );
  results.checkpointing = { kept, twice };
}

if (!asked.length || asked.includes("replication")) {
  const r = run(process.execPath, "_replication.mjs", {});
  const ms = (x) => `${x.toFixed(0)} ms`;
  const show = (what, { wall, cpu, late, late999, own, over20, ticks, idle }, target) => {
    console.log(what);
    console.log(`  ${wall.toFixed(1)} s (${cpu.toFixed(1)} s of CPU); target ${target}`);
    console.log(
      `  timers (5 ms): at most ${ms(late)} late, 99.9% within ${ms(late999)}, ${over20} of ${ticks} over 20 ms; in an idle process at the same time at most ${ms(idle.late)}, ${idle.over20} of ${idle.ticks} over 20 ms` +
        (own >= 0 ? `; the calling thread itself computed at most ${ms(own)} between two ticks` : "") +
        " (target ≤ 20 ms)",
    );
  };
  show(`proband-base finetuned on ${r.people[0]} people × 4 answers (finetuning.run)`, r.finetune, "≤ 10 s");
  show(`${r.people[1]} people × 4 answers in order (simulation.run)`, r.simulate, "≤ 60 s, aim 15 s");
  Object.assign(results, r);
}

if (!asked.length || asked.includes("wasm")) {
  const r = run(process.execPath, "_wasm.mjs", {});
  console.log(`onnxruntime-web (WebAssembly, one thread) beside onnxruntime-node (one thread), proband-base`);
  console.log(
    `  greedy answers the same: ${r.same} of ${r.texts} (target all); log-probabilities differ by at most ${r.difference.toExponential(1)} (target ≤ 1e-3)`,
  );
  console.log(
    `  scoring ${(r.score.wasm / r.score.native).toFixed(1)} times as long, training ${(r.train.wasm / r.train.native).toFixed(1)} times`,
  );
  results.wasm = r;
}
results.loadAfter = loadavg()[0];
console.log(`load at the end ${loadavg()[0].toFixed(1)}`);
mkdirSync(join(root, "build", "bench"), { recursive: true });
writeFileSync(join(root, "build", "bench", "engine.json"), JSON.stringify(results, null, 2) + "\n");
