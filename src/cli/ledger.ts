/** proband ledger: list, verify, export and merge answer ledgers. */
import { createWriteStream, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Command } from "commander";
import { formatTable, type Column } from "../study/index.js";

const defaultFolder = () => join(process.env["PROBAND_HOME"] ?? ".proband", "ledgers");

export function register(program: Command): void {
  const ledger = program.command("ledger").description("list, verify, export and merge answer ledgers");

  ledger
    .command("list")
    .description("ledgers of a folder with their answers, models, tokens and cost")
    .argument("[folder]", "folder with ledgers (default .proband/ledgers)")
    .action(async (folder: string = defaultFolder()) => {
      if (!existsSync(folder)) throw new Error(`there is no folder ${folder}; simulations make one where they run`);
      const paths = readdirSync(folder).filter((f) => f.endsWith(".jsonl"));
      if (!paths.length) return console.log(`No ledgers in ${folder}.`);
      const rows = [];
      const others: string[] = [];
      for (const name of paths) {
        const path = join(folder, name);
        let summary;
        try {
          summary = await inspect(path);
        } catch (error) {
          others.push(`${name}: ${(error as Error).message}`);
          continue;
        }
        const { header, answers, people, models, missing, last, problems } = summary;
        rows.push({
          ledger: name,
          study: header.study,
          answers,
          people,
          models: models.length,
          missing,
          damaged: problems.length,
          tokens: models.reduce((sum, m) => sum + m.promptTokens + m.answerTokens, 0),
          costUSD: models.reduce((sum, m) => sum + m.costUSD, 0),
          megabytes: statSync(path).size / 1e6,
          last: last?.slice(0, 16).replace("T", " ") ?? "",
        });
      }
      const columns: Column<(typeof rows)[number]>[] = [
        { name: "ledger" },
        { name: "study" },
        { name: "answers", format: "integer" },
        { name: "people", format: "integer" },
        { name: "models", format: "integer" },
        { name: "missing", format: "integer" },
        { name: "damaged", format: "integer" },
        { name: "tokens", format: "integer" },
        { name: "costUSD", title: "cost ($)", digits: 4 },
        { name: "megabytes", title: "MB", digits: 1 },
        { name: "last", title: "last answer (UTC)" },
      ];
      if (rows.length) console.log(formatTable(rows, columns));
      for (const line of others) console.log(line);
    });

  ledger
    .command("verify")
    .description("check every line; exit code 1 and line numbers if any is damaged")
    .argument("<file...>", "ledger files")
    .action(async (files: string[]) => {
      for (const file of files) {
        const { header, answers, problems } = await inspect(file);
        if (!problems.length) console.log(`${file}: ${answers} answers of ${header.study}, all whole`);
        for (const { line, message } of problems.slice(0, 20))
          console.error(`${file}: line ${line} is damaged: ${message}`);
        if (problems.length > 20) console.error(`${file}: … and ${problems.length - 20} more`);
        if (problems.length) {
          console.error(
            `${file}: ${answers} answers are whole, ${problems.length} damaged; a simulation asks those again`,
          );
          process.exitCode = 1;
        }
      }
    });

  ledger
    .command("export")
    .description("write a ledger's answers as a table (CSV) to a file or to standard output")
    .argument("<file>", "ledger file")
    .option("-o, --output <file>", "where to write")
    .action(async (file: string, options: { output?: string }) => {
      const { fileStore } = await import("../simulation/node/file-store.js");
      const { readLine } = await import("../simulation/ledger/line.js");
      const store = fileStore(existing(file), { readOnly: true });
      const out: NodeJS.WritableStream = options.output ? createWriteStream(options.output) : process.stdout;
      const names = [
        "person",
        "item",
        "draw",
        "attempt",
        "value",
        "problem",
        "order",
        "elicitation",
        "model",
        "fingerprint",
        "template",
        "seed",
        "promptTokens",
        "answerTokens",
        "costUSD",
        "time",
        "reply",
        "key",
      ];
      const write = async (cells: unknown[]) => {
        if (!out.write(cells.map(csvCell).join(",") + "\n"))
          await new Promise<void>((resolve) => out.once("drain", () => resolve()));
      };
      await write(names);
      for await (const { line, number } of store.lines()) {
        if (number === 1) continue;
        const entry = readLine(line);
        if ("wrong" in entry) {
          console.error(`${file}: line ${number} left out: ${entry.wrong}`);
          continue;
        }
        const { tokens, order, reply, ...rest } = entry;
        const row: Record<string, unknown> = { ...rest, promptTokens: tokens[0], answerTokens: tokens[1] };
        row["order"] = order ? order.join(" ") : "";
        row["reply"] = JSON.stringify(reply);
        await write(names.map((name) => row[name]));
      }
      await store.close();
      if (out !== process.stdout) {
        out.end();
        await finished(out);
      }
    });

  ledger
    .command("merge")
    .description("copy answers from other ledgers of the same study into one")
    .argument("<target>", "ledger to add to (made if it does not exist)")
    .argument("<source...>", "ledgers to copy from")
    .action(async (target: string, sources: string[]) => {
      const { fileStore } = await import("../simulation/node/file-store.js");
      const { mergeLedger } = await import("../simulation/ledger/maintain.js");
      sources.forEach(existing);
      const store = fileStore(target);
      try {
        for (const file of sources) {
          const source = fileStore(file, { readOnly: true });
          const { copied, known, damaged } = await mergeLedger(store, source);
          await source.close();
          console.log(
            `${file}: ${copied} answers copied, ${known} already there${damaged ? `, ${damaged} damaged left out` : ""}`,
          );
        }
      } finally {
        await store.close();
      }
    });
}

async function inspect(file: string) {
  const { fileStore } = await import("../simulation/node/file-store.js");
  const { inspectLedger } = await import("../simulation/ledger/maintain.js");
  const store = fileStore(existing(file), { readOnly: true });
  try {
    return await inspectLedger(store);
  } finally {
    await store.close();
  }
}

function existing(file: string): string {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  return file;
}

/** Text that a spreadsheet would run as a formula is quoted as text. */
function csvCell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = typeof value === "string" && /^[=+@\t]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
