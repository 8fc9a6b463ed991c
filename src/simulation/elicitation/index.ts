import type { Item } from "../../study/index.js";
import type { Provider } from "../../provider/index.js";
import type { Template } from "../template.js";
import { canReadLogprobs, logprobs } from "./logprobs.js";
import { ownWords, sampled, text } from "./sampled.js";
import type { Elicitation, ElicitationName } from "./types.js";
import { verbalised } from "./verbalised.js";

const all: Record<ElicitationName, Elicitation> = { logprobs, sampled, verbalised, text };

/**
 * The elicitation of each item. "auto" takes log-probabilities where provider and item allow them, otherwise sampled
 * structured answers, otherwise text; which it was is told in the report.
 */
export function chooseElicitation(
  name: ElicitationName | "auto",
  provider: Provider,
  item: Item,
  template: Template,
  coded = false,
): Elicitation {
  if (coded) {
    if (name !== "text")
      throw new Error(
        `a coder maps answers in the model's own words: elicitation "text", found ${JSON.stringify(name)}`,
      );
    return ownWords;
  }
  if (name !== "auto") {
    const chosen = all[name];
    if (!chosen) throw new Error(`no elicitation ${String(name)}; there are auto, ${Object.keys(all).join(", ")}`);
    chosen.check(provider, item, template);
    return chosen;
  }
  if (canReadLogprobs(provider, item, template)) return logprobs;
  return provider.capabilities.jsonSchema ? sampled : text;
}

export type { Elicitation, ElicitationName, Question, RawReply, Reading } from "./types.js";
