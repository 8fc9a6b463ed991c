/** All of Proband's front-end classes, over the @jupyter-widgets/base that the page shares. */
import type * as Base from "@jupyter-widgets/base";
import { afmClasses } from "./afm.js";
import { linkedClasses, linkedCss } from "./linked.js";
import { plotClasses, plotCss } from "./plot.js";

export { hostModule, hostPackageVersion } from "./version.js";

export function hostClasses(base: typeof Base): Record<string, unknown> {
  if (typeof document !== "undefined" && !document.getElementById("proband-widgets-style")) {
    const style = document.createElement("style");
    style.id = "proband-widgets-style";
    style.textContent = plotCss + linkedCss;
    document.head.append(style);
  }
  return { ...afmClasses(base), ...plotClasses(base), ...linkedClasses(base) };
}
