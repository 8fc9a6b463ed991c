// The composition root in a page: the same names as src/index.ts, without files, threads and servers.
import * as figures from "./figures/index.js";
import { useDocument } from "./figures/index.js";
import { registerDisplay } from "./study/index.js";

export * as alignment from "./alignment/index.js";
export { figures };
export { embedFiles, loadEmbeddedStudy as loadStudy } from "./study/embedded.js";
export * from "./study/index.js";

// Until figures attach their own display, a result is its table.
registerDisplay("*", (result) => ({ "text/plain": result.toString(), "text/html": figures.htmlTable(result) }));

/** Called by the page's worker, which has no document of its own. */
export function usePageDocument(supply: () => Document): void {
  useDocument(supply);
}
