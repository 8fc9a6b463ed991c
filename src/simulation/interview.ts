/** Which items a person answers, and what they answered. */
import type { Item, Respondents, Row, Value } from "../study/index.js";
import { optionOrder } from "./prompt.js";
import type { Answered, Template } from "./template.js";

/** Items a person answers: beliefs and actions in the codebook's order, without those that follow from others. */
export const answeredItems = (people: Respondents): Item[] =>
  people.items("belief", "action").filter((item) => !item.derived);

/** The same for people whose answers are not known: from the codebook alone. */
export const askedItems = (people: Respondents): Item[] =>
  people.codebook.items.filter((item) => (item.role === "belief" || item.role === "action") && !item.derived);

export const isMissing = (value: Value | undefined): boolean =>
  value === null || value === undefined || value === "" || (typeof value === "number" && Number.isNaN(value));

/** What one person answered, with the order in which the options were shown. Missing answers are left out. */
export function answersOf(
  people: Respondents,
  index: number,
  template: Template,
  seed: number,
  permute?: boolean,
): Answered[] {
  return answeredItems(people).flatMap((item): Answered[] => {
    const value = people.column(item.name)[index];
    if (isMissing(value)) return [];
    const order = optionOrder(template, item, seed, people.ids[index]!, permute);
    return [{ item: item.name, value: value!, ...(order ? { order } : {}) }];
  });
}

/** Attributes and treatments only: all that a simulation may know of a person. */
export function withoutAnswers(people: Respondents): Respondents {
  const known = people.items("attribute", "treatment").map((item) => item.name);
  return people.omit(people.names.filter((name) => !known.includes(name)));
}

/** A few-shot example: what the person is like and what they answered. */
export interface Example {
  person: Row;
  answers: Answered[];
}
