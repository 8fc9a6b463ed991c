// The offline class kit: this package with its installed dependencies, as one archive that runs after unpacking.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";

const start = `# Proband, class kit

Needs Node 20 or newer, and nothing from the network.

    node proband/dist/cli/main.js replicate anes96      the study, in the terminal
    node proband/dist/cli/main.js install --user        the kernel, for JupyterLab on this machine
    jupyter lab proband/notebooks                       the notebooks
`;

interface Manifest {
  name: string;
  files?: string[];
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
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
export async function packClassKit(packageFolder: string, output: string): Promise<{ bytes: number; files: number }> {
  const stage = await mkdtemp(join(tmpdir(), "proband-kit-"));
  try {
    const target = join(stage, "proband-class-kit", "proband");
    await mkdir(target, { recursive: true });
    const manifest = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as Manifest;
    for (const entry of [...(manifest.files ?? []), "package.json"])
      if (existsSync(join(packageFolder, entry)))
        await cp(join(packageFolder, entry), join(target, entry), { recursive: true });
    await copyDependencies(packageFolder, target);
    // The package finds itself by name from its own notebooks.
    await symlink("..", join(target, "node_modules", "proband"), "junction").catch(() => undefined);
    await writeFile(join(stage, "proband-class-kit", "START.md"), start);
    await new Promise<void>((resolve, reject) => {
      const tar = spawn("tar", ["-czf", output, "-C", stage, "proband-class-kit"], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      tar.on("error", (error) =>
        reject(
          new Error(`tar could not be started (${error.message}); install it, or copy the package's folder by hand`),
        ),
      );
      tar.on("exit", (code) =>
        code === 0 ? resolve() : reject(new Error(`tar ended with ${code}; is there room for ${output}?`)),
      );
    });
    const files = (await readdir(join(stage, "proband-class-kit"), { recursive: true })).length;
    return { bytes: (await stat(output)).size, files };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Copies production dependencies, nested where npm nested them; prebuilt binaries of other platforms stay out. */
async function copyDependencies(packageFolder: string, target: string): Promise<void> {
  const seen = new Set<string>();
  const visit = async (folder: string): Promise<void> => {
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
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
