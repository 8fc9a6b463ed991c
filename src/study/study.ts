import { withArm, type ArmOptions } from "./arm.js";
import { parseCodebook } from "./codebook.js";
import { deidentify, type Deidentified, type DeidentifyOptions } from "./deidentify.js";
import { Respondents, type Origin } from "./respondents.js";
import { checkTable, type CheckOptions, type RawTable } from "./table.js";
import type { Codebook } from "./types.js";

/** All respondents of a study, with what was read and left out. */
export class Study extends Respondents {
  /** Columns of the file that the codebook does not name. */
  readonly ignored: readonly string[];
  /** Respondents left out because of missing answers (`missing: "drop"`). */
  readonly dropped: number;
  /** What was left out or changed on reading. */
  readonly notes: readonly string[];

  constructor(
    init: ConstructorParameters<typeof Respondents>[0] & {
      ignored?: readonly string[];
      dropped?: number;
      notes?: readonly string[];
    },
  ) {
    super(init);
    this.ignored = init.ignored ?? [];
    this.dropped = init.dropped ?? 0;
    this.notes = init.notes ?? [];
  }

  get name(): string {
    return this.codebook.name;
  }

  /** A copy that tells less about who the people are, and how many share each combination of attributes. */
  deidentify(options: DeidentifyOptions = {}): Deidentified {
    return deidentify(this, options);
  }

  /** The same people in a treatment arm or wording that was never run, to be simulated. */
  withArm(options: ArmOptions): Respondents {
    return withArm(this, options);
  }
}

/** A study from a raw table and a codebook (checked, or as read from JSON). */
export function studyFrom(
  raw: RawTable,
  codebook: Codebook | unknown,
  options: CheckOptions & { origin?: Partial<Origin> } = {},
): Study {
  const checked = parseCodebook(codebook);
  const { ids, columns, weights, ignored, dropped } = checkTable(raw, checked, options);
  return new Study({
    codebook: checked,
    ids,
    columns,
    ignored,
    dropped,
    notes: [
      ...(raw.notes ?? []),
      ...(ignored.length ? [`columns the codebook does not name: ${ignored.join(", ")}`] : []),
      ...(dropped ? [`${dropped} respondents with missing answers left out`] : []),
    ],
    origin: { part: "all", ...options.origin },
    ...(weights ? { weights } : {}),
  });
}
