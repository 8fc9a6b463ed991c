/** Rasterises figures, without a browser. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import { toSvg } from "../frame.js";

export interface PngOptions {
  /** Pixels of the picture for one of the figure (default 2, for sharp screens). */
  scale?: number;
  /** CSS colour behind the figure; default "white", or none with a theme of its own. */
  background?: string;
}

/**
 * A figure (element or SVG text) as PNG bytes. Text needs a font on this machine; without any, a PNG would lack
 * its words, so the call throws, and a display leaves the PNG out (the SVG carries the text).
 */
export function toPng(figure: Element | string, options: PngOptions = {}): Uint8Array {
  if (!hasFonts())
    throw new Error(
      "no fonts were found on this machine, so a PNG would have no text; install some (for example fonts-dejavu-core) or use the SVG",
    );
  const svg = typeof figure === "string" ? figure : toSvg(figure);
  const resvg = new Resvg(svg, {
    background: options.background ?? "white",
    fitTo: { mode: "zoom", value: options.scale ?? 2 },
    font: { loadSystemFonts: true, defaultFontFamily: "DejaVu Sans", sansSerifFamily: "DejaVu Sans" },
  });
  return resvg.render().asPng();
}

let found: boolean | undefined;

/** Whether any font file lies where the rasteriser looks. */
export function hasFonts(): boolean {
  if (found !== undefined) return found;
  const folders =
    process.platform === "win32"
      ? [join(process.env["SystemRoot"] ?? "C:\\Windows", "Fonts")]
      : process.platform === "darwin"
        ? ["/Library/Fonts", "/System/Library/Fonts", join(homedir(), "Library/Fonts")]
        : [
            "/usr/share/fonts",
            "/usr/local/share/fonts",
            join(homedir(), ".fonts"),
            join(homedir(), ".local/share/fonts"),
          ];
  found = folders.some((folder) => {
    if (!existsSync(folder)) return false;
    try {
      return readdirSync(folder, { recursive: true }).some((f) => /\.(ttf|otf|ttc)$/i.test(String(f)));
    } catch {
      return false;
    }
  });
  return found;
}
