// The offline class kit: this package with its installed dependencies, as one archive that runs after unpacking.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";

/** What a student reads first. */
const start = (wheels: boolean) => `# Proband, class kit

Needs Node 20 or newer (\`node --version\`), and nothing from the network.${wheels ? " JupyterLab is in the folder wheels; it needs Python 3.9 or newer, as on the machine where this was packed." : ""}
Type these in a terminal, in the folder where this file lies:

${
  wheels
    ? `    python3 -m venv jupyter
    jupyter/bin/pip install --no-index --find-links wheels jupyterlab
    node proband/dist/cli/main.js install --prefix jupyter
    jupyter/bin/jupyter lab proband/notebooks           opens the notebooks; start with 00-quickstart

(On Windows: \`jupyter\\Scripts\` in place of \`jupyter/bin\`.)
`
    : `    node proband/dist/cli/main.js install --user        the kernel, for the JupyterLab on this machine
    jupyter lab proband/notebooks                       opens the notebooks; start with 00-quickstart
`
}
Without JupyterLab, in the terminal:

    node proband/dist/cli/main.js replicate anes96
    node proband/dist/cli/main.js run proband/notebooks/00-quickstart.ipynb -o quickstart.ipynb
    node proband/dist/cli/main.js export quickstart.ipynb --to html
`;

export interface ClassKitOptions {
  /** A Python whose pip fetches JupyterLab's wheels for this kind of machine into the kit (default: none). */
  python?: string;
}

interface Manifest {
  name: string;
  files?: string[];
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** Folder of an installed package as seen from another's folder, or undefined (an optional one of another platform). */
function folderOf(name: string, from: string): string | undefined {
  for (const base of createRequire(join(from, "package.json")).resolve.paths(name) ?? []) {
    const folder = join(base, name);
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return undefined;
}

/** Writes the archive with the system's tar (present on Linux, macOS and Windows 10 and newer). */
export async function packClassKit(
  packageFolder: string,
  output: string,
  { python }: ClassKitOptions = {},
): Promise<{ bytes: number; files: number }> {
  const stage = await mkdtemp(join(tmpdir(), "proband-kit-"));
  try {
    const target = join(stage, "proband-class-kit", "proband");
    await mkdir(target, { recursive: true });
    const manifest = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as Manifest;
    for (const entry of [...(manifest.files ?? []), "package.json"])
      if (existsSync(join(packageFolder, entry)))
        await cp(join(packageFolder, entry), join(target, entry), { recursive: true, filter: (path) => !isOwn(path) });
    await copyDependencies(packageFolder, target);
    const files = (await readdir(join(stage, "proband-class-kit"), { recursive: true })).length;
    // The package finds itself by name from its own notebooks.
    await symlink("..", join(target, "node_modules", "proband"), "junction").catch(() => undefined);
    if (python)
      await command(
        python,
        ["-m", "pip", "download", "--quiet", "--dest", join(stage, "proband-class-kit", "wheels"), "jupyterlab"],
        `pip could not fetch JupyterLab; try: ${python} -m pip download jupyterlab`,
      );
    await writeFile(join(stage, "proband-class-kit", "START.md"), start(python !== undefined));
    await command(
      "tar",
      ["-czf", output, "-C", stage, "proband-class-kit"],
      `install tar, or make room for ${output}; or copy the package's folder by hand`,
    );
    return { bytes: (await stat(output)).size, files };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** What the packer's own runs left among the notebooks: models, answers, executed copies, outputs. */
const isOwn = (path: string): boolean =>
  /[\\/](\.proband|own-data|\.ipynb_checkpoints)([\\/]|$)|\.(run|clean)\.ipynb$|\.(html|pdf)$/.test(
    path.slice(path.lastIndexOf(`${sep}notebooks${sep}`)),
  ) && path.includes(`${sep}notebooks${sep}`);

function command(program: string, args: string[], advice: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", (error) => reject(new Error(`${program} could not be started (${error.message}): ${advice}`)));
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}: ${advice}`)),
    );
  });
}

/** Copies production dependencies and those optional peers that are installed (notebooks use danfojs), nested where npm nested them; prebuilt binaries of other platforms stay out. */
async function copyDependencies(packageFolder: string, target: string): Promise<void> {
  const seen = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
    for (const name of Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...(folder === packageFolder ? manifest.peerDependencies : {}),
    })) {
      const found = folderOf(name, folder);
      if (!found || seen.has(found)) continue;
      seen.add(found);
      const place = found.slice(found.lastIndexOf(`${sep}node_modules${sep}`, found.length - name.length - 1) + 1);
      const relative = found.startsWith(packageFolder) ? found.slice(packageFolder.length) : place;
      const to = join(target, relative);
      await mkdir(dirname(to), { recursive: true });
      await cp(found, to, {
        recursive: true,
        filter: (path) => !otherPlatform(path) && !path.slice(found.length + 1).startsWith("node_modules"),
      });
      await visit(found);
    }
  };
  await visit(packageFolder);
}

const platforms = ["linux", "darwin", "win32"];

function otherPlatform(path: string): boolean {
  const parts = path.split(sep);
  const at = parts.findIndex((p) => /^napi-v\d+$/.test(p));
  return (
    at >= 0 &&
    parts.length > at + 1 &&
    platforms.includes(parts[at + 1]!) &&
    (parts[at + 1] !== process.platform || (parts[at + 2] !== undefined && parts[at + 2] !== process.arch))
  );
}
