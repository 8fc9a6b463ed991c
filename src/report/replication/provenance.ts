// Marks of many results as one line: a dozen models finetuned from one base are told by their number.

/** The marks of these results, each once; finetuned models of the built-in base are counted instead of named. */
export function provenanceOf(results: readonly { provenance: readonly string[] }[]): string[] {
  const marks = [...new Set(results.flatMap((r) => r.provenance))];
  const finetuned = marks.filter((m) => /^simulated by ft:proband-base:/.test(m));
  if (finetuned.length < 2) return marks;
  const others = marks.filter((m) => !finetuned.includes(m));
  return [
    ...others,
    `simulated by ${finetuned.length} models finetuned from proband-base (built-in, knows nothing of the world)`,
  ];
}
