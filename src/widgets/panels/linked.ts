/** A figure and its table in one widget: a row that is pointed at or clicked in one is marked in the other. */
import { hostModule, hostVersion } from "../host/version.js";
import { Widget } from "../widget.js";
import type { ModelSpec } from "../widget.js";

export interface LinkedState {
  /** HTML of the figure; drawn elements name their row by `data-row`. */
  figure: string;
  /** HTML of the table; its rows name themselves by `data-row`. */
  table: string;
  /** The row that was clicked, by that name; null when none is. */
  selected: string | null;
  /** What is said of the chosen row. */
  note: string;
}

const linkedModel: ModelSpec = {
  name: "LinkedModel",
  module: hostModule,
  version: hostVersion,
  view: "LinkedView",
  traits: {
    figure: { type: "string", initial: "" },
    table: { type: "string", initial: "" },
    selected: { type: "string", none: true, initial: null },
    note: { type: "string", initial: "" },
    layout: { type: "reference", widget: "Layout" },
    tabbable: { type: "any", initial: null },
    tooltip: { type: "any", initial: null },
    _dom_classes: { type: "array", items: "string", initial: [] },
  },
};

export class Linked extends Widget<LinkedState> {
  constructor() {
    super(linkedModel);
  }

  override toString(): string {
    return "";
  }
}
