/** What a finetuning would train on and cost, before anything is sent. */
import { result } from "../study/index.js";
import type { Respondents } from "../study/index.js";
import { modelInfo, priceOf, priceSource, providerOf } from "../provider/index.js";
import { templateOf } from "../simulation/templates/index.js";
import { trainingExamples } from "./examples.js";
import type { FinetuningOptions } from "./types.js";

/** A dry run: makes the training examples and counts. Uploads nothing. */
export async function estimate(pilot: Respondents, options: FinetuningOptions = {}) {
  const provider = providerOf(options.provider, options.home);
  const base = options.base ?? provider.defaultModel ?? "";
  const info = provider.reach === "local" ? await modelInfo(provider, base) : { id: base };
  const template = templateOf(options.template ?? info.template ?? "plain");
  const examples = trainingExamples(
    options.n === undefined ? pilot : pilot.take(Array.from({ length: options.n }, (_, i) => i)),
    {
      template,
      seed: options.seed ?? 1,
      ...(options.demographics === undefined ? {} : { demographics: options.demographics }),
    },
  );
  const characters = examples.flatMap((e) => e.messages).reduce((sum, m) => sum + m.content.length + 16, 0);
  const learned = examples.flatMap((e) => e.messages).filter((m) => m.role === "assistant");
  const tokens = Math.ceil(characters / 4);
  const epochs = options.epochs ?? 3;
  const listed = priceOf(provider, base);
  const price = listed?.training;
  const costUSD = price === undefined ? null : (tokens * epochs * price) / 1e6;
  const row = {
    people: examples.length,
    answers: learned.length,
    tokens,
    epochs,
    trainedTokens: tokens * epochs,
    costUSD,
  };
  return result(
    {
      kind: "finetuning.estimate",
      title: `Dry run: finetuning ${base || "a model"} at ${provider.name} on ${examples.length} respondents of ${pilot.codebook.name}`,
      rows: [row],
      columns: [
        { name: "people", format: "integer" },
        { name: "answers", format: "integer" },
        { name: "tokens", format: "integer" },
        { name: "epochs", format: "integer" },
        { name: "trainedTokens", title: "tokens × epochs", format: "integer" },
        { name: "costUSD", title: "cost ($)", digits: 4 },
      ],
      notes: [
        "Tokens by rule of thumb (four characters a token); nothing was uploaded.",
        ...(options.epochs === undefined ? ["Epochs not named: counted as 3; the server chooses its own."] : []),
        costUSD === null
          ? `No training price is known for ${base} at ${provider.name}: see the provider's own page.`
          : costUSD
            ? `Cost ${priceSource(listed!)}.`
            : "Costs nothing but time: it runs on a machine of your own.",
      ],
      provenance: pilot.provenance === "synthetic" ? ["synthetic data"] : [],
    },
    row,
  );
}
