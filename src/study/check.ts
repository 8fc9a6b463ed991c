// Checks of options that many steps take, so that a wrong one is named and never becomes a silent not-a-number.

/** Throws unless each is a whole number of `least` (default 0) or more. */
export function checkCounts(options: Readonly<Record<string, number>>, least = 0): void {
  for (const [name, value] of Object.entries(options))
    if (!Number.isInteger(value) || value < least)
      throw new Error(`${name}: expected a whole number of ${least} or more, found ${value}`);
}

/** Throws unless the coverage of intervals lies between 0 and 1. */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new Error(`level: expected a number between 0 and 1 (as 0.95), found ${level}`);
}

/** Throws unless the value is one of those known. */
export function checkChoice(name: string, value: unknown, known: readonly string[]): void {
  if (!known.includes(value as string))
    throw new Error(`invalid ${name}: ${String(value)}; expected ${known.map((k) => `"${k}"`).join(", ")}`);
}
