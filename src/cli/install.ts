// proband install | list | uninstall: makes the kernel known to Jupyter, with the front end that widgets need.
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InvalidArgumentError, Option, type Command } from "commander";
import {
  dataFolders,
  installedIn,
  installKernelspec,
  kernelName,
  prefixDataFolder,
  sysPrefix,
  uninstallKernelspec,
  userDataFolder,
} from "../kernel/kernelspec.js";
import { packageRoot } from "../kernel/package-root.js";
import { labextensions } from "../widgets/node/labextension.js";

interface Where {
  user?: boolean;
  prefix?: string;
  sysPrefix?: boolean;
}

interface InstallOptions extends Where {
  name: string;
  displayName?: string;
  memory?: number;
  labextension: boolean;
}

function where(command: Command): Command {
  return command
    .addOption(new Option("--user", "for this user (default)").conflicts(["prefix", "sysPrefix"]))
    .addOption(
      new Option("--prefix <dir>", "into DIR/share/jupyter, as Python environments have it").conflicts("sysPrefix"),
    )
    .option("--sys-prefix", "into the active Python environment (venv, conda)");
}

function dataFolder(options: Where): string {
  if (options.prefix !== undefined) return prefixDataFolder(resolve(options.prefix));
  return options.sysPrefix ? prefixDataFolder(sysPrefix()) : userDataFolder();
}

export function register(program: Command): void {
  where(program.command("install"))
    .description("install the Jupyter kernel and the front end of its widgets")
    .option("--name <name>", "name of the kernelspec", kernelName)
    .option("--display-name <text>", "name shown in the launcher (default: TypeScript (Proband))")
    .option("--memory <MB>", "heap limit of a kernel (default: Node's)", megabytes)
    .option("--no-labextension", "the kernel only, without the widgets' front end")
    .action(install);
  program.command("list").description("list installed Proband kernels").action(list);
  where(program.command("uninstall"))
    .description("remove the Jupyter kernel")
    .option("--name <name>", "name of the kernelspec", kernelName)
    .action(uninstall);
}

function megabytes(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 128)
    throw new InvalidArgumentError("expected megabytes, 128 or more, for example 8192");
  return n;
}

function install(options: InstallOptions): void {
  const target = dataFolder(options);
  const folder = installKernelspec(target, {
    name: options.name,
    ...(options.displayName ? { displayName: options.displayName } : {}),
    ...(options.memory ? { memory: options.memory } : {}),
  });
  console.log(`Installed the kernel in ${folder}`);
  if (options.labextension)
    for (const extension of labextensions()) {
      const to = join(target, "labextensions", extension.name);
      if (extension.onlyIfAbsent && isPresent(extension.name, target)) continue;
      rmSync(to, { recursive: true, force: true });
      mkdirSync(dirname(to), { recursive: true });
      cpSync(extension.folder, to, { recursive: true });
      console.log(`Installed the front end ${extension.name} in ${to}`);
    }
  if (/[\\/]_npx[\\/]/.test(packageRoot()))
    console.log(
      "This copy of Proband lies in npx's cache, which npm may clear. For a kernel that stays: npm install --global proband",
    );
  console.log(`Choose "${options.displayName ?? "TypeScript (Proband)"}" in JupyterLab's launcher.`);
}

/** Whether Jupyter finds the extension in this folder or in any other it looks in. */
const isPresent = (name: string, target: string): boolean =>
  [target, ...dataFolders()].some((d) => existsSync(join(d, "labextensions", name, "package.json")));

function list(): void {
  const found = dataFolders().flatMap(installedIn);
  if (!found.length) {
    console.log("No Proband kernel is installed. To install one: proband install");
    return;
  }
  for (const k of found)
    console.log(`${k.name}  ${k.displayName}  ${k.version}  ${k.folder}${k.problem ? `\n  ${k.problem}` : ""}`);
}

function uninstall(options: Where & { name: string }): void {
  const target = dataFolder(options);
  const folder = uninstallKernelspec(target, options.name);
  if (!folder) {
    console.error(
      `No Proband kernel named ${options.name} in ${join(target, "kernels")}. "proband list" shows where they are.`,
    );
    process.exitCode = 1;
    return;
  }
  // Jupyter's own widget manager stays: other kernels may use it.
  for (const extension of labextensions().filter((e) => !e.onlyIfAbsent))
    rmSync(join(target, "labextensions", extension.name), { recursive: true, force: true });
  console.log(`Removed ${folder}`);
}
