/**
 * Colours, symbols and dashes. Every colour has a contrast of at least 3:1 with white and with near-black
 * (WCAG 2.1, 1.4.11), so that one figure serves a light page, a dark notebook and paper; what colour tells is
 * told again by a symbol or a dash, so that it survives greyscale and colour blindness.
 */

/** "auto" draws in the text colour of the page it stands in, on no background; "light" and "dark" bring their own. */
export type Theme = "auto" | "light" | "dark";

export interface Appearance {
  color: string;
  symbol: "circle" | "square" | "triangle" | "diamond" | "star" | "cross" | "wye" | "plus";
  /** An SVG stroke-dasharray; "" is a solid line. */
  dash: string;
}

/** Hues far apart also for red-green blindness; the lightness alternates within the band that both themes allow. */
export const palette = ["#c96a00", "#2f6fb8", "#0c8f70", "#a04fc0", "#c9436f", "#7a7410"];
const symbols: Appearance["symbol"][] = ["square", "triangle", "diamond", "star", "cross", "wye", "plus"];
const dashes = ["6 3", "2 2", "10 3 2 3", "4 1", "1 3", "12 4"];

/** Humans are drawn in the ink of the page, filled circles, solid lines: the thing all else is measured against. */
export const human: Appearance = { color: "currentColor", symbol: "circle", dash: "" };

export const inks: Record<Exclude<Theme, "auto">, { ink: string; paper: string }> = {
  light: { ink: "#1b1b1b", paper: "#ffffff" },
  dark: { ink: "#ececec", paper: "#111111" },
};

/** How each source is drawn, in the order of first appearance; "human" (also "humans", "human (rest)") is always the ink. */
export function appearances(sources: Iterable<string>): Map<string, Appearance> {
  const map = new Map<string, Appearance>();
  let next = 0;
  for (const source of sources) {
    if (map.has(source)) continue;
    if (isHuman(source)) map.set(source, human);
    else {
      map.set(source, {
        color: palette[next % palette.length]!,
        symbol: symbols[next % symbols.length]!,
        dash: dashes[next % dashes.length]!,
      });
      next++;
    }
  }
  return map;
}

export function isHuman(source: string): boolean {
  return /^(synthetic )?(humans?|people|respondents)\b/i.test(source);
}

/** Scale options of Observable Plot for these sources. */
export function colorScale(map: Map<string, Appearance>) {
  return { domain: [...map.keys()], range: [...map.values()].map((a) => a.color) };
}

export function symbolScale(map: Map<string, Appearance>) {
  return { domain: [...map.keys()], range: [...map.values()].map((a) => a.symbol) };
}
