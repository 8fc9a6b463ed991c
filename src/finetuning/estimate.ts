/** What a finetuning would train on and cost, before anything is sent. */
import { result } from "../study/index.js";
import type { Respondents } from "../study/index.js";
import { modelInfo, priceOf, priceSource, providerOf } from "../provider/index.js";
import type { ModelInfo, Price } from "../provider/index.js";
import { defaultEpochs } from "../engine/openai/index.js";
import { templateOf } from "../simulation/templates/index.js";
import { trainingExamples } from "./examples.js";
import { divide, draw } from "./people.js";
import type { FinetuningOptions } from "./types.js";

export interface EstimateOptions extends FinetuningOptions {
  /** Prices by base model in dollars per million tokens, where the price list lacks yours; `training` is of tokens × epochs. */
  prices?: Record<string, Pick<Price, "training">>;
}

/** A dry run: makes the training examples and counts. Uploads nothing. */
export async function estimate(pilot: Respondents, options: EstimateOptions = {}) {
  const provider = providerOf(options.provider, options.home);
  const base = options.base ?? provider.defaultModel ?? "";
  const info = provider.reach === "local" ? await modelInfo(provider, base) : { id: base };
  const template = templateOf(options.template ?? info.template ?? "plain");
  const { seed = 1 } = options;
  const people = options.n === undefined ? pilot : draw(pilot, options.n, seed);
  const { learn } = divide(people, options.validation ?? 0, seed);
  const making = (provider.capabilities.distributionLoss && (info as ModelInfo).finetuning?.examples) || {};
  const examples = trainingExamples(learn, {
    template,
    seed,
    ...(options.demographics === undefined ? {} : { demographics: options.demographics }),
    ...("attributeDropout" in making ? { attributeDropout: making.attributeDropout } : {}),
  });
  const characters = examples.flatMap((e) => e.messages).reduce((sum, m) => sum + m.content.length + 16, 0);
  const learned = examples.flatMap((e) => e.messages).filter((m) => m.role === "assistant");
  const tokens = Math.ceil(characters / 4);
  const ours = provider.capabilities.distributionLoss
    ? defaultEpochs((info as ModelInfo).finetuning ?? {}, examples.length)
    : undefined;
  const epochs = options.epochs ?? ours ?? 3;
  const listed = options.prices?.[base] ?? priceOf(provider, base);
  const price = listed?.training;
  const costUSD = price === undefined ? null : (tokens * epochs * price) / 1e6;
  const row = {
    people: people.n,
    interviews: examples.length,
    answers: learned.length,
    tokens,
    epochs,
    trainedTokens: tokens * epochs,
    costUSD,
  };
  return result(
    {
      kind: "finetuning.estimate",
      title: `Dry run: finetuning ${base || "a model"} at ${provider.name} on ${people.n} respondents of ${pilot.codebook.name}`,
      rows: [row],
      columns: [
        { name: "people", format: "integer" },
        { name: "interviews", format: "integer" },
        { name: "answers", format: "integer" },
        { name: "tokens", format: "integer" },
        { name: "epochs", format: "integer" },
        { name: "trainedTokens", title: "tokens × epochs", format: "integer" },
        { name: "costUSD", title: "cost ($)", digits: 4 },
      ],
      notes: [
        "Tokens by rule of thumb (four characters a token); nothing was uploaded.",
        ...(options.epochs === undefined && ours === undefined
          ? ["Epochs not named: counted as 3; the server chooses its own."]
          : []),
        costUSD === null
          ? `No training price is known for ${base} at ${provider.name}: see the provider's own page, and pass prices: { "${base}": { training } } in dollars per million tokens.`
          : costUSD
            ? `Cost ${priceSource({ input: 1, output: 1, ...listed })}.`
            : "Costs nothing but time: it runs on a machine of your own.",
      ],
      provenance: pilot.provenance === "synthetic" ? ["synthetic data"] : [],
    },
    row,
  );
}
