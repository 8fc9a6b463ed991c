/** Input for which an inference is not valid or not defined. */
export type InferenceProblem =
  "leakage" | "pairing" | "model" | "estimand" | "column" | "weights" | "too-few" | "diverges";

export class InferenceError extends Error {
  override readonly name = "InferenceError";
  readonly problem: InferenceProblem;
  /** Ids of the respondents at fault, where there are any. */
  readonly ids: readonly string[];

  constructor(problem: InferenceProblem, message: string, ids: readonly string[] = []) {
    super(message);
    this.problem = problem;
    this.ids = ids;
  }
}
