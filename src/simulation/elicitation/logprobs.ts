/** Probabilities of the options, read from log-probabilities; the answer is drawn on our side. */
import type OpenAI from "openai";
import { requireCapability } from "../../provider/index.js";
import type { Provider } from "../../provider/index.js";
import type { Item } from "../../study/index.js";
import { optionTexts } from "../prompt.js";
import type { Template } from "../template.js";
import { keepReply, malformed, refused } from "./read.js";
import type { Elicitation, Question, RawReply, Reading } from "./types.js";

/** Below this share of the first token's probability the options say nothing of what the model would answer. */
const leastMass = 0.01;

export const logprobs: Elicitation = {
  name: "logprobs",
  deterministic: true,
  check(provider, item, template) {
    const texts = optionTexts(template, item);
    const why = undecidable(provider, texts);
    if (!provider.capabilities.optionLogprobs)
      requireCapability(provider, "topLogprobs", `eliciting ${item.name} by log-probabilities`);
    if (why)
      throw new Error(
        `item ${item.name} cannot be read from log-probabilities of ${provider.name}: ${why}. Use elicitation "sampled", or "auto".`,
      );
  },
  request(question, provider, seed) {
    const common = { max_completion_tokens: 1, temperature: 1, seed };
    return provider.capabilities.optionLogprobs
      ? { ...common, proband: { options: question.texts } }
      : { ...tokenLimit(provider, 1), temperature: 1, logprobs: true, top_logprobs: provider.capabilities.topLogprobs };
  },
  keep(completion) {
    const choice = completion.choices[0]! as OpenAI.ChatCompletion.Choice & { proband?: { logprobs: number[] } };
    if (choice.proband) return { logprobs: choice.proband.logprobs };
    const first = choice.logprobs?.content?.find((token) => token.token.trim() !== "");
    const top = first?.top_logprobs.map((t): [string, number] => [t.token, t.logprob]);
    return { ...keepReply(completion), ...(top ? { top } : {}) };
  },
  read(reply, question) {
    return refused(reply) ?? (reply.logprobs ? fromOptions(reply.logprobs) : fromTokens(reply, question));
  },
};

/** Whether log-probabilities can answer this item at this provider. */
export function canReadLogprobs(provider: Provider, item: Item, template: Template): boolean {
  const { optionLogprobs, topLogprobs } = provider.capabilities;
  return (optionLogprobs || topLogprobs > 0) && undecidable(provider, optionTexts(template, item)) === undefined;
}

function undecidable(provider: Provider, texts: string[] | undefined): string | undefined {
  if (!texts) return "it has no list of options (an open number)";
  if (new Set(texts).size < texts.length) return "several of its options are written alike in this template";
  if (provider.capabilities.optionLogprobs) return undefined;
  const { topLogprobs } = provider.capabilities;
  if (texts.length > topLogprobs)
    return `it has ${texts.length} options and the server lists ${topLogprobs} alternatives`;
  // Only the first token is seen: it must tell the options apart, however the server's tokenizer cuts them.
  if (new Set(texts.map((t) => t[0]!.toLowerCase())).size < texts.length)
    return `its options (${texts.join(", ")}) begin alike, and only the first token's alternatives are seen`;
  return undefined;
}

function fromOptions(values: number[]): Reading {
  const best = Math.max(...values);
  if (!Number.isFinite(best)) return malformed("no option has a finite log-probability");
  const weights = values.map((v) => Math.exp(v - best));
  const total = weights.reduce((a, b) => a + b, 0);
  return { probabilities: weights.map((w) => w / total), mass: Math.min(1, Math.exp(best) * total) };
}

function fromTokens(reply: RawReply, question: Question): Reading {
  if (!reply.top?.length) return malformed("the server sent no log-probabilities");
  const mass = question.texts!.map(() => 0);
  for (const [token, logprob] of reply.top) {
    const said = token.trim().toLowerCase();
    if (!said) continue;
    const fits = question.texts!.flatMap((text, i) => {
      const option = text.toLowerCase();
      return option.startsWith(said) || (said.startsWith(option) && !/[\p{L}\p{N}]/u.test(said.slice(option.length)))
        ? [i]
        : [];
    });
    if (fits.length === 1) mass[fits[0]!]! += Math.exp(logprob);
  }
  const total = mass.reduce((a, b) => a + b, 0);
  if (total < leastMass)
    return malformed(
      `the options have ${(100 * total).toFixed(2)}% of the first token's probability; the model answers something else`,
    );
  return { probabilities: mass.map((m) => m / total), mass: Math.min(1, total) };
}

/** OpenAI's own models take max_completion_tokens; most other servers know only max_tokens. */
export const tokenLimit = (provider: Provider, n: number) =>
  ["openai", "azure", "embedded", "proband"].includes(provider.name) ? { max_completion_tokens: n } : { max_tokens: n };
