// Finetuning on Node: with folders, the native engine and environment variables attached.
import "../../provider/node/index.js";

export * from "../index.js";
export { adopt } from "./adopt.js";
export type { AdoptOptions } from "./adopt.js";
