// Figures on Node: the same functions, drawn in linkedom's document, and PNG.
import { parseHTML } from "linkedom";
import { useDocument } from "../document.js";

let document: Document | undefined;
useDocument(
  () => (document ??= parseHTML("<!doctype html><html><body></body></html>").document as unknown as Document),
);

export * from "../index.js";
export { toPng } from "./png.js";
export type { PngOptions } from "./png.js";
