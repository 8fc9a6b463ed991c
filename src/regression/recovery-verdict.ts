/** What may be concluded from a comparison of regressions, in words and by stated rules. */
import type { RecoveryDetails, RecoveryRow } from "./recovery-types.js";

/**
 * The rules (thresholds in docs/regression.md): signs are recovered well at F1 ≥ 0.8 and a false-positive rate ≤ 0.1;
 * magnitudes where, in addition, the joint test does not reject and at least 0.8 of the coefficients are equivalent
 * within the margin. Failing to reject alone is not agreement: it can be lack of data.
 */
export function verdictOf(rows: readonly RecoveryRow[], d: RecoveryDetails): string {
  const significant = rows.filter((r) => r.humanSign !== "0");
  const said = rows.filter((r) => r.recovery === "recovered").length;
  const flipped = rows.filter((r) => r.recovery === "sign flipped");
  const alarms = rows.filter((r) => r.recovery === "false positive");
  const nulls = rows.length - significant.length;
  const first =
    `Of ${rows.length} coefficients ${significant.length} ${significant.length === 1 ? "is" : "are"} significant in the people; the simulation recovers the sign of ${said}` +
    `${flipped.length ? `, reverses ${flipped.map((r) => r.term).join(", ")}` : ""}, and finds ${alarms.length} of ${nulls} that the people do not show${alarms.length ? ` (${alarms.map((r) => r.term).join(", ")})` : ""}.`;
  if (rows.every((r) => !r.estimable))
    return `${first} No simulated coefficient could be estimated: nothing may be concluded from a regression on these simulations.`;
  const signsGood = d.f1 !== null && d.f1 >= 0.8 && (d.falsePositiveRate ?? 0) <= 0.1;
  const rejected = d.wald.some((w) => w.p < d.alpha);
  const equal = !rejected && d.equivalentShare >= 0.8;
  const second =
    d.f1 === null
      ? "With no significant sign on either side there is nothing to recover; a larger human sample is needed to judge."
      : signsGood && equal
        ? "Signs and sizes agree within the stated margin; still estimate effects on people, with the simulation as prediction (inference.ppi)."
        : signsGood
          ? `Signs are recovered, sizes are ${rejected ? "not: the joint test rejects equal slopes" : "not shown to be equal within the margin"}; do not read effect sizes off the simulation.`
          : "Do not take signs or sizes of effects from this simulation; use it at most as prediction beside people (inference.ppi).";
  const singly =
    d.signs.terms > rows.length && d.f1 !== null
      ? ` Judged one simulation at a time, as the rules are: F1 ${d.f1.toFixed(2)}, false-positive rate ${d.falsePositiveRate === null ? "undefined" : d.falsePositiveRate.toFixed(2)}.`
      : "";
  return `${first}${singly} ${second}`;
}
