#!/usr/bin/env node
// The command line: one file a subcommand, loaded only when it is asked for, so that `proband --help` is instant
// and the kernel's start pays for nothing it does not use.
import { readFileSync } from "node:fs";
import { Command } from "commander";

/** Name, one-line description, and where its `register(program)` lives. */
const subcommands: [name: string, description: string, load: () => Promise<{ register(program: Command): void }>][] = [
  [
    "replicate",
    "run the whole study: sample, finetune, simulate, compare, recover, report",
    () => import("./replicate.js"),
  ],
  ["init", "draft a codebook from your own data file", () => import("./init.js")],
  ["run", "execute a notebook headlessly through the kernel", () => import("./run.js")],
  ["install", "install the Jupyter kernel (also: list, uninstall)", () => import("./install.js")],
  ["list", "list installed Proband kernels", () => import("./install.js")],
  ["uninstall", "remove the Jupyter kernel", () => import("./install.js")],
  ["serve", "offer the embedded engine as an OpenAI-shaped server on loopback", () => import("./serve.js")],
  ["ledger", "list, verify, export and merge answer ledgers", () => import("./ledger.js")],
  ["learning-curve", "how alignment grows with the number of people finetuned on", () => import("./learning-curve.js")],
  ["export", "publish a notebook: html, appendix, ipynb or pdf", () => import("./export.js")],
  ["classroom", "student versions, autograding and an offline class kit", () => import("./classroom.js")],
];

const version = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

async function main(argv: string[]): Promise<void> {
  const program = new Command("proband")
    .description("Find out how far a language model, finetuned on a few participants, can stand in for the rest.")
    .version(version)
    .showHelpAfterError("(proband --help lists the commands)");
  const asked = argv[0] === "help" ? argv[1] : argv[0];
  const chosen = subcommands.find(([name]) => name === asked);
  if (chosen) (await chosen[2]()).register(program);
  else
    for (const [name, description] of subcommands)
      program.command(name).description(description).allowUnknownOption().allowExcessArguments();
  await program.parseAsync(argv, { from: "user" });
  if (!argv.length) program.help();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // A user's mistake gets its message; the stack is for those who ask for it.
  console.error(
    error instanceof Error ? (process.env["PROBAND_DEBUG"] ? error.stack : `proband: ${error.message}`) : error,
  );
  process.exitCode = 1;
});
