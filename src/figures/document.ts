let supplied: (() => Document) | undefined;

/** Says which document figures are drawn in where there is no browser's; src/figures/node calls it with linkedom. */
export function useDocument(supply: () => Document): void {
  supplied = supply;
}

/** The document to draw in: the one given, the browser's, or the one supplied by `useDocument`. */
export function documentFor(given?: Document): Document {
  const found = given ?? (globalThis as { document?: Document }).document ?? supplied?.();
  if (!found)
    throw new Error(
      "a figure needs a document to draw in: pass { document }, or import proband/figures on Node, where linkedom's is used",
    );
  return found;
}
