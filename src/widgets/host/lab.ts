/**
 * The labextension's container: what JupyterLab's module federation expects of a remote entry, by hand and in a
 * few lines, so that building it needs neither JupyterLab's builder nor webpack.
 */
import type * as Base from "@jupyter-widgets/base";
import { hostClasses, hostModule, hostPackageVersion } from "./index.js";

type Shared = Record<string, Record<string, { get(): Promise<() => unknown> | (() => unknown) }>>;
let share: Shared | undefined;

async function shared<T>(name: string): Promise<T> {
  const versions = share?.[name];
  if (!versions)
    throw new Error(`${hostModule}: JupyterLab shares no ${name}; run "proband install" to add its widget manager`);
  const newest = Object.keys(versions)
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
    .at(-1)!;
  return ((await versions[newest]!.get()) as () => T)();
}

const container = {
  init(scope: Shared) {
    share = scope;
  },
  async get() {
    const base = await shared<typeof Base>("@jupyter-widgets/base");
    const plugin = {
      id: `${hostModule}:plugin`,
      requires: [base.IJupyterWidgetRegistry],
      autoStart: true,
      activate(_app: unknown, registry: Base.IJupyterWidgetRegistry) {
        registry.registerWidget({ name: hostModule, version: hostPackageVersion, exports: hostClasses(base) as never });
      },
    };
    return () => ({ __esModule: true, default: plugin });
  },
};

const page = globalThis as unknown as { _JUPYTERLAB?: Record<string, unknown> };
(page._JUPYTERLAB ??= {})[hostModule] = container;
