// The scripts that pages carry: bundles of our own (`scripts/bundles.mjs`), named to the page's policy by their hash.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** A bundle's bytes. */
export function bundle(name: string): Buffer {
  const path = fileURLToPath(new URL(`../bundle/${name}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`the page runtime ${name} is not built; run: npm run build`);
  return readFileSync(path);
}

/** A bundle that starts with the page, and how the page's policy names it. */
export function pageScript(name: string): { code: string; source: string } {
  const code = bundle(name).toString();
  return { code, source: `'sha256-${createHash("sha256").update(code).digest("base64")}'` };
}

/** Bytes as the page inflates them when they are wanted. */
export const packed = (id: string, content: Uint8Array): string =>
  `<script type="text/plain" id="${id}">${gzipSync(content, { level: 9 }).toString("base64")}</script>\n`;

export const packedScript = (id: string, name: string): string => packed(id, bundle(name));

/** JSON that cannot end the script element it stands in. */
export const embedJson = (value: unknown): string => JSON.stringify(value).replace(/</g, "\\u003c");
