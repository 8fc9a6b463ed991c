// proband replicate [study]: the whole study from one command, resumable.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { packageRoot } from "../kernel/package-root.js";
import { fitted, terminalWidth, wrap } from "./print.js";
import { showInTerminal } from "../study/node/index.js";

interface Options {
  n: number;
  seed: number;
  seeds?: number;
  base?: string;
  provider?: string;
  baseUrl?: string;
  confirmSharing?: boolean;
  output?: string;
  full?: boolean;
  people?: number;
  replicates: number;
}

export function register(program: Command): void {
  program
    .command("replicate")
    .description("run the whole study: sample, finetune, simulate, compare, recover, report")
    .argument(
      "[study]",
      "a shipped study (anes96, insurance, disclosure), or a folder or file with a codebook",
      "anes96",
    )
    .option("--n <people>", "people drawn; half of them finetune, half are kept to rectify with", whole, 60)
    .option("--seed <number>", "seed of everything", whole, 7)
    .option("--seeds <count>", "finetuning seeds of each variant (default 2; 3 with --full)", whole)
    .option(
      "--base <model>",
      "model to start from: proband-base (default), a folder with an open model, or the provider's",
    )
    .option("--provider <name>", "where the model is: proband (another's `proband serve`), azure, nebius, litellm …")
    .option("--base-url <url>", "the provider's address, where it is not its own")
    .option("--confirm-sharing", "participants agreed to their rows leaving this machine")
    .option("--full", "the paper's table: also balanced, one group and all groups, a large pilot, no demographics")
    .option("--people <count>", "answer for so many people only", whole)
    .option("--replicates <count>", "bootstrap resamples and permutations", whole, 1000)
    .option("-o, --output <folder>", "where results go (default: build/replication/STUDY)")
    .action(replicate);
}

function whole(value: string): number {
  const n = Number(value);
  if (!Number.isInteger(n) || n < 0) throw new InvalidArgumentError("expected a whole number");
  return n;
}

async function replicate(studyName: string, options: Options): Promise<void> {
  const started = Date.now();
  const { loadStudy, inference, report, simulation, alignment } = await import("../index.js");
  const { providerOf, requireCapability, requireConsent } = await import("../provider/index.js");
  const { makePlan } = await import("../report/replication/plan.js");
  const { runPlan } = await import("../report/replication/run.js");
  const { replicationOf } = await import("../report/replication/index.js");
  const { writeFindings } = await import("./replication/write.js");
  const { conclusions } = await import("../report/replication/conclusions.js");

  // Everything that can be wrong with the input is found before anything is written.
  const study = await loadStudy(studyName);
  const plan = makePlan(study, {
    seed: options.seed,
    n: options.n,
    seeds: options.seeds ?? (options.full ? 3 : 2),
    full: options.full ?? false,
    ...(options.people ? { people: options.people } : {}),
  });
  const provider = providerOf(options.provider, undefined, options.baseUrl);
  const base = options.base ?? "proband-base";
  if (options.provider) {
    requireCapability(provider, "finetuning", "replicating a study");
    requireConsent(study.codebook, provider, options.confirmSharing);
  }
  const folder = options.output ?? join("build", "replication", study.name);
  const home = join(folder, "state");
  const resumed = existsSync(home);
  await mkdir(home, { recursive: true });

  const width = terminalWidth();
  const say = (line: string) => console.log(wrap(line, width));
  say(
    `${study.codebook.title}: ${study.n} ${study.codebook.provenance === "synthetic" ? "synthetic respondents" : "people"}`,
  );
  say(
    `${plan.sampling.pilot.n} drawn (${plan.sampling.pilot.origin.method}): ${plan.pilot.n} to learn from, ${plan.rectify.n} kept aside; ${plan.rest.n} to answer for.`,
  );
  if (options.provider) say(`Model: ${base} at ${provider.name} (${provider.baseURL}).`);
  if (base === "proband-base")
    say("Model: proband-base, built in. It knows how questionnaires are answered and nothing of the world.");
  say(`Variants: ${plan.variants.map((v) => v.label).join("; ")}.`);
  for (const note of plan.notes) say(`  ${note[0]!.toUpperCase()}${note.slice(1)}.`);
  if (resumed) say("An earlier run is here: what it trained and answered is used again.");

  const controller = new AbortController();
  const stop = () => {
    console.error(
      "\nStopping; what is recorded stays, and the same command goes on from there. (Ctrl-C again to stop at once.)",
    );
    controller.abort();
  };
  process.once("SIGINT", stop);
  const hide = showInTerminal();
  try {
    const outcomes = await runPlan(plan, {
      home,
      base,
      ...(options.provider ? { provider, confirmSharing: options.confirmSharing ?? false } : {}),
      replicates: options.replicates,
      say,
      signal: controller.signal,
    });
    const main = outcomes.find((o) => o.variant.kind === "finetuned")!;
    say("\nWhat may still be concluded");
    const rectified = await simulation.run(plan.rectify, {
      model: main.models[0]!,
      seed: plan.seed,
      home,
      ...(options.provider ? { provider, confirmSharing: options.confirmSharing ?? false } : {}),
      signal: controller.signal,
    });
    const outcome = study.codebook.defaults.outcome;
    const warnings = conclusions(outcomes, main);
    const ppi =
      study.item(outcome).scale.kind === "nominal" && typeof study.column(outcome).find((v) => v !== null) !== "number"
        ? undefined
        : inference.ppi({
            estimand: inference.mean(outcome),
            human: plan.rectify,
            simulatedHuman: rectified,
            simulated: main.simulated[0]!,
          });
    const detailed = alignment.compare(plan.rest, main.simulated, {
      seed: plan.seed,
      replicates: options.replicates,
      pilot: plan.pilot,
    });
    const verdict = report.verdict({
      name: main.row.variant,
      human: plan.rest,
      simulated: main.simulated,
      pilot: plan.pilot,
      compare: detailed,
      heterogeneity: main.measures.heterogeneity,
      ...(main.measures.coherence ? { coherence: main.measures.coherence } : {}),
      ...("error" in main.measures.recover ? {} : { recover: main.measures.recover }),
      seed: plan.seed,
    });
    const tables = replicationOf(plan, outcomes);
    const written = await writeFindings(folder, {
      plan,
      outcomes,
      main,
      tables,
      detailed,
      verdict,
      warnings,
      ...(ppi ? { ppi } : {}),
    });
    hide();
    const parts = [fitted(tables, width), fitted(tables.groups, width), fitted(tables.behaviour, width)];
    if (ppi) parts.push(fitted(ppi, width));
    console.log(`\n${parts.join("\n\n")}`);
    say(`\n${verdict.text}`);
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`\nDone in ${seconds} s; peak memory ${(process.resourceUsage().maxRSS / 1e6).toFixed(1)} GB.`);
    say(`\nReport   ${relative(".", written.report)}   (open it in a browser)`);
    say(`Tables   ${relative(".", join(folder, "tables"))}`);
    say(`Figures  ${relative(".", join(folder, "figures"))}`);
    say(`State    ${relative(".", home)}   (the finetuned models and every answer)`);
    const quickstart = relative(".", join(packageRoot(), "notebooks", "00-quickstart.ipynb"));
    // A clone brings JupyterLab up by itself; the package does not have that script.
    if (existsSync(join(packageRoot(), "scripts", "lab.mjs")))
      say(`\nNext: npm run lab            the same study cell by cell, ${quickstart}`);
    else say(`\nNext: npx proband install    the kernel for your Jupyter; then the same cell by cell, ${quickstart}`);
    say("      npx proband init FILE  your own data");
    if (!options.full) say(`      npx proband replicate ${studyName} --full   the paper's table`);
  } catch (error) {
    hide();
    if (controller.signal.aborted) {
      console.error("Stopped.");
      process.exitCode = 130;
      return;
    }
    throw error;
  } finally {
    hide();
    process.removeListener("SIGINT", stop);
  }
  process.exit(process.exitCode ?? 0); // the engine's worker threads stay warm for notebooks; here nothing is left to do
}
