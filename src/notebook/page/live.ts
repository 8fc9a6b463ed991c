/// <reference lib="dom" />
/** Live widgets in the page: their manager is loaded when the first appears; until then, and without it, they are pictures. */
import { inflate } from "./inflate.js";
import type { ManagerHost, PageWidgets } from "./manager.js";
import type { FromWorkerComm } from "./protocol.js";

const viewMime = "application/vnd.jupyter.widget-view+json";

/** What the bundle with the manager puts on the page. */
export interface Bundle {
  create(host: ManagerHost): PageWidgets;
}

export interface LiveWidgets {
  receive(message: FromWorkerComm): void;
  /** The model that a display shows, where it shows one. */
  modelOf(data: Record<string, unknown>): string | undefined;
  /** An element with the live view, and the static form until it is there. */
  view(model: string, fallback: HTMLElement): HTMLElement;
  clear(element: Element): void;
  /** Puts the static forms back: the worker has ended. */
  stop(): void;
}

export function connectWidgets(host: ManagerHost): LiveWidgets {
  let loading: Promise<PageWidgets | undefined> | undefined;
  let ready: PageWidgets | undefined;
  // Models are made before the first display asks for a view.
  const early: FromWorkerComm[] = [];

  const load = () =>
    (loading ??= (async () => {
      if (document.readyState === "complete" && !document.getElementById("proband-widgets")) return undefined;
      const source = await inflate("proband-widgets");
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      const script = document.createElement("script");
      script.src = url;
      await new Promise((resolve, reject) => {
        script.onload = resolve;
        script.onerror = () => reject(new Error("the widgets' part of this page did not start"));
        document.head.append(script);
      });
      URL.revokeObjectURL(url);
      const made = (globalThis as unknown as { probandWidgets: Bundle }).probandWidgets.create(host);
      for (const message of early.splice(0)) made.receive(message);
      return (ready = made);
    })());

  return {
    receive(message) {
      if (ready) ready.receive(message);
      else early.push(message);
    },
    modelOf(data) {
      const view = data[viewMime] as { model_id?: string } | undefined;
      return view?.model_id;
    },
    view(model, fallback) {
      const holder = document.createElement("div");
      const live = document.createElement("div");
      live.className = "proband-live";
      fallback.classList.add("proband-static");
      holder.append(live, fallback);
      load()
        .then(async (manager) => {
          if (!manager || !holder.isConnected) return;
          await manager.show(model, live);
          fallback.hidden = true;
        })
        .catch((error: Error) => {
          live.textContent = `This widget is shown as a picture: ${error.message}`;
        });
      return holder;
    },
    clear: (element) => ready?.clear(element),
    stop() {
      early.length = 0;
      ready?.reset();
      for (const live of document.querySelectorAll(".proband-live")) {
        live.replaceChildren();
        const fallback = live.nextElementSibling as HTMLElement | null;
        if (fallback) fallback.hidden = false;
      }
    },
  };
}
