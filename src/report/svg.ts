import { parseHTML } from "linkedom";

/** Elements of SVG that draw or say something; all others are taken out with what they hold. */
const drawn = new Set(
  (
    "svg g defs symbol title desc style path rect circle ellipse line polyline polygon text tspan textpath image use " +
    "clippath mask pattern marker lineargradient radialgradient stop filter feblend fecolormatrix fegaussianblur feoffset " +
    "femerge femergenode feflood fecomposite"
  ).split(" "),
);

/**
 * An SVG as it may stand in a page of ours: nothing that runs (scripts, handlers, foreign elements) and nothing that is
 * loaded, and ids under a prefix, so that two figures do not take each other's clip paths.
 */
export function inlineSvg(svg: string, prefix: string): string {
  const { document } = parseHTML(`<!doctype html><html><body>${svg}</body></html>`);
  const roots = [...document.body.children].flatMap((e) =>
    e.localName.toLowerCase() === "svg"
      ? [e]
      : [...e.querySelectorAll("svg")].filter((s) => !s.parentElement?.closest("svg")),
  );
  if (!roots.length)
    throw new Error(`a figure's svg has no <svg> element; it starts with ${JSON.stringify(svg.slice(0, 60))}`);
  for (const root of roots)
    for (const element of [root, ...root.querySelectorAll("*")]) {
      if (!drawn.has(element.localName.toLowerCase())) {
        element.remove();
        continue;
      }
      for (const { name, value } of [...element.attributes]) {
        const lower = name.toLowerCase();
        if (lower.startsWith("on")) element.removeAttribute(name);
        else if (lower === "href" || lower === "xlink:href" || lower === "src") {
          if (value.startsWith("#")) element.setAttribute(name, `#${prefix}-${value.slice(1)}`);
          else if (!/^data:image\/(png|jpeg|gif|webp);/i.test(value)) element.removeAttribute(name);
        } else if (lower === "id") element.setAttribute(name, `${prefix}-${value}`);
        else if (lower === "aria-labelledby" || lower === "aria-describedby")
          element.setAttribute(
            name,
            value
              .split(/\s+/)
              .map((id) => `${prefix}-${id}`)
              .join(" "),
          );
        else if (/url\(/i.test(value)) element.setAttribute(name, local(value, prefix));
      }
      // Observable Plot labels the groups of its marks; a label needs a role to be read out by.
      if (element.localName === "g" && element.hasAttribute("aria-label") && !element.hasAttribute("role"))
        element.setAttribute("role", "group");
      if (element.localName === "style")
        element.textContent = local(element.textContent ?? "", prefix).replace(/@import[^;]*;?/gi, "");
    }
  return roots.map((root) => root.outerHTML).join("\n");
}

/** References within the figure keep working under the prefix; others are dropped. */
const local = (css: string, prefix: string) =>
  css.replace(/url\(\s*(['"]?)([^)'"]*)\1\s*\)/gi, (_, __, target: string) =>
    target.startsWith("#") ? `url(#${prefix}-${target.slice(1)})` : "none",
  );
