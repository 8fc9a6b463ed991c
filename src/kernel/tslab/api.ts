/** The public API of tslab (https://github.com/yunabe/tslab, 1.0.22). */
import { randomBytes } from "node:crypto";
import { typescriptVersion, version } from "../package-root.js";
import { showBundle } from "../show-from-cell.js";

export interface Versions {
  /** The version of tslab's API that this is. */
  tslab: string;
  typescript: string;
  node: string;
  proband: string;
}

/** Values and not getters, since the first thing that tslab's introduction does is to print them. */
const readVersions = (): Versions => ({
  tslab: "1.0.22",
  typescript: typescriptVersion(),
  node: process.version,
  proband: version(),
});

export interface Display {
  javascript(s: string): void;
  html(s: string): void;
  markdown(s: string): void;
  latex(s: string): void;
  svg(s: string): void;
  png(b: Uint8Array): void;
  jpeg(b: Uint8Array): void;
  gif(b: Uint8Array): void;
  pdf(b: Uint8Array): void;
  text(s: string): void;
  /** Shows content of any mime type; bytes are sent as base64. */
  raw(contentType: string, b: string | Uint8Array): void;
}

function createDisplay(id?: string): Display {
  let shown = false;
  const raw = (contentType: string, b: string | Uint8Array): void => {
    const content = typeof b === "string" ? b : Buffer.from(b).toString("base64");
    showBundle({ [contentType]: content }, {}, { ...(id ? { id, update: shown } : {}) });
    shown = true;
  };
  return {
    javascript: (s) => raw("text/javascript", s),
    html: (s) => raw("text/html", s),
    markdown: (s) => raw("text/markdown", s),
    latex: (s) => raw("text/latex", s),
    svg: (s) => raw("image/svg+xml", s),
    png: (b) => raw("image/png", b),
    jpeg: (b) => raw("image/jpeg", b),
    gif: (b) => raw("image/gif", b),
    pdf: (b) => raw("application/pdf", b),
    text: (s) => raw("text/plain", s),
    raw,
  };
}

export interface Tslab {
  versions: Versions;
  /** Shows content of a given kind in the running cell's output. */
  display: Display;
  /** A display that is shown once and then overwritten by each further call. */
  newDisplay(): Display;
}

export const createTslab = (): Tslab => ({
  versions: readVersions(),
  display: createDisplay(),
  newDisplay: () => createDisplay(randomBytes(8).toString("hex")),
});
