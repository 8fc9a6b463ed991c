/** The kernelspec: how Jupyter starts the kernel, and where Jupyter looks for it. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { packageRoot, version } from "./package-root.js";

export const kernelName = "proband";

/** Node's options that the kernel relies on; see docs/kernel.md. */
export const nodeFlags = ["--experimental-import-meta-resolve", "--no-force-async-hooks-checks", "--no-warnings"];

export interface KernelspecOptions {
  /** Heap limit of a kernel in MB (default: Node's own, which depends on the machine's memory). */
  memory?: number;
  displayName?: string;
}

/** The command that starts a kernel, with "{connection_file}" where Jupyter puts the file's path. */
export function kernelCommand(options: KernelspecOptions = {}): string[] {
  return [
    process.execPath,
    ...nodeFlags,
    ...(options.memory ? [`--max-old-space-size=${options.memory}`] : []),
    join(packageRoot(), "dist", "bundle", "kernel", "main.cjs"),
    "{connection_file}",
  ];
}

export function kernelspec(options: KernelspecOptions = {}): Record<string, unknown> {
  return {
    argv: kernelCommand(options),
    display_name: options.displayName ?? "TypeScript (Proband)",
    language: "typescript",
    interrupt_mode: "message",
    kernel_protocol_version: "5.5",
    metadata: { debugger: true, proband: { version: version() } },
    env: {},
  };
}

/** Jupyter's data folder of the user (jupyter_core's `jupyter_data_dir`). */
export function userDataFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR;
  if (platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (platform === "win32") return join(env.APPDATA ?? join(homedir(), "AppData", "Roaming"), "jupyter");
  return join(env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "jupyter");
}

export const prefixDataFolder = (prefix: string): string => join(prefix, "share", "jupyter");

/** The environment's prefix: of the active virtual or conda environment, else of the Python on the path. */
export function sysPrefix(): string {
  const active = process.env.VIRTUAL_ENV ?? process.env.CONDA_PREFIX;
  if (active) return active;
  for (const python of ["python3", "python"]) {
    const result = spawnSync(python, ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8" });
    if (result.status === 0) return result.stdout.trim();
  }
  throw new Error(
    "--sys-prefix needs an active Python environment, or python3 on the path; use --prefix DIR or --user",
  );
}

/** Every folder where Jupyter may look, for `proband list`. */
export function dataFolders(): string[] {
  const folders = [userDataFolder(), ...(process.env.JUPYTER_PATH ?? "").split(delimiter).filter(Boolean)];
  try {
    folders.push(prefixDataFolder(sysPrefix()));
  } catch {
    // no Python: no environment to look in
  }
  if (process.platform === "win32") folders.push(join(process.env.PROGRAMDATA ?? "C:\\ProgramData", "jupyter"));
  else folders.push("/usr/local/share/jupyter", "/usr/share/jupyter");
  return [...new Set(folders)];
}

/** Writes the kernelspec into a data folder and returns where. An earlier one of the same name is replaced. */
export function installKernelspec(dataFolder: string, options: KernelspecOptions & { name?: string } = {}): string {
  const folder = join(dataFolder, "kernels", options.name ?? kernelName);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "kernel.json"), `${JSON.stringify(kernelspec(options), null, 2)}\n`);
  const setup = join(packageRoot(), "kernel-setup");
  for (const file of readdirSync(setup)) if (/^logo-/.test(file)) cpSync(join(setup, file), join(folder, file));
  return folder;
}

export interface InstalledKernel {
  name: string;
  folder: string;
  displayName: string;
  version: string;
  /** What is wrong with it, if its Node or its files are gone. */
  problem?: string;
}

/** The kernels of this package that a data folder holds. */
export function installedIn(dataFolder: string): InstalledKernel[] {
  const kernels = join(dataFolder, "kernels");
  if (!existsSync(kernels)) return [];
  return readdirSync(kernels).flatMap((name) => {
    const folder = join(kernels, name);
    try {
      const spec = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8"));
      if (!spec.metadata?.proband) return [];
      const missing = [spec.argv[0], spec.argv.at(-2)].find((p: string) => !existsSync(p));
      return [
        {
          name,
          folder,
          displayName: spec.display_name,
          version: spec.metadata.proband.version,
          ...(missing ? { problem: `${missing} is gone: run "proband install" again` } : {}),
        },
      ];
    } catch {
      return [];
    }
  });
}

export function uninstallKernelspec(dataFolder: string, name = kernelName): string | undefined {
  const found = installedIn(dataFolder).find((k) => k.name === name);
  if (!found) return undefined;
  rmSync(found.folder, { recursive: true });
  return found.folder;
}
