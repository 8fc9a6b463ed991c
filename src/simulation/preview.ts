import { chooseExamples, connection } from "./plan.js";
import { result } from "../study/index.js";
import type { Respondents } from "../study/index.js";
import { askedItems, withoutAnswers } from "./interview.js";
import { hashOf, templateHash } from "./hash.js";
import { optionOrder, renderConversation } from "./prompt.js";
import { answerOptions, type Answered, type Template } from "./template.js";
import type { ModelReference } from "./types.js";
import { templateOf } from "./templates/index.js";

export interface PreviewOptions {
  /** Which person: a row id, or default the first. */
  person?: string;
  /** Default "plain"; a finetuned model's own where `model` is one. */
  template?: string | Template;
  /** A finetuned model, as `finetuning.run` returns it: previewed with its template, with or without demographics as it was trained. */
  model?: ModelReference;
  /** Few-shot: people shown with their answers, as in `simulation.run`. */
  examples?: Respondents;
  /** The most examples shown here; default 1, since they are long. */
  maxExamples?: number;
  demographics?: boolean;
  permute?: boolean;
  seed?: number;
}

export interface PreviewRow {
  turn: number;
  role: string;
  content: string;
}

/**
 * What the model reads about one person, turn by turn, up to the last question. Answers shown for earlier items are
 * the middle options, only to show their form; a simulation carries the model's own.
 */
export function preview(people: Respondents, options: PreviewOptions = {}) {
  const { model, examples: given } = options;
  const attached = (model as { [connection]?: { template: Template } } | undefined)?.[connection];
  const template = templateOf(options.template ?? attached?.template ?? model?.template ?? "plain");
  const seed = options.seed ?? 1;
  const demographics = options.demographics ?? model?.demographics;
  const { examples } = chooseExamples(people, given, options.maxExamples ?? 1, template, seed, options.permute);
  const known = withoutAnswers(people);
  const index = options.person === undefined ? 0 : known.ids.indexOf(options.person);
  if (index < 0 || !known.n)
    throw new Error(
      `no person ${options.person ?? ""} among these ${people.n}; ids are for example ${people.ids.slice(0, 3).join(", ")}`,
    );
  const items = askedItems(people);
  const answered: Answered[] = items.slice(0, -1).flatMap((item) => {
    const all = answerOptions(item);
    const value = all ? all[Math.floor((all.length - 1) / 2)]!.value : 0;
    const order = optionOrder(template, item, seed, known.ids[index]!, options.permute);
    return [{ item: item.name, value, ...(order ? { order } : {}) }];
  });
  const last = items.at(-1);
  if (!last) throw new Error(`the codebook of ${people.codebook.name} has no beliefs or actions to ask about`);
  const order = optionOrder(template, last, seed, known.ids[index]!, options.permute);
  const messages = renderConversation(template, people.codebook, known.row(index), answered, last, {
    ...(order ? { order } : {}),
    ...(demographics === undefined ? {} : { demographics }),
    examples,
  });
  const rows: PreviewRow[] = messages.map((m, i) => ({ turn: i + 1, role: m.role, content: m.content }));
  const shown = result(
    {
      kind: "simulation.preview",
      title: `What the model reads of person ${known.ids[index]} (template ${template.name}, version ${template.version}, hash ${templateHash(template)})`,
      rows,
      columns: [{ name: "turn", format: "integer" }, { name: "role" }, { name: "content" }],
      notes: [
        "Answers of the assistant are placeholders (middle options); a simulation carries along the model's own." +
          (examples.length ? " Those of the examples are theirs." : ""),
      ],
      provenance: people.codebook.provenance === "synthetic" ? ["synthetic data"] : [],
    },
    { messages, hash: hashOf(messages) },
  );
  // A conversation reads better as one than as a table.
  const text = [shown.title, ...rows.map((r) => `[${r.role}]\n${r.content}`), ...shown.notes.map((n) => `· ${n}`)].join(
    "\n",
  );
  Object.defineProperty(shown, "toString", { value: () => text, enumerable: false });
  return shown;
}
