// Widgets: controls, layouts, a host for anywidget modules, plots under the hand, panels for every step, progress.
export { Widget } from "./widget.js";
export type { CustomHandler, ModelSpec, Observer } from "./widget.js";
export {
  checkbox,
  colorPicker,
  datePicker,
  html,
  image,
  label,
  number,
  play,
  rangeSlider,
  slider,
  text,
  textarea,
  toggle,
} from "./controls.js";
export { button, ClickButton } from "./button.js";
export {
  dropdown,
  MultipleSelection,
  radio,
  select,
  Selection,
  selectionRangeSlider,
  selectionSlider,
  selectMultiple,
  toggleButtons,
} from "./selection.js";
export type { Options } from "./selection.js";
export { accordion, column, grid, row, stack, tabs } from "./layout.js";
export { follow, jsdlink, jslink, link } from "./link.js";
export { interact } from "./interact.js";
export type { Abbreviation, Interactive } from "./interact.js";
export { output, OutputArea } from "./output.js";
export { upload, Upload } from "./upload.js";
export type { UploadedFile } from "./upload.js";
export { anywidget, AnyWidget } from "./anywidget.js";
export type { AfmModel, AnyWidgetOptions, Render } from "./anywidget.js";
export { linkBrushes, plotView, PlotView } from "./plot/view.js";
export type { Ids, PlotViewOptions } from "./plot/view.js";
export type { Brush, BrushKind, MarkSpec, PlotSpec } from "./plot/spec.js";
export type { PlotData } from "./plot/data.js";
export { ProgressBar, showProgress } from "./progress.js";
// A panel for every step.
export { Panel } from "./panels/panel.js";
export type { PanelOptions, Shown } from "./panels/panel.js";
export { exploreSampling } from "./panels/sampling.js";
export { exploreAlignment } from "./panels/alignment.js";
export { exploreRegression } from "./panels/regression.js";
export { watchFinetuning, watchSimulation } from "./panels/watch.js";
export type { Watching } from "./panels/watch.js";
// All models of @jupyter-widgets/schema, as classes.
export * as models from "./generated/barrel.js";
export { liveWidgets, widgetState } from "./registry.js";
