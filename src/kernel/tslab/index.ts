/**
 * tslab's module under its own name, so that notebooks written for it run unchanged: `import * as tslab from "tslab"`
 * finds this, and `require("tslab")` the same (session/imports.ts).
 */
import { createTslab } from "./api.js";

export const { versions, display, newDisplay } = createTslab();
export type { Display, Versions } from "./api.js";
