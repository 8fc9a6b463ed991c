// The embedded engine beside torch + peft on the CPU: time an example and peak memory of LoRA training; and what a
// replication needs of the built-in model: finetuning on thirty people, 914 people answering four questions in order.
//   npm run bench engine            with torch + peft where PYTHON or build/venv-engine has them
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openModel } from "../dist/engine/node/index.js";

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
    examples: 4,
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
    examples: 2,
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

if (!asked.length || asked.includes("replication")) {
  // Real people and questions: the nine columns of ANES 1996 that the replication asks about, in the built-in model's prompts.
  const rows = readFileSync(join(root, "data", "anes96", "anes96.tsv"), "utf8")
    .trim()
    .split("\n")
    .slice(1);
  const people = rows.map((row) => row.split("\t").map(Number)).slice(0, 944);
  const scale = ["0", "17", "33", "50", "67", "83", "100"];
  const items = [
    "place yourself from left to right",
    "place Clinton from left to right",
    "place Dole from left to right",
    "vote",
  ];
  const about = (p) => `<survey> popul ${p[0]} TVnews ${p[1]} PID ${p[5]} age ${p[6]} educ ${p[7]} income ${p[8]}`;
  const options = (item) => (item === "vote" ? ["a", "b"] : scale);
  const answer = (p, i) => (i === 3 ? ["a", "b"][p[9]] : scale[p[2 + i] - 1]);
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const engine = await openModel(join(root, "data", "base-model"), { threads });
  let late = 0,
    last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    late = Math.max(late, now - last - 5);
    last = now;
  }, 5);
  const examples = people.slice(0, 30).map((p) => ({
    messages: items.flatMap((item, i) => [
      { role: "user", content: i ? item : `${about(p)} ; ${item}` },
      { role: "assistant", content: answer(p, i), options: { text: options(item), ordered: i < 3 } },
    ]),
  }));
  let started = performance.now(),
    cpu = process.cpuUsage();
  const seconds = () => {
    const used = process.cpuUsage(cpu);
    const out = { wall: (performance.now() - started) / 1000, cpu: (used.user + used.system) / 1e6 };
    started = performance.now();
    cpu = process.cpuUsage();
    return out;
  };
  const adapter = join(folder, "adapter");
  const settings = {
    lora: { rank: 8, alpha: 16 },
    epochs: 25,
    batchSize: 8,
    learningRate: 2e-3,
    smoothing: 0.3,
    seed: 7,
  };
  const trained = await engine.train(examples, { ...settings, output: adapter });
  const finetune = { ...seconds(), tokens: trained.trainedTokens, late };
  late = 0;
  const conversations = people.slice(30).map((p) => ({ p, messages: [] }));
  for (const [i, item] of items.entries()) {
    for (const c of conversations) c.messages.push({ role: "user", content: i ? item : `${about(c.p)} ; ${item}` });
    // One call a person, as the simulation's runner makes them.
    const scores = await Promise.all(
      conversations.map((c) => engine.score([{ messages: c.messages, options: options(item) }], { adapter })),
    );
    conversations.forEach((c, k) => {
      const [s] = scores[k];
      c.messages.push({ role: "assistant", content: options(item)[s.indexOf(Math.max(...s))] });
    });
  }
  const simulate = { ...seconds(), late };
  clearInterval(timer);
  await engine.close();
  rmSync(folder, { recursive: true });
  const show = (what, r, target) =>
    console.log(
      `${what}: ${r.wall.toFixed(1)} s (${r.cpu.toFixed(1)} s of CPU; target ${target}); timers at most ${r.late.toFixed(0)} ms late`,
    );
  show("proband-base, finetuned on 30 people × 4 answers, 25 epochs", finetune, "≤ 10 s");
  show("proband-base, 914 people × 4 answers in order", simulate, "≤ 60 s, aim 15 s");
  Object.assign(results, { finetune, simulate });
}
results.loadAfter = loadavg()[0];
console.log(`load at the end ${loadavg()[0].toFixed(1)}`);
mkdirSync(join(root, "build", "bench"), { recursive: true });
writeFileSync(join(root, "build", "bench", "engine.json"), JSON.stringify(results, null, 2) + "\n");
