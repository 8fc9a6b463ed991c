/** How probable the answers of people a model has not seen are to it. */
import { findModel, modelInfo, providerOf } from "../../provider/index.js";
import type { Provider } from "../../provider/index.js";
import { answersOf } from "../../simulation/interview.js";
import { answerOptions } from "../../simulation/template.js";
import { optionTexts, renderConversation } from "../../simulation/prompt.js";
import { templateOf } from "../../simulation/templates/index.js";
import type { Respondents } from "../../study/index.js";
import { optionIndex } from "./position.js";

export interface LikelihoodOptions {
  model: string;
  provider?: Provider | string;
  home?: string;
  concurrency?: number;
  /** People shown with their answers before each question (few-shot); as many of them, from the first, as fit the model's context. */
  examples?: Respondents;
}

/**
 * Mean log-likelihood of people's answers under a model, nats an answer: each item asked with the person's own earlier
 * answers before it, option probabilities normalised over the options. Needs a server that scores given options.
 */
export async function heldOutLikelihood(people: Respondents, options: LikelihoodOptions): Promise<number> {
  for (let examples = options.examples; ; examples = examples!.take(examples!.ids.slice(1).map((_, i) => i)))
    try {
      return await likelihoodAfter(people, examples, options);
    } catch (error) {
      const tooLong = (error as { code?: unknown }).code === "context_length_exceeded";
      if (!tooLong || !examples || examples.n < 2) throw error;
    }
}

async function likelihoodAfter(
  people: Respondents,
  shown: Respondents | undefined,
  options: LikelihoodOptions,
): Promise<number> {
  const provider = providerOf(options.provider, options.home);
  const client = provider.client();
  const registered = await findModel(options.model, options.home);
  const info = await modelInfo(provider, registered?.base ?? options.model);
  const template = templateOf(registered?.template ?? info.template ?? "plain");
  const examples = Array.from({ length: shown?.n ?? 0 }, (_, i) => ({
    person: shown!.row(i),
    answers: answersOf(shown!, i, template, 0, false),
  }));
  const cache = new Map<string, string>();
  // By item, how many of its options have each text.
  const counted = new Map<string, Map<string, number>>();
  const alikeOf = (item: string, texts: readonly string[]) => {
    let alike = counted.get(item);
    if (!alike) {
      counted.set(item, (alike = new Map()));
      for (const text of texts) alike.set(text, (alike.get(text) ?? 0) + 1);
    }
    return alike;
  };
  const jobs: (() => Promise<number>)[] = [];
  for (let i = 0; i < people.n; i++) {
    const answers = answersOf(people, i, template, 0, false);
    answers.forEach((answered, k) => {
      const item = people.item(answered.item);
      const texts = optionTexts(template, item);
      const index = optionIndex(item, answered.value);
      if (!texts || !answerOptions(item) || index < 0) return;
      const alike = alikeOf(answered.item, texts);
      const messages = renderConversation(template, people.codebook, people.row(i), answers.slice(0, k), item, {
        examples,
        cache,
      });
      jobs.push(async () => {
        const reply = (await client.chat.completions.create({
          model: options.model,
          messages,
          temperature: 1,
          seed: 0,
          proband: { options: texts },
        } as never)) as unknown as { choices: { proband: { logprobs: number[] } }[] };
        // Options that read alike share what their text has.
        const logs = reply.choices[0]!.proband.logprobs.map((log, o) => log - Math.log(alike.get(texts[o]!)!));
        const top = Math.max(...logs);
        return logs[index]! - top - Math.log(logs.reduce((sum, v) => sum + Math.exp(v - top), 0));
      });
    });
  }
  let total = 0,
    next = 0;
  await Promise.all(
    Array.from({ length: options.concurrency ?? 64 }, async () => {
      while (next < jobs.length) {
        const one = await jobs[next++]!();
        total += one;
      }
    }),
  );
  return total / jobs.length;
}

/** The same for answers drawn from the pilot's margins, half an answer added to each option. */
export function marginLikelihood(pilot: Respondents, people: Respondents): number {
  let total = 0,
    answers = 0;
  for (const item of people.items("belief", "action")) {
    const options = answerOptions(item);
    if (!options) continue;
    const counts = options.map(() => 0.5);
    let n = 0.5 * options.length;
    for (const value of pilot.column(item.name)) {
      const k = optionIndex(item, value);
      if (k >= 0) {
        counts[k]!++;
        n++;
      }
    }
    for (const value of people.column(item.name)) {
      const k = optionIndex(item, value);
      if (k < 0) continue;
      total += Math.log(counts[k]! / n);
      answers++;
    }
  }
  return total / answers;
}
