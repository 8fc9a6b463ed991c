import type { Template } from "../template.js";

/** Full sentences, for language models that read. Answers are letters or numbers, so that their log-probabilities are one token's. */
export const plain: Template = {
  name: "plain",
  version: "1",
  system:
    "You answer a survey exactly as one particular participant would: with their knowledge, views and mistakes, " +
    "not with what would be right or polite. Reply with the answer only, in the form asked for.",
  opening: "{introduction}\n\n{persona}\n\n{treatment}\n\n",
  persona: {
    line: "You are this participant:\n{attributes}",
    attribute: {
      nominal: "- {label}: {answer}",
      ordinal: "- {label}: {answer}",
      interval: "- {label}: {answer} {unit}",
      count: "- {label}: {answer} {unit}",
    },
    separator: "\n",
    none: "You are one participant.",
  },
  treatment: { as: "text", line: "{treatments}", separator: "\n" },
  question: {
    nominal: "{text}\n{options}\nReply with one letter.",
    ordinal: "{text}\n{options}\nReply with one number.",
    interval: "{text}\n{labels}\nReply with one number from {min} to {max} in steps of {step}.",
    count: "{text}\nReply with one whole number.",
  },
  option: { nominal: "{key}. {label}", ordinal: "{code} = {label}" },
  optionSeparator: "\n",
  answer: { nominal: "key", ordinal: "code" },
  permute: true,
  example: {
    each: "Here is one participant and their answers.\n\n",
    then: "Now another participant; answer as they would.\n\n",
  },
};
