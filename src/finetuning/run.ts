import type OpenAI from "openai";
import { modelMark, originalIds, result, startProgress } from "../study/index.js";
import type { Respondents } from "../study/index.js";
import {
  findModel,
  listModels,
  modelInfo,
  providerOf,
  registerModel,
  requireCapability,
  requireConsent,
} from "../provider/index.js";
import type { ModelInfo, Provider, RegisteredModel } from "../provider/index.js";
import { hashOf, sha256Of, templateHash } from "../simulation/hash.js";
import { templateOf, templates } from "../simulation/templates/index.js";
import { answeredItems } from "../simulation/interview.js";
import { defaultsByPeople } from "../engine/openai/index.js";
import type { ExampleMaking, FinetuningDefaults } from "../engine/openai/index.js";
import { makeJSONL } from "./examples.js";
import { divide, draw } from "./people.js";
import { checkpointsOf, createJob, follow, historyOf, runningJob, type Job } from "./job.js";
import { connection } from "./types.js";
import type { EpochRow, FinetunedModel, FinetuningOptions, TrainingStepRow } from "./types.js";

/**
 * Finetunes a model on these people's answers: one interview a person as they would be asked in a simulation, only
 * the answers learned. Returns when training ended; the same call again finds the trained model, and after a restart
 * takes up the job where it was. Aborting `signal` cancels the job.
 */
export async function run(pilot: Respondents, options: FinetuningOptions = {}): Promise<FinetunedModel> {
  options.signal?.throwIfAborted();
  const plan = await prepare(pilot, options);
  const label = `Finetuning ${plan.base} on ${plan.people.n} respondents`;
  const known = options.again ? undefined : await trainedBefore(plan);
  if (known) {
    // Said as work that was all there: pages and logs tell what was trained from what was found.
    const total = known.rows.reduce((steps, row) => steps + row.steps, 0);
    startProgress({ label, total, unit: "steps", skipped: total }, options).finish();
    return known;
  }
  const client = plan.provider.client();
  let job = await runningJob(client, plan.key, options);
  job ??= await createJob(client, {
    request: plan.request,
    files: { training: plan.training, validation: plan.validation },
    key: plan.key,
    study: plan.pilot.codebook.name,
    home: options.home,
  });
  const pollMs = plan.provider.name === "embedded" ? 50 : plan.provider.reach === "local" ? 250 : 5000;
  return await follow(client, job, { label, pollMs, ...options }, (ended) => finished(client, plan, ended, false));
}

interface Plan {
  pilot: Respondents;
  people: Respondents;
  options: FinetuningOptions;
  provider: Provider;
  base: string;
  info: ModelInfo;
  seed: number;
  training: string;
  validation: string;
  trainingHash: string;
  request: Record<string, unknown>;
  key: string;
  template: ReturnType<typeof templateOf>;
  /** How the base model wants its examples made (its folder says so). */
  making: ExampleMaking;
}

/** Everything decided before anything leaves this process; throws where it cannot work. */
async function prepare(pilot: Respondents, options: FinetuningOptions): Promise<Plan> {
  const provider = providerOf(options.provider, options.home);
  requireCapability(provider, "finetuning", "finetuning");
  checkPilot(pilot);
  requireConsent(pilot.codebook, provider, options.confirmSharing);
  const base = options.base ?? provider.defaultModel;
  if (base === undefined) throw new Error(`name the base model: { base: "…" } as ${provider.name} lists it`);
  const seed = options.seed ?? 1;
  const own = provider.capabilities.distributionLoss;
  const extension = extensionOf(options);
  if (Object.keys(extension).length && !own)
    requireCapability(provider, "distributionLoss", `finetuning with ${Object.keys(extension).join(", ")}`);
  const info = await modelInfo(provider, base);
  const template = templateOf(options.template ?? info.template ?? "plain");
  const people = options.n === undefined ? pilot : draw(pilot, options.n, seed);
  const { learn, held } = divide(people, options.validation ?? 0, seed);
  const lines = (part: Respondents, making: ExampleMaking = {}) =>
    makeJSONL(part, {
      template,
      seed,
      options: own,
      ...(options.demographics === undefined ? {} : { demographics: options.demographics }),
      ...making,
    });
  const making = (own && info.finetuning?.examples) || {};
  const training = await lines(learn, making);
  const validation = held.n ? await lines(held) : "";
  const count = training.split("\n").length - 1;
  if (!own && count < 10)
    throw new Error(
      `${provider.name} needs at least 10 training examples, these people give ${count}; the embedded engine takes fewer`,
    );
  const request = {
    model: base,
    seed,
    ...(options.suffix === undefined ? {} : { suffix: options.suffix }),
    method: { type: "supervised", supervised: { hyperparameters: hyperparametersOf(options) } },
    ...(own ? { proband: { ...settingsFor(learn.n, info.finetuning, options), ...extension } } : {}),
  };
  const trainingHash = sha256Of(training);
  const key = hashOf([provider.baseURL, info.fingerprint ?? base, request, training, validation]).slice(0, 32);
  return {
    pilot,
    people,
    options,
    provider,
    base,
    info,
    seed,
    training,
    validation,
    trainingHash,
    request,
    key,
    template,
    making,
  };
}

function checkPilot(pilot: Respondents): void {
  if (!pilot.n) throw new Error("the pilot is empty: finetuning needs at least one person with answers");
  if (!answeredItems(pilot).length)
    throw new Error(
      `the pilot has no answers to learn from: its columns are ${pilot.names.join(", ")}, and the codebook has no belief or action among them`,
    );
  if (pilot.provenance === "simulated")
    throw new Error("these people are simulated: finetuning on them would teach the model its own answers");
}

const given = (settings: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(settings).filter(([, v]) => v !== undefined));

const hyperparametersOf = (options: FinetuningOptions) =>
  given({
    n_epochs: options.epochs,
    batch_size: options.batchSize,
    learning_rate_multiplier: options.learningRateMultiplier,
  });

/** What the base model's folder sets for so many people; full finetuning has no such settings. */
function settingsFor(people: number, defaults: FinetuningDefaults = {}, { lora }: FinetuningOptions) {
  if (lora === null) return {};
  const { learningRate, weightDecay } = defaultsByPeople(defaults, people);
  return given({ learning_rate: learningRate, weight_decay: weightDecay });
}

/** What OpenAI's shape has no field for. */
function extensionOf(options: FinetuningOptions): Record<string, unknown> {
  const { lora } = options;
  return given({
    learning_rate: options.learningRate,
    loss: options.loss,
    smoothing: options.smoothing,
    patience: options.patience,
    lora: lora && {
      rank: lora.rank,
      alpha: lora.alpha,
      dropout: lora.dropout,
      targets: lora.targets,
      rs_lora: lora.rsLora,
    },
  });
}

async function trainedBefore(plan: Plan): Promise<FinetunedModel | undefined> {
  const found = (await listModels(plan.options.home)).find((m) => m.key === plan.key);
  if (!found) return undefined;
  const client = plan.provider.client();
  try {
    await client.models.retrieve(found.id);
    const job = (await client.fineTuning.jobs.retrieve(found.job)) as Job;
    return await finished(client, plan, job, true);
  } catch (error) {
    // The model was deleted where it was: train it again.
    if ((error as { status?: number }).status === 404) return undefined;
    throw error;
  }
}

async function finished(client: OpenAI, plan: Plan, job: Job, before: boolean): Promise<FinetunedModel> {
  const id = job.fine_tuned_model;
  if (!id) throw new Error(`job ${job.id} succeeded without naming its model`);
  const history = await historyOf(client, job);
  const checkpoints = await checkpointsOf(client, job);
  const hyperparameters = { ...job.hyperparameters, ...job.proband?.training, ...plan.making };
  const demographics = plan.options.demographics ?? true;
  // De-identified people are known to the registry, which stays here, by the ids they were loaded with.
  const learned = originalIds(plan.people);
  const record: RegisteredModel = {
    id,
    base: plan.base,
    provider: plan.provider.name,
    baseURL: plan.provider.baseURL,
    study: plan.pilot.codebook.name,
    trainedOn: learned,
    trainingHash: plan.trainingHash,
    seed: plan.seed,
    hyperparameters,
    template: plan.template.name,
    templateHash: templateHash(plan.template),
    ...(plan.template === templates[plan.template.name] ? {} : { ownTemplate: plan.template }),
    demographics,
    created: new Date().toISOString(),
    job: job.id,
    ...(checkpoints.length ? { checkpoints: checkpoints.map((c) => c.model) } : {}),
    key: plan.key,
  };
  const registered = before ? await findModel(id, plan.options.home) : undefined;
  // The same answers under other row ids are the same training: then it has learned from both.
  const all = [...new Set([...(registered?.trainedOn ?? []), ...learned])];
  if (all.length !== registered?.trainedOn.length)
    await registerModel({ ...record, trainedOn: all }, plan.options.home);
  const rows = byEpoch(history);
  const described = [modelMark(plan.base)];
  const marks = plan.pilot.provenance === "synthetic" ? ["synthetic data"] : [];
  const model = result(
    {
      kind: "finetuning.run",
      title: `${id}: finetuned on ${plan.people.n} respondents of ${plan.pilot.codebook.name}`,
      rows,
      columns: [
        { name: "epoch", format: "integer" },
        { name: "steps", format: "integer" },
        { name: "loss", title: "loss (nats)" },
        { name: "validationLoss", title: "validation loss" },
      ],
      notes: [
        `${plan.training.split("\n").length - 1} interviews${plan.validation ? ` and ${plan.validation.split("\n").length - 1} for validation` : ""}, ` +
          `template ${plan.template.name}, ${demographics ? "with" : "without"} attributes in the prompt, seed ${plan.seed}` +
          `${job.trained_tokens ? `, ${job.trained_tokens} tokens read in training` : ""}.`,
      ],
      provenance: [...marks, ...described],
    },
    {
      id,
      base: plan.base,
      provider: plan.provider.name,
      trainedOn: { ids: learned, hash: plan.trainingHash, study: plan.pilot.codebook.name },
      seed: plan.seed,
      hyperparameters,
      template: plan.template.name,
      demographics,
      job: job.id,
      history,
      checkpoints,
      trainedTokens: job.trained_tokens,
    },
  );
  Object.defineProperty(model, connection, {
    value: { provider: plan.provider, home: plan.options.home, template: plan.template },
    enumerable: false,
  });
  return model;
}

function byEpoch(history: readonly TrainingStepRow[]): EpochRow[] {
  const groups = new Map<number, TrainingStepRow[]>();
  // The embedded engine counts epochs from 0; people count from 1.
  const first = Math.min(...history.map((row) => row.epoch));
  for (const row of history) {
    const epoch = Math.floor(row.epoch - first) + 1;
    groups.set(epoch, [...(groups.get(epoch) ?? []), row]);
  }
  return [...groups].map(([epoch, steps]) => ({
    epoch,
    steps: steps.length,
    loss: steps.reduce((sum, s) => sum + s.loss, 0) / steps.length,
    validationLoss: steps.findLast((s) => s.validationLoss !== null)?.validationLoss ?? null,
  }));
}
