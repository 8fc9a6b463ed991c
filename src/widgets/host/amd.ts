/** The same classes as an AMD module, which VS Code and pages with require.js load by name. */
import type * as Base from "@jupyter-widgets/base";
import { hostClasses } from "./index.js";

declare const define: (dependencies: string[], factory: (base: typeof Base) => unknown) => void;
define(["@jupyter-widgets/base"], (base) => hostClasses(base));
