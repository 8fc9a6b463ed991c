import { Simulated, type Respondents } from "./respondents.js";

/** What a reader must know of where numbers come from, for the face of a result: which data are synthetic, which model simulated. */
export function marks(...respondents: readonly Respondents[]): string[] {
  const out = new Set<string>();
  for (const r of respondents) {
    if (r instanceof Simulated) {
      const { model, provider } = r.simulation;
      if (provider === "baseline") out.add(`baseline: ${model}`);
      else out.add(`simulated by ${modelMark(model)}`);
    } else if (r.provenance === "simulated") out.add("simulated data");
    if (r.codebook.provenance === "synthetic") out.add("synthetic data");
  }
  return [...out];
}

/** A model's name, and where it is the built-in one or was finetuned from it, what must be known of it. */
export function modelMark(model: string): string {
  return /(^|:)proband-base/.test(model) ? `${model} (built-in, knows nothing of the world)` : model;
}

/** A short name for a set of respondents in a table or figure. */
export function sourceName(r: Respondents): string {
  if (!(r instanceof Simulated)) return r.provenance === "synthetic" ? "synthetic people" : "human";
  const { model, finetuningSeed } = r.simulation;
  return finetuningSeed === undefined ? model : `${model} (seed ${finetuningSeed})`;
}
