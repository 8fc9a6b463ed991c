// Widgets on Node: the same, with static pictures drawn by linkedom and rasterised.
import { hasFonts, toPng } from "../../figures/node/png.js";
import "../../figures/node/index.js";
import { useFiles } from "../anywidget.js";
import { useTerminal } from "../progress.js";
import { showInTerminal } from "../../study/node/index.js";
import { watchSource } from "./files.js";
import { useRasteriser } from "../plot/view.js";

useFiles(watchSource);
// A script at a terminal shows how far it is; elsewhere nobody asked for lines on standard error.
useTerminal(() => (process.stderr.isTTY ? showInTerminal() : () => {}));
useRasteriser((svg) => (hasFonts() ? toPng(svg, { scale: 1.5 }) : undefined));

export * from "../index.js";
export { labextensions } from "./labextension.js";
export type { Labextension } from "./labextension.js";
