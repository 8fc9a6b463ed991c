import { checkTemplate } from "../template.js";
import type { Template } from "../template.js";
import { compact } from "./compact.js";
import { plain } from "./plain.js";

export const templates: Readonly<Record<string, Template>> = { plain, compact };

/** A template by name, or a template of one's own, checked. */
export function templateOf(template: string | Template): Template {
  if (typeof template !== "string") return checkTemplate(template);
  const found = templates[template];
  if (!found)
    throw new Error(
      `no template ${template}; there are ${Object.keys(templates).join(", ")}, or pass a template object of your own`,
    );
  return found;
}
