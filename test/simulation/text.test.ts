/** Free text mapped to a scale: by rules, and by a model that codes what another said in its own words. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import { compatible } from "#src/provider/node/index.js";
import * as simulation from "#src/simulation/node/index.js";
import { numbersIn } from "#src/simulation/elicitation/read.js";
import { testServer } from "./support/server.js";

let home: string;
before(async () => void (home = await mkdtemp(join(tmpdir(), "text-"))));
after(() => rm(home, { recursive: true }));
let ledgers = 0;
const anes = (await loadStudy("anes96")).take([0, 1, 2, 3, 4, 5]);
const disclosure = (await loadStudy("disclosure")).take([0, 1]);
const quiet = { onProgress: () => undefined };

describe("numbers in a text", () => {
  for (const [text, ...numbers] of [
    ["about 70", 70],
    ["70%, or 70 in a hundred", 70],
    ["1,250 people", 1250],
    ["between 60-70", 60, 70],
    ["-5 degrees", -5],
    ["seventy-five", 75],
    ["Seventy five, say", 75],
    ["a hundred", 100],
    ["two hundred and thirty", 230],
    ["fifty-fifty", 50],
    ["three, four", 3, 4],
    ["one", 1],
    ["no one knows", ...[]],
    ["that one is at twenty", 20],
    ["nothing of the kind", ...[]],
  ] as [string, ...number[]][])
    test(`"${text}": ${numbers.join(", ") || "none"}`, () => {
      const found = numbersIn(text);
      // "in a hundred" is a number of its own.
      assert.deepEqual(
        found.filter((n) => numbers.includes(n)),
        numbers,
      );
      assert.ok(found.length <= numbers.length);
    });
});

describe("on a scale from 0 to 100 in steps of 5", () => {
  for (const [reply, value] of [
    ["I would put it at about seventy.", 70],
    ["72", 70],
    ["Perhaps 73% likely", 75],
    ["100", 100],
    ["101", null],
    ["somewhere between 60 and 70", null],
    ["It is hard to say.", null],
  ] as const)
    test(`"${reply}" is ${value === null ? "no answer" : value}`, async () => {
      const server = await testServer({ reply: () => reply });
      const run = await simulation.run(disclosure, {
        ...quiet,
        model: "m",
        provider: compatible({ baseURL: server.url }),
        elicitation: "text",
        items: ["target1"],
        malformed: 0,
        ledger: join(home, `${++ledgers}.jsonl`),
      });
      await server.close();
      assert.deepEqual([...run.column("target1")], [value, value]);
    });
});

describe("a coder", () => {
  const says = ["Clinton, as always.", "I could not stand Clinton, so the other one.", "I did not care for either."];
  const means = ["Bill Clinton", "Bob Dole", "none of these"];
  const isCoding = (body: any) => String(body.messages[0].content).startsWith("You code answers");
  const reply = (body: any, hash: number) => {
    if (!isCoding(body)) return says[hash % 3]!;
    const said = says.findIndex((s) => String(body.messages[1].content).includes(s));
    return JSON.stringify({ answer: means[said] });
  };
  const options = (url: string, ledger: string) =>
    ({
      ...quiet,
      model: "talker",
      provider: compatible({ baseURL: url, capabilities: { jsonSchema: true, seed: true } }),
      elicitation: "text",
      coder: "clerk",
      items: ["vote"],
      draws: 4,
      malformed: 0,
      ledger,
    }) as const;

  test("says which answer was meant by what was said; the same words are coded once, and nothing twice", async (t) => {
    const server = await testServer({ reply });
    t.after(() => server.close());
    const ledger = join(home, "coded.jsonl");
    const run = await simulation.run(anes, options(server.url, ledger));
    const coding = server.seen.filter(isCoding);
    assert.ok(coding.length >= 2 && coding.length <= 3, `${coding.length} codings of at most three different answers`);
    assert.ok(coding.every((body) => body.model === "clerk" && body.response_format.json_schema.strict));
    assert.equal(server.seen.length - coding.length, 24);
    assert.ok(server.seen.every((body) => isCoding(body) || /in your own words/.test(body.messages.at(-1).content)));

    const lines = readFileSync(ledger, "utf8").trim().split("\n").slice(1);
    const entries = lines.map((line) => JSON.parse(line) as simulation.LedgerEntry);
    const said = entries.filter((e) => e.elicitation === "text");
    for (const { person, draw, value } of said) {
      const meant = [0, 1, null][says.indexOf(String(value))]!;
      assert.equal(run.draws[draw]!.column("vote")[anes.ids.indexOf(person)], meant);
    }
    const [row] = run.report.rows;
    assert.equal(row!.missing, said.filter((e) => e.value === says[2]).length);
    assert.match(row!.example!, /coded as none of the answers: "I did not care/);

    const asked = server.requests;
    const again = await simulation.run(anes, options(server.url, ledger));
    assert.equal(server.requests, asked, "nothing is asked or coded again");
    assert.deepEqual(again.rows, run.rows);
  });

  test("is only for text, and counts towards cost", async (t) => {
    const server = await testServer({ reply });
    t.after(() => server.close());
    // Somebody else's server: its prices are unknown, not zero.
    const provider = compatible({
      baseURL: "https://models.example/v1",
      capabilities: { jsonSchema: true },
      fetch: (input, init) => fetch(String(input).replace("https://models.example/v1", server.url), init),
    });
    const elsewhere = (url: string, ledger: string) => ({ ...options(url, ledger), provider, confirmSharing: true });
    const prices = { talker: { input: 1, output: 1 } };
    const ledger = join(home, "budget.jsonl");
    await assert.rejects(
      simulation.run(anes, { ...elsewhere(server.url, ledger), elicitation: "sampled" }),
      /own words: elicitation "text"/,
    );
    await assert.rejects(
      simulation.run(anes, { ...elsewhere(server.url, ledger), prices, budgetUSD: 1 }),
      /no price is known for clerk/,
    );
    const dry = await simulation.estimate(anes, { ...elsewhere(server.url, ledger), prices });
    assert.match(String(dry), /coding by clerk/);
    assert.match(String(dry), /No price is known for clerk/);
    assert.equal(server.requests, 0);
    const priced = { ...prices, clerk: { input: 10, output: 10 } };
    const run = await simulation.run(anes, { ...elsewhere(server.url, ledger), prices: priced, budgetUSD: 1 });
    const codings = server.seen.filter(isCoding).length;
    // The server counts 100 prompt tokens and one answer token a request.
    assert.ok(Math.abs(run.report.costUSD - (24 * 101 + codings * 1010) / 1e6) < 1e-12);
  });
});
