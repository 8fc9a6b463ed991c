/// <reference lib="dom" />
/**
 * The script of an HTML export, which adds to a page that is whole without it: tips on the marks of figures, and plots that
 * are brushed and zoomed from the state saved with the notebook. It runs nothing of the notebook's.
 */
import { inflate } from "./inflate.js";
import type { Bundle } from "./live.js";
import { installTips } from "./tips.js";

installTips();
void livePlots();

/** Puts live views where plots stand whose state is in the page; where that fails the pictures stay. */
async function livePlots(): Promise<void> {
  const state = document.getElementById("proband-widget-state")?.textContent;
  if (!state) return;
  const script = document.createElement("script");
  script.src = URL.createObjectURL(new Blob([await inflate("proband-widgets")], { type: "text/javascript" }));
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  const { probandWidgets } = globalThis as unknown as { probandWidgets: Bundle };
  // Nobody listens behind this page: what a view tells its model stays in the page.
  const widgets = probandWidgets.create({ post: () => undefined, render: () => undefined });
  await widgets.restore(JSON.parse(state) as object);
  for (const place of document.querySelectorAll<HTMLElement>("[data-proband-model]")) {
    const live = document.createElement("div");
    live.className = "proband-live";
    place.before(live);
    await widgets.show(place.dataset["probandModel"]!, live).then(
      () => {
        place.classList.add("proband-static");
        place.hidden = true;
      },
      () => live.remove(),
    );
  }
}
