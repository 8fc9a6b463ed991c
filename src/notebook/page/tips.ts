/// <reference lib="dom" />
/**
 * What a figure's marks say, beside the pointer, under the finger, and mark by mark with the arrow keys. Marks carry it as
 * SVG titles, which browsers show late, to a resting mouse only, and never to a keyboard or a finger.
 */

/** How far from a small mark still counts as meaning it, in pixels. */
const near = 18;

/** Starts showing tips in all figures there are and will be. */
export function installTips(): void {
  const tip = document.createElement("div");
  tip.id = "proband-tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  document.body.append(tip);
  let shown: Element | undefined;

  const cover = () => {
    shown?.classList.remove("proband-marked");
    tip.hidden = true;
  };
  const hide = () => {
    cover();
    shown = undefined;
  };
  const show = (mark: Element) => {
    if (mark === shown && !tip.hidden) return;
    cover();
    shown = mark;
    mark.classList.add("proband-marked");
    tip.textContent = takeTitle(mark);
    tip.hidden = false;
    const at = mark.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(Math.max(4, at.left + at.width / 2 - width / 2), innerWidth - width - 4);
    const above = at.top - height - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 4 ? above : Math.min(at.bottom + 6, innerHeight - height - 4)}px`;
  };

  const point = (event: PointerEvent) => {
    const target = event.target as Element;
    const figure = target.closest?.("svg.proband-figure");
    const mark = figure && (marked(target, figure) ?? nearest(figure, event));
    if (mark) show(mark);
    else hide();
  };
  document.addEventListener("pointermove", point);
  document.addEventListener("pointerdown", point);
  // The arrow keys go on from the mark that was scrolled away from, not from the first again.
  document.addEventListener("scroll", cover, { capture: true, passive: true });
  document.addEventListener("focusin", (event) => {
    if (!(event.target as Element).closest("svg.proband-figure")) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hide();
    const figure = (event.target as Element).closest?.("svg.proband-figure");
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!figure || !step) return;
    const marks = marksOf(figure);
    if (!marks.length) return;
    event.preventDefault();
    const now = shown ? marks.indexOf(shown) : -1;
    show(marks[now < 0 ? (step > 0 ? 0 : marks.length - 1) : (now + step + marks.length) % marks.length]!);
  });
  const focusable = () => {
    for (const figure of document.querySelectorAll("svg.proband-figure:not([tabindex])"))
      if (marksOf(figure).length) figure.setAttribute("tabindex", "0");
  };
  focusable();
  // Figures come with outputs that are computed again.
  new MutationObserver(focusable).observe(document.body, { childList: true, subtree: true });
}

const isMark = (element: Element): boolean =>
  element.hasAttribute("data-tip") || [...element.children].some((c) => c.localName === "title");

/** The mark that an element of a figure is or belongs to; the figure's own title is no mark's. */
function marked(element: Element, figure: Element): Element | undefined {
  for (let e: Element | null = element; e && e !== figure; e = e.parentElement) if (isMark(e)) return e;
  return undefined;
}

const marksOf = (figure: Element): Element[] => [...figure.querySelectorAll("*")].filter((e) => isMark(e) && drawn(e));

/** Groups may have titles too; only what is drawn has a place. */
const drawn = (element: Element): boolean => element.localName !== "svg" && element.localName !== "g";

/** The small mark nearest to the pointer: a dot is hard to hit. */
function nearest(figure: Element, { clientX, clientY }: PointerEvent): Element | undefined {
  let best: Element | undefined;
  let least = near;
  for (const mark of marksOf(figure)) {
    const { left, top, width, height } = mark.getBoundingClientRect();
    if (width > 2 * near || height > 2 * near) continue;
    const distance = Math.hypot(left + width / 2 - clientX, top + height / 2 - clientY);
    if (distance < least) [best, least] = [mark, distance];
  }
  return best;
}

/** What a mark says. Its title becomes a label, or the browser would show it a second time. */
function takeTitle(mark: Element): string {
  const title = [...mark.children].find((c) => c.localName === "title");
  if (title) {
    const text = title.textContent ?? "";
    title.remove();
    mark.setAttribute("data-tip", text);
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", text);
  }
  return mark.getAttribute("data-tip") ?? "";
}
