// proband learning-curve STUDY: how alignment grows with the number of people finetuned on.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { showInTerminal } from "../study/node/index.js";

interface Options {
  n: number[];
  draws: number;
  seeds: number;
  holdout: number;
  base: string;
  shots: number;
  variants?: string[];
  seed: number;
  out?: string;
}

export function register(program: Command): void {
  program
    .command("learning-curve")
    .description("how alignment grows with the number of people finetuned on, beside floor and baselines")
    .argument("<study>", "a shipped study (anes96, insurance, disclosure), or a folder or file of your own")
    .option("--n <sizes>", "numbers of people to learn from", numbers, [10, 30, 60, 120, 300, 900])
    .option("--draws <number>", "pilots drawn of each size", count, 5)
    .option("--seeds <number>", "finetuning seeds for each pilot", count, 3)
    .option("--holdout <number>", "people held out, at most", count, 300)
    .option("--base <model>", "the model finetuned", "proband-base")
    .option("--shots <number>", "people shown in the few-shot prompt", count, 6)
    .option("--variants <names>", "only these, separated by commas", (text: string) => text.split(/\s*,\s*/))
    .option("--seed <number>", "seed of the pilot draws", count, 1)
    .option("--out <folder>", "where measurements, table and figure go (default build/learning-curve/<study>)")
    .addHelpText("after", "\nFinished cells are kept: stopped and started again, it goes on where it was.")
    .action(run);
}

async function run(name: string, options: Options): Promise<void> {
  const { loadStudy } = await import("../study/node/index.js");
  const { usePlatformNode } = await platform();
  await usePlatformNode();
  const { learningCurve, allVariants, metricTitles } = await import("../report/learning/index.js");
  const study = await loadStudy(name, { missing: "drop" });
  const unknown = options.variants?.filter((v) => !allVariants.includes(v as never)) ?? [];
  if (unknown.length) throw new Error(`no variant ${unknown.join(", ")}; there are ${allVariants.join(", ")}`);
  const out = options.out ?? join("build", "learning-curve", study.name);
  mkdirSync(out, { recursive: true });
  const interrupt = new AbortController();
  const stop = () => interrupt.abort(new Error("stopped; the same command goes on from here"));
  process.once("SIGINT", stop);
  const hide = showInTerminal();
  try {
    const curve = await learningCurve(study, {
      sizes: options.n,
      draws: options.draws,
      seeds: options.seeds,
      holdout: options.holdout,
      base: options.base,
      shots: options.shots,
      seed: options.seed,
      home: join(out, "models"),
      ...(options.variants ? { variants: options.variants as never } : {}),
      signal: interrupt.signal,
      store: fileStore(join(out, "measurements.jsonl"), {
        study: study.name,
        data: study.origin.dataHash,
        base: options.base,
        holdout: options.holdout,
        seed: options.seed,
        shots: options.shots,
      }),
    });
    hide();
    console.log(String(curve));
    writeFileSync(join(out, "learning-curve.txt"), `${String(curve)}\n`);
    writeFileSync(
      join(out, "learning-curve.json"),
      `${JSON.stringify({ title: curve.title, notes: curve.notes, rows: curve.rows }, null, 1)}\n`,
    );
    const { learningCurve: draw } = await import("../figures/node/index.js");
    const shown = curve.rows.filter((row) => Number.isFinite(row.mean));
    const floors = shown.filter((row) => row.variant === "people").map((row) => [metricTitles[row.metric], row.mean]);
    const figure = draw(
      shown
        .filter((row) => row.variant !== "people")
        .map(({ n, variant, metric, mean, sd }) => ({
          n,
          variant,
          measure: metricTitles[metric],
          value: mean,
          ...(sd >= 0 ? { low: mean - sd, high: mean + sd } : {}),
        })),
      { title: curve.title, provenance: curve.provenance, floor: Object.fromEntries(floors) },
    );
    writeFileSync(join(out, "learning-curve.svg"), figure.outerHTML);
    console.log(`\nmeasurements, table and figure are in ${out}`);
  } finally {
    hide();
    process.off("SIGINT", stop);
  }
}

/** Connects provider and engine to this machine's files and native runtime. */
async function platform(): Promise<{ usePlatformNode: () => Promise<void> }> {
  return {
    usePlatformNode: async () => {
      await import("../provider/node/index.js");
      await import("../simulation/node/index.js");
    },
  };
}

/** Finished cells as JSON lines. A file of other settings is refused, a torn last line dropped. */
function fileStore(path: string, settings: Record<string, unknown>) {
  const head = JSON.stringify(settings);
  if (existsSync(path)) {
    const [first] = readFileSync(path, "utf8").split("\n", 1);
    if (first !== head)
      throw new Error(`${path} holds measurements with other settings (${first}); choose another --out or delete it`);
  } else writeFileSync(path, `${head}\n`);
  return {
    read: () =>
      readFileSync(path, "utf8")
        .split("\n")
        .slice(1)
        .flatMap((line) => {
          try {
            return line ? [JSON.parse(line) as never] : [];
          } catch {
            return [];
          }
        }),
    append: (record: unknown) => {
      const torn = !readFileSync(path, "utf8").endsWith("\n");
      appendFileSync(path, `${torn ? "\n" : ""}${JSON.stringify(record)}\n`);
    },
  };
}

function numbers(text: string): number[] {
  return text.split(",").map(count);
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("expected a whole number of 1 or more");
  return value;
}
