import type { Template } from "../template.js";

/** Few words and numbers, for the built-in model, which knows formats and little language. */
export const compact: Template = {
  name: "compact",
  version: "1",
  opening: "{persona}{treatment}",
  persona: {
    line: "{attributes}\n",
    attribute: {
      nominal: "{label} {code} of {min}-{max}",
      ordinal: "{label} {code} of {min}-{max}",
      interval: "{label} {value} of {min}-{max}",
      count: "{label} {value}",
    },
    separator: "; ",
  },
  treatment: { as: "attribute", line: "{treatments}\n", separator: "; " },
  question: {
    nominal: "{label} {min}-{max}?",
    ordinal: "{label} {min}-{max}?",
    interval: "{label} {min}-{max}?",
    count: "{label}?",
  },
  option: { nominal: "{code} {label}", ordinal: "{code} {label}" },
  optionSeparator: ", ",
  answer: { nominal: "code", ordinal: "code" },
  permute: false,
  lowercase: true,
};
