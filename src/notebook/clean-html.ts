// HTML that cells made, without what could run or load: the page's policy refuses it too, but a page is copied elsewhere.
import { parseHTML } from "linkedom";

const suspicious = /<(script|iframe|object|embed|link|meta|base|form|foreignobject)\b|\son\w+\s*=|javascript:|srcdoc/i;

/** The same HTML where nothing suspicious stands in it, which is parsed only then. */
export function cleanHtml(html: string): string {
  if (!suspicious.test(html)) return html;
  const { document } = parseHTML(`<!doctype html><html><body>${html}</body></html>`);
  for (const bad of document.querySelectorAll("script, iframe, object, embed, link, meta, base, form, foreignObject"))
    bad.remove();
  for (const element of document.body.querySelectorAll("*"))
    for (const { name, value } of [...element.attributes])
      if (/^on|^srcdoc$/i.test(name) || /^\s*javascript:/i.test(value)) element.removeAttribute(name);
  return document.body.innerHTML;
}
