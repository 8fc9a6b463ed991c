/** The JupyterLab extensions that widgets need, for whoever installs the kernel. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostModule } from "../host/version.js";

export interface Labextension {
  /** Its name, which is also its folder under `share/jupyter/labextensions/`. */
  name: string;
  /** Where it lies, ready to be copied. */
  folder: string;
  /** Leave one that is already installed as it is (Jupyter's own widget manager). */
  onlyIfAbsent: boolean;
}

/** Proband's front end, and Jupyter's widget manager for where there is none. */
export function labextensions(): Labextension[] {
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
  const manager = "@jupyter-widgets/jupyterlab-manager";
  const found = [
    { name: hostModule, folder: join(root, "dist", "labextension", hostModule), onlyIfAbsent: false },
    { name: manager, folder: join(root, "kernel-setup", "labextension", manager), onlyIfAbsent: true },
  ];
  for (const { name, folder } of found)
    if (!existsSync(join(folder, "package.json")))
      throw new Error(`the JupyterLab extension ${name} is missing at ${folder}; run: npm run build`);
  return found;
}

function packageRoot(from: string): string {
  let folder = from;
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json above ${from}`);
    folder = above;
  }
  return folder;
}
