/** Everything a simulation decides before it asks: checked early, so that nothing is half done. */
import { hashOf, templateHash } from "./hash.js";
import { answersOf, askedItems, withoutAnswers, type Example } from "./interview.js";
import { chooseElicitation, type Elicitation } from "./elicitation/index.js";
import { optionTexts } from "./prompt.js";
import { answerOptions, checkTemplate, type Template } from "./template.js";
import { templateOf, templates } from "./templates/index.js";
import type { ModelReference, SimulationOptions } from "./types.js";
import { modelMark, originalIds, random } from "../study/index.js";
import type { Item, Respondents } from "../study/index.js";
import { findModel, modelInfo, providerOf, requireConsent } from "../provider/index.js";
import type { ModelInfo, Provider } from "../provider/index.js";

export interface PlannedItem {
  item: Item;
  elicitation: Elicitation;
  values?: (number | string)[];
}

export interface Plan {
  /** Attributes and treatments only. */
  people: Respondents;
  provider: Provider;
  model: ModelReference;
  info: ModelInfo;
  template: Template;
  demographics: boolean | undefined;
  seed: number;
  draws: number;
  items: PlannedItem[];
  /** Model that codes answers in the model's own words. */
  coder: string | undefined;
  /** Examples in the order in which they are shown; how many of them fits is found out by asking. */
  examples: Example[];
  exampleIds: string[];
  /** Which model, for the ledger: the server's fingerprint, or its address and the model's name. */
  fingerprint: string;
  /** Hash of everything that decides the answers but person, item and draw. */
  key: string;
  provenance: string[];
  /** What a reader of the report should know of the model. */
  notes: string[];
  options: SimulationOptions;
}

/** Where a finetuned model is reached, as finetuning attached it. */
export const connection: unique symbol = Symbol.for("proband.connection") as never;

/** `dry`: nothing leaves this machine, so neither consent nor a key is needed, and a hosted model is not looked up. */
export async function plan(people: Respondents, options: SimulationOptions, dry = false): Promise<Plan> {
  if (!people.n) throw new Error("there is nobody to simulate: the table of people is empty");
  const notes: string[] = [];
  const model = await reference(options, notes);
  const attached = (options.model as { [connection]?: { provider: Provider; template: Template } })[connection];
  const provider =
    options.provider === undefined && attached
      ? attached.provider
      : providerOf(options.provider ?? model.provider, options.home);
  if (!dry) requireConsent(people.codebook, provider, options.confirmSharing);
  checkOverlap(people, model, options);
  const info: ModelInfo = dry && provider.reach !== "local" ? { id: model.id } : await modelInfo(provider, model.id);
  const template = templateOf(options.template ?? attached?.template ?? model.template ?? info.template ?? "plain");
  const seed = options.seed ?? 1;
  const draws = options.draws ?? 1;
  if (!Number.isInteger(draws) || draws < 1) throw new Error(`draws must be a whole number from 1, found ${draws}`);
  const coder = options.coder === true ? model.id : options.coder;
  if (coder !== undefined && coder !== model.id && options.batch)
    throw new Error("a batch has one model: code with the model itself (coder: true), or leave out batch");
  const { answerTokens } = options;
  if (answerTokens !== undefined && !(Number.isInteger(answerTokens) && answerTokens > 0))
    throw new Error(`answerTokens must be a whole number from 1, found ${answerTokens}`);
  for (const name of ["messages", "model", "stream", "n"])
    if (options.extra && name in options.extra)
      throw new Error(`extra cannot set ${name}, which the simulation decides`);
  const items = chosenItems(people, options).map((item): PlannedItem => {
    const elicitation = chooseElicitation(options.elicitation ?? "auto", provider, item, template, coder !== undefined);
    const values = optionTexts(template, item) && answerOptions(item)!.map((o) => o.value);
    return { item, elicitation, ...(values ? { values } : {}) };
  });
  const demographics = options.demographics ?? model.demographics;
  const { examples, exampleIds } = chooseExamples(
    people,
    options.examples,
    options.maxExamples,
    template,
    seed,
    options.permute,
  );
  const fingerprint = info.fingerprint ?? `${provider.baseURL}|${model.id}`;
  const key = hashOf([
    fingerprint,
    template,
    items.map(({ item, elicitation }) => [item.name, elicitation.name]),
    seed,
    demographics ?? true,
    options.permute ?? template.permute,
    exampleIds,
    options.maxExamples ?? null,
    ...(coder === undefined ? [] : [coder]),
    ...(options.extra || options.answerTokens ? [options.extra ?? null, options.answerTokens ?? null] : []),
  ]);
  const provenance = [`simulated by ${modelMark(model.id)}`];
  if (people.codebook.provenance === "synthetic") provenance.unshift("synthetic data");
  return {
    people: withoutAnswers(people),
    provider,
    model,
    info,
    template,
    demographics,
    seed,
    draws,
    items,
    coder,
    examples,
    exampleIds,
    fingerprint,
    key,
    provenance,
    notes,
    options,
  };
}

async function reference(options: SimulationOptions, notes: string[]): Promise<ModelReference> {
  const { model } = options;
  if (!model) throw new Error('name the model: { model: await finetuning.run(…) } or { model: "proband-base" }');
  if (typeof model !== "string") return model;
  const known = await findModel(model, options.home);
  if (!known) {
    if (/^ft:/.test(model))
      notes.push(
        `Whom ${model} was finetuned on is not in the registry here, so whether it has learned from these people was not checked: pass model: { id, trainedOn: { ids, study } }.`,
      );
    return { id: model };
  }
  const shipped = templates[known.template];
  if (known.ownTemplate === undefined && shipped && templateHash(shipped) !== known.templateHash)
    notes.push(
      `${model} was finetuned with another version of the template ${known.template} than this Proband has: prompts differ from those it learned.`,
    );
  return {
    id: model,
    base: known.base,
    provider: known.provider,
    trainedOn: { ids: known.trainedOn, study: known.study },
    seed: known.seed,
    template: known.ownTemplate === undefined ? known.template : checkTemplate(known.ownTemplate as Template),
    demographics: known.demographics,
  };
}

/** Answers of people the model has learned from say nothing of how it does on others. */
function checkOverlap(people: Respondents, model: ModelReference, options: SimulationOptions): void {
  if (options.allowTrainedOn) return;
  const learned = new Set(model.trainedOn && model.trainedOn.study === people.codebook.name ? model.trainedOn.ids : []);
  const shown = new Set(options.examples ? originalIds(options.examples) : []);
  const loadedAs = originalIds(people);
  const both = people.ids.filter((_, i) => learned.has(loadedAs[i]!) || shown.has(loadedAs[i]!));
  if (both.length)
    throw new Error(
      `${both.length} of these ${people.n} people are among those ${learned.has(loadedAs[people.ids.indexOf(both[0]!)]!) ? `${model.id} was finetuned on` : "shown as examples"} ` +
        `(for example row ${both[0]}): their simulation would flatter the model. Simulate the others, or pass allowTrainedOn: true.`,
    );
}

function chosenItems(people: Respondents, options: SimulationOptions): Item[] {
  const all = askedItems(people);
  if (!options.items) {
    if (!all.length) throw new Error(`the codebook of ${people.codebook.name} has no beliefs or actions to ask about`);
    return all;
  }
  return options.items.map((name) => {
    const item = all.find((i) => i.name === name);
    if (!item)
      throw new Error(
        `${name} is not a belief or action of ${people.codebook.name}; there are ${all.map((i) => i.name).join(", ")}`,
      );
    return item;
  });
}

/** People with their answers, in the seed's order. */
export function chooseExamples(
  people: Respondents,
  given: Respondents | undefined,
  most: number | undefined,
  template: Template,
  seed: number,
  permute: boolean | undefined,
): { examples: Example[]; exampleIds: string[] } {
  if (!given) return { examples: [], exampleIds: [] };
  const order = random(seed, "examples")
    .permutation(given.n)
    .slice(0, most ?? given.n);
  const examples: Example[] = [];
  const exampleIds: string[] = [];
  const known = withoutAnswers(given);
  const loadedAs = originalIds(given);
  for (const i of order) {
    const answers = answersOf(given, i, template, seed, permute);
    if (!answers.length) continue;
    examples.push({ person: known.row(i), answers });
    exampleIds.push(loadedAs[i]!);
  }
  if (!examples.length) throw new Error("the examples have no answers to show");
  if (people.codebook.name !== given.codebook.name)
    throw new Error(`the examples are of study ${given.codebook.name}, the people of ${people.codebook.name}`);
  return { examples, exampleIds };
}
