/** What a simulation would ask and cost, before anything is sent. */
import { result, random } from "../study/index.js";
import type { Respondents } from "../study/index.js";
import { costOf, priceOf, priceSource } from "../provider/index.js";
import { codingBody } from "./coding.js";
import { plan as makePlan } from "./plan.js";
import { optionOrder, optionTexts, renderConversation } from "./prompt.js";
import { roughTokens } from "./runner/sender.js";
import { answerOptions, type Answered } from "./template.js";
import type { SimulationOptions } from "./types.js";

export interface EstimateRow {
  item: string;
  elicitation: string;
  requests: number;
  /** Prompt tokens by rule of thumb: four characters a token. */
  promptTokens: number;
  answerTokens: number;
  costUSD: number | null;
}

/** People whose prompts are rendered for the estimate. */
const sample = 50;

/** A dry run: renders the prompts of some people (earlier answers taken as middle options) and counts. Asks the model nothing. */
export async function estimate(people: Respondents, options: SimulationOptions) {
  const plan = await makePlan(people, options, true);
  const price = options.prices?.[plan.model.id] ?? priceOf(plan.provider, plan.model.id);
  const chosen = random(plan.seed, "estimate").permutation(plan.people.n).slice(0, sample);
  const scale = (plan.people.n * plan.draws) / chosen.length;
  const answered: Answered[] = [];
  const coded = { input: 0, output: 0 };
  const rows = plan.items.map(({ item, elicitation, values }): EstimateRow => {
    let input = 0;
    let output = 0;
    for (const i of chosen) {
      const order = optionOrder(plan.template, item, plan.seed, plan.people.ids[i]!, options.permute);
      const messages = renderConversation(plan.template, plan.people.codebook, plan.people.row(i), answered, item, {
        ...(order ? { order } : {}),
        ...(plan.demographics === undefined ? {} : { demographics: plan.demographics }),
        examples: plan.examples,
      });
      const texts = optionTexts(plan.template, item, order);
      const question = { item, template: plan.template, messages, ...(texts && values ? { texts, values } : {}) };
      const tokens = roughTokens({ messages, ...elicitation.request(question, plan.provider, 0) });
      input += tokens.input;
      output += elicitation.deterministic ? 1 : plan.coder === undefined ? Math.min(tokens.output, 15) : 40;
      if (plan.coder === undefined) continue;
      const coding = roughTokens(codingBody(plan, item, "x".repeat(160)));
      coded.input += coding.input * scale;
      coded.output += 10 * scale;
    }
    const all = answerOptions(item);
    answered.push({ item: item.name, value: all ? all[Math.floor((all.length - 1) / 2)]!.value : 0 });
    const promptTokens = Math.round(input * scale);
    const answerTokens = Math.round(output * scale);
    return {
      item: item.name,
      elicitation: elicitation.name,
      requests: plan.people.n * plan.draws,
      promptTokens,
      answerTokens,
      costUSD: price ? costOf(price, promptTokens, answerTokens, options.batch) : null,
    };
  });
  if (plan.coder !== undefined) {
    const coderPrice = options.prices?.[plan.coder] ?? priceOf(plan.provider, plan.coder);
    const [promptTokens, answerTokens] = [Math.round(coded.input), Math.round(coded.output)];
    rows.push({
      item: `coding by ${plan.coder}`,
      elicitation: "coding",
      requests: plan.people.n * plan.draws * plan.items.length,
      promptTokens,
      answerTokens,
      costUSD: coderPrice ? costOf(coderPrice, promptTokens, answerTokens, options.batch) : null,
    });
  }
  const sum = (name: "requests" | "promptTokens" | "answerTokens") => rows.reduce((total, row) => total + row[name], 0);
  const total = rows.every((row) => row.costUSD !== null)
    ? rows.reduce((sum_, row) => sum_ + (row.costUSD ?? 0), 0)
    : null;
  const { requestsPerMinute, tokensPerMinute } = { ...plan.provider.limits, ...options.limits };
  const minutes = Math.max(
    requestsPerMinute ? sum("requests") / requestsPerMinute : 0,
    tokensPerMinute ? (sum("promptTokens") + sum("answerTokens")) / tokensPerMinute : 0,
  );
  return result(
    {
      kind: "simulation.estimate",
      title: `Dry run: ${sum("requests")} requests to ${plan.model.id} at ${plan.provider.name}`,
      rows,
      columns: [
        { name: "item" },
        { name: "elicitation" },
        { name: "requests", format: "integer" },
        { name: "promptTokens", title: "prompt tokens", format: "integer" },
        { name: "answerTokens", title: "answer tokens", format: "integer" },
        { name: "costUSD", title: "cost ($)", digits: 4 },
      ],
      notes: [
        `Tokens by rule of thumb (four characters a token) from the prompts of ${chosen.length} people; nothing was sent.`,
        total === null
          ? `No price is known for ${price ? plan.coder : plan.model.id}: pass prices: { "${price ? plan.coder : plan.model.id}": { input, output } } in dollars per million tokens.`
          : total > 0
            ? `About $${total.toFixed(2)}${options.batch ? " through the Batch API" : ""} ${price ? priceSource(price) : ""}.`
            : "Costs nothing but time: the model runs on a machine of your own.",
        ...(minutes ? [`At least ${minutes.toFixed(1)} minutes by the rate limits given.`] : []),
      ],
      provenance: plan.provenance,
    },
    { requests: sum("requests"), promptTokens: sum("promptTokens"), answerTokens: sum("answerTokens"), costUSD: total },
  );
}
