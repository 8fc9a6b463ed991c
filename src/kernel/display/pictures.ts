/** DOM elements (of a browser, linkedom or jsdom), SVG text in an object, and image bytes. */
import { base64 } from "./bytes.js";

interface ElementLike {
  nodeType: number;
  outerHTML: string;
  tagName: string;
  localName?: string;
}

const signatures: [mime: string, bytes: number[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

export function imageType(bytes: Uint8Array): string | undefined {
  return signatures.find(([, start]) => start.every((b, i) => bytes[i] === b))?.[0];
}

export function asPicture(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof Uint8Array) {
    const mime = imageType(value);
    return mime === undefined ? undefined : { "text/plain": `${mime}, ${value.length} bytes`, [mime]: base64(value) };
  }
  const element = value as ElementLike;
  if (element.nodeType === 1 && typeof element.outerHTML === "string") {
    const html = element.outerHTML;
    const tag = String(element.localName ?? element.tagName).toLowerCase();
    if (tag === "svg")
      return { "text/plain": `<svg> element, ${html.length} characters`, "image/svg+xml": withNamespace(html) };
    return { "text/plain": `<${tag}> element, ${html.length} characters`, "text/html": html };
  }
  return undefined;
}

/** An SVG shown as an image needs its namespace; inside HTML it may have been left out. */
function withNamespace(svg: string): string {
  const out = /^<svg[^>]*\sxmlns=/.test(svg) ? svg : svg.replace(/^<svg/, '<svg xmlns="http://www.w3.org/2000/svg"');
  return /xlink:/.test(out) && !/xmlns:xlink=/.test(out)
    ? out.replace(/^<svg/, '<svg xmlns:xlink="http://www.w3.org/1999/xlink"')
    : out;
}
