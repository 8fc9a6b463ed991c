import type { Template } from "../template.js";

const question = "{short} {size} {earlier} =";

/**
 * Few words and positions in percent, for the built-in model: what its corpus is written in (scripts/train-base).
 * "<model> age 33 party identification 50 own left right position <7> =" is answered "33", and the next question
 * "vote <2> 33 =" repeats that answer. The order of options is never shown, so there is nothing to permute.
 */
export const compact: Template = {
  name: "compact",
  version: "3",
  opening: "<model> {persona}{treatment}",
  persona: {
    line: "{attributes} ",
    attribute: {
      nominal: "{short} {position}",
      ordinal: "{short} {position}",
      interval: "{short} {position}",
      count: "{short} {position}",
    },
    separator: " ",
  },
  treatment: { as: "attribute", line: "{treatments} ", separator: " " },
  question: { nominal: question, ordinal: question, interval: question, count: question },
  option: { nominal: "{short}", ordinal: "{short}" },
  optionSeparator: " ",
  answer: { nominal: "position", ordinal: "position", interval: "position", count: "position" },
  permute: false,
  example: { each: "", then: "" },
};
