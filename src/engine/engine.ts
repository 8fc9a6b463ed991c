/**
 * An opened model: scoring, generation and training on one ONNX runtime, in the thread that calls it. In Node it runs
 * inside a worker (node/open.ts); in a browser it is used as it is or in a worker of the page's own.
 */
import { checkMessages } from "./tokenizer.js";
import { EngineError, parseJson } from "./errors.js";
import { fingerprint } from "./fingerprint.js";
import { readText, type FileSystem } from "./files.js";
import { generateBatch, standsAlone, type GenerateJob } from "./inference/generate.js";
import { createConstraints } from "./inference/constraint.js";
import { createQueue } from "./inference/queue.js";
import { checkGenerate, checkScore } from "./inference/requests.js";
import { nextBatch, scoreBatch, scoreJob, shareBeginning, type Budget, type ScoreJob } from "./inference/score.js";
import { createNetworks, type Adapter } from "./inference/sessions.js";
import { readAdapter, writeAdapter } from "./model/adapter.js";
import type { ModelConfig } from "./model/config.js";
import { openFolder } from "./model/folder.js";
import { checkWeightsFit, scoringBytesPerToken } from "./model/memory.js";
import { checkOutput, writeModel } from "./model/output.js";
import type { LoraShape } from "./model/parameters.js";
import { readWeights, type Weights } from "./model/weights.js";
import type { Runtime } from "./runtime.js";
import { finetune } from "./training/finetune.js";
import { checkTrainOptions } from "./training/options.js";
import type { ChatMessage, Engine, Generated, TrainingExample, TrainOptions } from "./types.js";

export interface EngineOptions {
  /**
   * Bytes that one run may need beyond the weights; sets how many prompts and examples go together. Default 512 MB, or
   * a quarter of what is available where that is less.
   */
  memoryBudget?: number;
  /** Bytes the machine has left; what needs more is refused with a message before it starts. */
  availableMemory?: () => number | undefined;
  /** At most one checkpoint of a training in this many seconds. Default 3. */
  checkpointSeconds?: number;
}

export async function createEngine(
  runtime: Runtime,
  files: FileSystem,
  folder: string,
  options: EngineOptions = {},
): Promise<Engine> {
  const opened = await openFolder(files, folder);
  const { config, tokenizer, tensors, texts } = opened;
  const availableMemory = options.availableMemory ?? (() => undefined);
  checkWeightsFit(folder, config, availableMemory());
  const weights = await readWeights(config, tensors);
  const networks = createNetworks(runtime, config, weights);
  const card = await readText(files, `${folder}/proband.json`);
  const id =
    (card && parseJson<{ id?: string }>(card, `${folder}/proband.json`).id) ||
    (folder.split("/").filter(Boolean).at(-1) ?? folder);
  const memory = options.memoryBudget ?? Math.max(64e6, Math.min(512e6, (availableMemory() ?? Infinity) / 4));
  const fitting = Math.max(256, Math.floor(memory / 2 / scoringBytesPerToken(config)));
  const logits = Math.max(config.vocabularySize * 128, Math.floor(memory / 4 / 12));
  // A thousand tokens at once stay in the processor's cache: eight thousand took a third more time each. Generation
  // has one token a row after the first step, and wants many rows.
  const budget: Budget = { tokens: Math.min(1024, fitting), logits };
  const generationBudget: Budget = { tokens: Math.min(8192, fitting), logits };
  const adapters = new Map<string, { version: string; adapter: Promise<Adapter> }>();
  const print = fingerprint(texts, weights);
  const constraints = createConstraints(tokenizer, config.vocabularySize);
  let closed = false;

  const score = createQueue<ScoreJob, Float64Array>(async (network, waiting) => {
    // More would make each choice of a batch slow, and not make the batches better.
    const jobs = waiting.slice(0, 512).map(({ job }) => job);
    await shareBeginning(runtime, network, jobs);
    const done = nextBatch(network, jobs, budget);
    return {
      done,
      results: await scoreBatch(
        runtime,
        network,
        done.map((i) => jobs[i]!),
      ),
    };
  });
  const generate = createQueue<GenerateJob, Generated>(async (network, waiting) => {
    const done = generationBatch(
      waiting.map(({ job }) => job),
      generationBudget,
      config,
    );
    return {
      done,
      results: await generateBatch(
        runtime,
        network,
        tokenizer,
        done.map((i) => waiting[i]!),
      ),
    };
  });

  async function adapterAt(path: string | undefined): Promise<Adapter | undefined> {
    if (closed) throw new EngineError("closed", "the model was closed");
    if (path === undefined) return undefined;
    const version = [
      await files.version(`${path}/adapter_config.json`),
      await files.version(`${path}/adapter_model.safetensors`),
      await files.version(`${path}/model.safetensors`),
    ].join();
    const known = adapters.get(path);
    if (known?.version === version) return known.adapter;
    const drop = (entry: { adapter: Promise<Adapter> }) => void entry.adapter.then(networks.forget, () => {});
    if (known) drop(known);
    const adapter = readAdapter(files, path, config);
    adapters.delete(path);
    adapters.set(path, { version, adapter });
    adapter.catch(() => adapters.delete(path));
    for (const [other, entry] of adapters) {
      if (adapters.size <= 4) break;
      drop(entry);
      adapters.delete(other);
    }
    return adapter;
  }

  function promptTokens(messages: ChatMessage[], room: number, line: number): number[] {
    checkMessages(messages, line);
    const prompt = tokenizer.prompt(messages);
    if (!prompt.length)
      throw new EngineError("bad_example", `request ${line} is empty: its messages come to no token`, { line });
    if (prompt.length + room > config.contextLength)
      throw new EngineError(
        "too_long",
        `request ${line} has ${prompt.length} tokens; with its answer that is more than the model's ${config.contextLength}`,
        { line },
      );
    return prompt;
  }

  return {
    id,
    fingerprint: print,
    contextLength: config.contextLength,
    device: {
      runtime: runtime.kind,
      threads: runtime.threads ?? 1,
      memoryBudget: memory,
      why: runtime.why ?? "not measured",
    },
    countTokens: async (messages) => {
      checkMessages(messages);
      return tokenizer.prompt(messages).length;
    },

    async score(requests, { adapter: path, signal } = {}) {
      const adapter = await adapterAt(path);
      const network = await networks.scoring(adapter);
      requests.forEach((request, i) => checkScore(request, i + 1));
      const jobs = requests.map(({ messages, options }, i): ScoreJob => {
        const answers = options.map((text) => tokenizer.answer(text));
        const room = answers.reduce((longest, a) => Math.max(longest, a.length), 0) - 1;
        return scoreJob(promptTokens(messages, room, i + 1), answers);
      });
      return score(network, jobs, signal);
    },

    async generate(requests, { adapter: path, signal, onToken } = {}) {
      const adapter = await adapterAt(path);
      const network = await networks.logits(adapter);
      requests.forEach((request, i) => checkGenerate(request, i + 1));
      const jobs = requests.map((request, i): GenerateJob => {
        const prompt = promptTokens(request.messages, 1, i + 1);
        const room = config.contextLength - prompt.length;
        const { jsonSchema } = request;
        return {
          prompt,
          request,
          constraint:
            jsonSchema === undefined
              ? undefined
              : constraints.create(jsonSchema, Math.min(request.maxTokens ?? room, room)),
          onToken: onToken && ((token) => onToken(i, token)),
        };
      });
      return generate(network, jobs, signal);
    },

    async train(examples: TrainingExample[], trainOptions: TrainOptions & { output: string }) {
      if (closed) throw new EngineError("closed", "the model was closed");
      const { output } = trainOptions;
      checkTrainOptions(trainOptions);
      await checkOutput(files, folder, output, trainOptions.lora === null ? "model" : "adapter");
      const setup = {
        runtime,
        config,
        tokenizer,
        base: weights,
        files,
        id,
        fingerprint: print,
        memoryBudget: memory,
        availableMemory,
        save: (folder: string, lora: LoraShape, weights: Weights) => writeAdapter(files, folder, { lora, weights }, id),
        checkpointSeconds: options.checkpointSeconds ?? 3,
      };
      const result = await finetune(setup, examples, trainOptions);
      if (result.lora) await writeAdapter(files, output, { lora: result.lora, weights: result.weights }, id);
      else await writeModel(files, output, opened, result.weights);
      return { adapter: output, history: result.history, trainedTokens: result.trainedTokens };
    },

    async close() {
      if (closed) return;
      closed = true;
      await networks.release();
    },
  };
}

/** The first job and others whose prompts are of like length. */
function generationBatch(jobs: GenerateJob[], budget: Budget, config: ModelConfig): number[] {
  if (standsAlone(config, jobs[0]!)) return [0];
  const most = Math.max(1, Math.min(64, Math.floor(budget.logits / config.vocabularySize)));
  const like = (job: GenerateJob) => !standsAlone(config, job) && near(job);
  const near = ({ prompt }: GenerateJob) =>
    Math.abs(prompt.length - jobs[0]!.prompt.length) <= 32 + jobs[0]!.prompt.length / 4;
  const batch: number[] = [];
  let longest = 0;
  for (const [i, job] of jobs.entries()) {
    if (!like(job)) continue;
    longest = Math.max(longest, job.prompt.length);
    if (batch.length && (batch.length >= most || (batch.length + 1) * longest > budget.tokens)) break;
    batch.push(i);
  }
  return batch;
}
