/** Why a model could not be estimated, so that callers (recovery, the bootstrap) can treat the cases differently. */
export type EstimationProblem =
  | "formula"
  | "column"
  | "level"
  | "outcome"
  | "weights"
  | "cluster"
  | "too-few"
  | "constant"
  | "collinear"
  | "separation"
  | "convergence";

/** A model that cannot be estimated; `columns` names the columns (or levels) at fault. */
export class EstimationError extends Error {
  override readonly name = "EstimationError";
  readonly problem: EstimationProblem;
  readonly columns: readonly string[];

  constructor(problem: EstimationProblem, message: string, columns: readonly string[] = []) {
    super(message);
    this.problem = problem;
    this.columns = columns;
  }
}
