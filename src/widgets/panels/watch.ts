/** `finetuning.watch` and `simulation.watch`: long work with its picture, as it goes on. */
import { run as finetune } from "../../finetuning/index.js";
import type { FinetunedModel, FinetuningOptions } from "../../finetuning/index.js";
import { run as simulate } from "../../simulation/index.js";
import type { SimulationOptions, SimulationRun } from "../../simulation/index.js";
import type { OnProgress, ProgressEvent, Respondents, Simulated } from "../../study/index.js";
import { beliefDistributions } from "../../figures/beliefs.js";
import type { BeliefOptions } from "../../figures/beliefs.js";
import { figureOf } from "../../figures/displays.js";
import { trainingCurves } from "../../figures/training.js";
import type { TrainingRow } from "../../figures/training.js";
import { button } from "../button.js";
import { slider } from "../controls.js";
import { html } from "../controls.js";
import { VBox } from "../generated/barrel.js";
import { ProgressBar } from "../progress.js";
import { hasFrontEnd } from "../registry.js";
import type { Widget } from "../widget.js";
import { asCode, Panel } from "./panel.js";
import type { Shown } from "./panel.js";

export interface Watching<V extends object, T> extends Panel<V, T> {
  /** What the run under way (or the last one) returns; rejects as it does. */
  readonly finished: Promise<T>;
}

export interface WatchFinetuning {
  epochs: number;
  seed: number;
}

/**
 * Finetunes with the loss drawn as it falls, time left, and a button to stop; other epochs and seeds are a slider and
 * a button away. `await panel.finished` is what `finetuning.run` returns.
 */
export function watchFinetuning(
  pilot: Respondents,
  options: FinetuningOptions & { name?: string } = {},
): Watching<WatchFinetuning, FinetunedModel> {
  const { name = "pilot", ...given } = options;
  const live = html("");
  const call = (v: WatchFinetuning) => ({ ...plain(given), seed: v.seed, ...(v.epochs ? { epochs: v.epochs } : {}) });
  return watch<WatchFinetuning, FinetunedModel>({
    title: `Finetuning on ${pilot.n} respondents of ${pilot.codebook.name}`,
    controls: {
      epochs: slider({ description: "epochs", min: 0, max: 60, value: given.epochs ?? 0 }),
      seed: slider({ description: "seed", min: 1, max: 50, value: given.seed ?? 1 }),
    },
    note: "epochs 0: as many as the base model recommends",
    live,
    stopped: "Stopped: nothing was learned. “Run again” begins anew.",
    async run(values, signal, onProgress) {
      const rows: TrainingRow[] = [];
      let drawn = 0;
      const value = await finetune(pilot, {
        ...given,
        ...call(values),
        signal,
        onProgress(event) {
          onProgress(event);
          const { metrics } = event;
          if (metrics?.["loss"] !== undefined)
            rows.push({ step: event.done, loss: metrics["loss"], series: "training" });
          const validation = metrics?.["validation loss"];
          if (validation !== undefined) rows.push({ step: event.done, loss: validation, series: "validation" });
          if (rows.length < 2 || performance.now() - drawn < 250) return;
          drawn = performance.now();
          live.value = trainingCurves(rows, { n: pilot.n }).outerHTML;
        },
      });
      live.value = "";
      const figure = figureOf(value);
      return { value, table: value, text: value.id, ...(figure ? { figures: [figure] } : {}) };
    },
    code: (v) => `const model = await finetuning.run(${name}, ${asCode(call(v))});`,
  });
}

/** A picture every second is as often as a reader can look, and costs the work little. */
const liveEveryMs = 1000;

/** What the simulated believe, beside the people where they were asked too. */
function believed(people: Respondents, silico: Simulated, options: BeliefOptions = {}): SVGSVGElement {
  const asked = people.items("belief").some((i) => someone(people, i.name));
  return beliefDistributions(asked ? [people, silico] : [silico], options);
}

const someone = (of: Respondents, item: string) => of.column(item).some((v) => v !== null);

export interface WatchSimulation {
  seed: number;
}

/** Simulates with progress, time left, cost and a button to stop (what is answered stays in the ledger), then shows what was answered. */
export function watchSimulation(
  people: Respondents,
  options: SimulationOptions & { names?: readonly [people: string, model: string] },
): Watching<WatchSimulation, SimulationRun> {
  const { names = ["rest", "model"], ...given } = options;
  const live = html("");
  const { model, ...shown } = plain(given) as { model: unknown };
  void model;
  return watch<WatchSimulation, SimulationRun>({
    title: `Simulating ${people.n} respondents of ${people.codebook.name}`,
    controls: { seed: slider({ description: "seed", min: 1, max: 50, value: given.seed ?? 1 }) },
    live,
    stopped: "Stopped. What was answered is kept: “Run again” asks only the rest.",
    async run(values, signal, onProgress) {
      let drawn = performance.now();
      const value = await simulate(people, {
        ...given,
        seed: values.seed,
        signal,
        onProgress,
        onAnswer(soFar) {
          given.onAnswer?.(soFar);
          if (!hasFrontEnd() || performance.now() - drawn < liveEveryMs) return;
          const silico = soFar();
          const asked = people.items("belief").filter((i) => silico.has(i.name) && someone(silico, i.name));
          if (asked.length) live.value = believed(people, silico, { items: asked.map((i) => i.name) }).outerHTML;
          drawn = performance.now();
        },
      });
      live.value = "";
      const beliefs = value.items("belief").length > 0;
      return { value, table: value.report, ...(beliefs ? { figures: [believed(people, value)] } : {}) };
    },
    code: (v) => {
      const rest = asCode({ ...shown, seed: v.seed }).slice(2);
      const modelCode =
        typeof given.model === "string"
          ? `model: ${JSON.stringify(given.model)}`
          : names[1] === "model"
            ? "model"
            : `model: ${names[1]}`;
      return `const silico = await simulation.run(${names[0]}, { ${modelCode}, ${rest});`;
    },
  });
}

interface WatchOptions<V extends object, T> {
  title: string;
  controls: { [K in keyof V]: Widget<any> };
  note?: string;
  live: Widget<any>;
  /** What is said when the reader has stopped it. */
  stopped: string;
  run(values: V, signal: AbortSignal, onProgress: OnProgress): Promise<Shown<T>>;
  code(values: V): string;
}

/** A panel whose work is long: it starts when made, and again at a button; stopping is a button too. */
function watch<V extends object, T>(options: WatchOptions<V, T>): Watching<V, T> {
  const place = new VBox();
  let stop = new AbortController();
  let stopped = false;
  let finished: Promise<T> = Promise.reject(new Error("not started"));
  finished.catch(() => {});
  const again = button("Run again", undefined, { icon: "play", disabled: true });
  const panel = new Panel<V, T>({
    title: options.title,
    controls: options.controls,
    live: false,
    extra: [...(options.note ? [html(`<small>${options.note}</small>`)] : []), again, place, options.live],
    compute(values) {
      stop = new AbortController();
      stopped = false;
      options.live.set({ value: "" });
      again.set({ disabled: true });
      let bar: ProgressBar | undefined;
      const onProgress = (event: ProgressEvent) => {
        const cancel = () => {
          stopped = true;
          if (event.cancel) event.cancel();
          else stop.abort(new Error("stopped by the reader"));
        };
        const stoppable = { ...event, cancel };
        if (bar) bar.update(stoppable);
        else {
          bar = new ProgressBar(stoppable);
          place.set({ children: [bar as never] });
        }
      };
      const work = options.run(values, stop.signal, onProgress);
      finished = work.then((s) => s.value);
      finished.catch(() => {}); // the panel shows it; whoever awaits `finished` gets it too
      return work.finally(() => again.set({ disabled: false }));
    },
    code: options.code,
    excuse: () => (stopped ? options.stopped : undefined),
  });
  again.onClick(() => void panel.refresh());
  void panel.refresh();
  Object.defineProperty(panel, "finished", { get: () => finished });
  return panel as Watching<V, T>;
}

/** Options that can be written in code. */
function plain(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).filter(([, v]) => ["string", "number", "boolean"].includes(typeof v)),
  );
}
