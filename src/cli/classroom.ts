// proband classroom: student versions, an nbgrader course that knows TypeScript, and a class kit for a room without network.
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { readNotebook, writeNotebook } from "../notebook/nbformat.js";
import { codeStub, studentVersion } from "../notebook/student.js";

const packageFolder = fileURLToPath(new URL("../../", import.meta.url));

export function register(program: Command): void {
  const classroom = program.command("classroom").description("student versions, autograding and an offline class kit");
  classroom
    .command("release")
    .description(
      "make the students' version of an instructor's notebook: solutions replaced, hidden tests kept aside, outputs cleared",
    )
    .argument("<notebooks...>")
    .option("-o, --output <folder>", "where to write", "release")
    .action(release);
  classroom
    .command("init")
    .description("make an nbgrader course folder whose configuration knows TypeScript")
    .argument("[folder]", "where", "course")
    .option("--id <name>", "course id", "proband")
    .action(init);
  classroom
    .command("pack")
    .description(
      "one archive with the package, its dependencies, the built-in model, data and notebooks, for laptops without network",
    )
    .option("-o, --output <file>", "archive to write", "proband-class-kit.tar.gz")
    .option("--jupyterlab [python]", "with JupyterLab's wheels, fetched by this Python's pip (default: python3)")
    .action(async (options: { output: string; jupyterlab?: string | true }) => {
      const { packClassKit } = await import("../notebook/class-kit.js");
      const python = options.jupyterlab === true ? "python3" : options.jupyterlab;
      const { bytes, files } = await packClassKit(packageFolder, resolve(options.output), python ? { python } : {});
      console.log(
        `${options.output}: ${files} files, ${(bytes / 1e6).toFixed(0)} MB. On each laptop (same system and processor as this one, Node 20 or newer): unpack it and follow its START.md; nothing is fetched.`,
      );
    });
}

async function release(notebooks: string[], options: { output: string }): Promise<void> {
  await mkdir(options.output, { recursive: true });
  // All are read and cut before any is written, so that an error leaves nothing half-released.
  const made = await Promise.all(
    notebooks.map(async (path) => ({ path, ...studentVersion(await readNotebook(path), path) })),
  );
  for (const { path, notebook, hidden, solutions } of made) {
    const target = join(options.output, basename(path));
    if (resolve(target) === resolve(path))
      throw new Error(`${path} would be overwritten by its student version; choose another --output folder`);
    await writeNotebook(target, notebook);
    const tests = Object.keys(hidden).length;
    // Beside the source, not in the folder that students get.
    if (tests)
      await writeFile(
        `${path.slice(0, -extname(path).length)}.hidden-tests.json`,
        JSON.stringify(hidden, null, 2) + "\n",
      );
    console.log(`${target}: ${solutions} solutions replaced, ${tests} hidden tests kept aside`);
  }
}

async function init(folder: string, options: { id: string }): Promise<void> {
  const config = join(folder, "nbgrader_config.py");
  if (existsSync(config)) throw new Error(`${config} exists; remove it first, or choose another folder`);
  await mkdir(join(folder, "source"), { recursive: true });
  await writeFile(config, nbgraderConfig(options.id));
  const teaching = join(packageFolder, "notebooks", "teaching");
  const copied: string[] = [];
  if (existsSync(teaching))
    for (const file of (await readdir(teaching)).filter((f) => f.endsWith(".ipynb"))) {
      const assignment = basename(file, ".ipynb");
      await mkdir(join(folder, "source", assignment), { recursive: true });
      await cp(join(teaching, file), join(folder, "source", assignment, file));
      copied.push(assignment);
    }
  console.log(
    `${config} written${copied.length ? `, with ${copied.join(", ")} under ${join(folder, "source")}` : ""}.`,
  );
  console.log(`Next, in ${folder}: nbgrader generate_assignment ${copied[0] ?? "NAME"}`);
}

/** nbgrader's configuration: it has no stub for TypeScript of its own and refuses to clear solutions without one. */
export function nbgraderConfig(courseId: string): string {
  return `# nbgrader for TypeScript notebooks (Proband). See https://nbgrader.readthedocs.io
c = get_config()  # noqa: F821 (given by nbgrader)
c.CourseDirectory.course_id = ${JSON.stringify(courseId)}
c.ClearSolutions.code_stub = {
    "typescript": ${JSON.stringify(codeStub)},
    "python": "# YOUR CODE HERE\\nraise NotImplementedError()",
}
# Finetuning and simulating take longer than nbgrader's 30 seconds.
c.ExecutePreprocessor.timeout = 600
c.ExecutePreprocessor.allow_errors = True
`;
}
