// In Node the CommonJS build of cephes is taken: its WebAssembly is compiled at once, while the ES module's compiles
// later and is unusable until then. package.json's `imports` chooses (#cephes); a browser gets the ES module.
import { createRequire } from "node:module";
import type { Cephes } from "../cephes.js";

export default createRequire(import.meta.url)("cephes") as Cephes;
