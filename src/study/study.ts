import { parseCodebook } from "./codebook.js";
import { Respondents, type Origin } from "./respondents.js";
import { checkTable, type CheckOptions, type RawTable } from "./table.js";
import type { Codebook } from "./types.js";

/** All respondents of a study, with what was read and left out. */
export class Study extends Respondents {
  /** Columns of the file that the codebook does not name. */
  readonly ignored: readonly string[];
  /** Respondents left out because of missing answers (`missing: "drop"`). */
  readonly dropped: number;

  constructor(init: ConstructorParameters<typeof Respondents>[0] & { ignored?: readonly string[]; dropped?: number }) {
    super(init);
    this.ignored = init.ignored ?? [];
    this.dropped = init.dropped ?? 0;
  }

  get name(): string {
    return this.codebook.name;
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
    origin: { part: "all", ...options.origin },
    ...(weights ? { weights } : {}),
  });
}
