/** Checks what a model is asked, before it computes: a misspelt option would be ignored unseen. */
import { EngineError } from "../errors.js";
import { numberOption, onlyOptions } from "../training/options.js";
import type { GenerateRequest, ScoreRequest } from "../types.js";

/** Throws with the request's number, from 1. */
function within(line: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.code, `request ${line}: ${error.message}`, { line });
  }
}

const generateOptions = [
  ...["messages", "maxTokens", "temperature", "topP", "seed", "stop", "frequencyPenalty", "presencePenalty"],
  ...["topLogprobs", "jsonSchema"],
];

export function checkGenerate(request: GenerateRequest, line: number): void {
  within(line, () => {
    onlyOptions(request, generateOptions);
    numberOption(request, "maxTokens", { least: 0, whole: true });
    numberOption(request, "temperature", { least: 0 });
    numberOption(request, "topP", { least: 0, most: 1 });
    numberOption(request, "seed", { least: -Infinity, whole: true });
    numberOption(request, "frequencyPenalty", { least: -2, most: 2 });
    numberOption(request, "presencePenalty", { least: -2, most: 2 });
    numberOption(request, "topLogprobs", { least: 0, whole: true });
    const { stop } = request;
    if (stop !== undefined && (!Array.isArray(stop) || stop.some((s) => typeof s !== "string" || !s)))
      throw new EngineError(
        "bad_option",
        `stop must be an array of texts that are not empty, not ${JSON.stringify(stop)}`,
      );
  });
}

export function checkScore({ options, ...rest }: ScoreRequest, line: number): void {
  within(line, () => {
    onlyOptions(rest, ["messages"]);
    if (!Array.isArray(options) || !options.length || options.some((o) => typeof o !== "string"))
      throw new EngineError("bad_option", `options must be an array of texts to score, not ${JSON.stringify(options)}`);
  });
}
