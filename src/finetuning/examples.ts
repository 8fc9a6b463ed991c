/** From people to training examples: one interview a person, only their answers learned. */
import { isOrdered } from "../study/scale.js";
import type { Respondents } from "../study/index.js";
import type { TrainingExample } from "../engine/types.js";
import { describeProblems, parseTrainingFile } from "../engine/openai/index.js";
import { answersOf } from "../simulation/interview.js";
import { optionTexts, renderInterview } from "../simulation/prompt.js";
import type { Template } from "../simulation/template.js";
import { templateOf } from "../simulation/templates/index.js";

export interface ExampleOptions {
  /** Name of a prompt template or one of your own; default "plain". */
  template?: string | Template;
  /** Default true; false leaves the person's attributes out of the prompt. */
  demographics?: boolean;
  /** Seed of the order in which options are shown. */
  seed?: number;
  /** Whether nominal options are shown in a random order; default as the template says. */
  permute?: boolean;
  /** Adds each answer's options, which losses on option probabilities and smoothing need. OpenAI's own format has none. */
  options?: boolean;
}

/** One training conversation a person; people without any answer are left out. */
export function trainingExamples(people: Respondents, options: ExampleOptions = {}): TrainingExample[] {
  const template = templateOf(options.template ?? "plain");
  const seed = options.seed ?? 0;
  return people.ids.flatMap((_, i): TrainingExample[] => {
    const answers = answersOf(people, i, template, seed, options.permute);
    if (!answers.length) return [];
    const messages = renderInterview(template, people.codebook, people.row(i), answers, {
      ...(options.demographics === undefined ? {} : { demographics: options.demographics }),
    });
    if (!options.options) return [{ messages }];
    let next = 0;
    return [
      {
        messages: messages.map((message) => {
          if (message.role !== "assistant") return message;
          const { item: name, order } = answers[next++]!;
          const item = people.item(name);
          const text = optionTexts(template, item, order);
          return text ? { ...message, options: { text, ordered: isOrdered(item) } } : message;
        }),
      },
    ];
  });
}

/** Training examples as JSON lines, each checked by OpenAI's rules. */
export function toJSONL(examples: readonly TrainingExample[]): string {
  const text = examples.map((example) => JSON.stringify(example) + "\n").join("");
  const { problems } = parseTrainingFile(text);
  if (problems.length) throw new Error(`training examples are not valid: ${describeProblems(problems)}`);
  return text;
}

/** The people's answers as OpenAI's finetuning JSONL, for a service or a GPU machine of your own. */
export function exportJSONL(people: Respondents, options: ExampleOptions = {}): string {
  return toJSONL(trainingExamples(people, options));
}
