// The provider on Node: importing it attaches folders, the native engine and environment variables.
import { usePlatform } from "../home.js";
import { nodePlatform } from "./platform.js";

usePlatform(nodePlatform);

export * from "../index.js";
export { closeModels, folderModels, nodePlatform } from "./platform.js";
