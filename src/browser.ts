// The composition root in a page: the same names as src/index.ts, without folders, threads and servers.
import * as alignmentRoom from "./alignment/index.js";
import { attachDisplays, useDocument } from "./figures/index.js";
import * as finetuningRoom from "./finetuning/index.js";
import { usePageModels } from "./provider/page.js";
import type { Runtime } from "./engine/index.js";
import * as regressionRoom from "./regression/index.js";
import * as samplingRoom from "./sampling/index.js";
import * as simulationRoom from "./simulation/index.js";
import { embedFiles } from "./study/embedded.js";
import * as widgetRoom from "./widgets/index.js";

export * from "./study/index.js";
export { loadEmbeddedStudy as loadStudy } from "./study/embedded.js";
export const sampling = { ...samplingRoom, explore: widgetRoom.exploreSampling };
export const finetuning = { ...finetuningRoom, watch: widgetRoom.watchFinetuning };
export const simulation = { ...simulationRoom, watch: widgetRoom.watchSimulation };
export const alignment = { ...alignmentRoom, explore: widgetRoom.exploreAlignment };
export const regression = { ...regressionRoom, explore: widgetRoom.exploreRegression };
export * as inference from "./inference/index.js";
export * as report from "./report/index.js";
export * as figures from "./figures/index.js";
export * as widgets from "./widgets/index.js";
export * as provider from "./provider/index.js";
export { check, studentSeed } from "./classroom/index.js";

attachDisplays();

export interface PageOptions {
  /** Files inside the page: `studies/…`, `models/…`, `state/…` (with `state/ledgers/…`). */
  files: Record<string, Uint8Array>;
  /** The document in which figures are drawn; a worker has none of its own. */
  document(): Document;
  /** Starts the WebAssembly runtime of the engine. */
  runtime(): Promise<Runtime>;
}

/** Makes everything work from the files inside a page. */
export function startPage({ files, document, runtime }: PageOptions): void {
  useDocument(document);
  embedFiles(files);
  usePageModels({ files, runtime });
  const lines = (name: string): string[] => {
    const bytes = files[`state/ledgers/${name}.jsonl`];
    return bytes ? new TextDecoder().decode(bytes).split("\n").filter(Boolean) : [];
  };
  simulationRoom.useLedgerStores({
    defaultPath: (study) => study.replaceAll(/[^\w.-]/g, "_"),
    open: (name) => simulationRoom.memoryStore(name, lines(name)),
    resolve: (name) => name,
    lasting: false,
  });
}
