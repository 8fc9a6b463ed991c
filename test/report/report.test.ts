import assert from "node:assert/strict";
import { before, test } from "node:test";
import { parseHTML } from "linkedom";
import { mean, ppi } from "#src/inference/index.js";
import { ols } from "#src/regression/index.js";
import { baselines } from "#src/alignment/index.js";
import {
  bibtex,
  citationKeys,
  citedIn,
  defaultThresholds,
  escapeLatex,
  html,
  latexTable,
  markdownTable,
  verdict,
} from "#src/report/index.js";
import type { Verdict } from "#src/report/index.js";
import { Respondents, Simulated, random, result } from "#src/study/index.js";
import { loadStudy } from "#src/study/node/index.js";

let rest: Respondents, pilot: Respondents, found: Verdict;
before(async () => {
  const anes = await loadStudy("anes96");
  const order = random(5).permutation(anes.n);
  pilot = anes.take(order.slice(0, 30), { part: "pilot", method: "random", seed: 5 });
  rest = anes.take(order.slice(30), { part: "rest" });
  found = verdict({ human: rest, simulated: baselines.copula(pilot, rest), pilot });
});

/** People answered for by a stranger: the same answers for everyone, or exactly their own. */
const by = (model: string, trainedOn: readonly string[], change: Record<string, number> = {}) =>
  new Simulated({
    codebook: rest.codebook,
    ids: rest.ids,
    columns: new Map(rest.names.map((n) => [n, n in change ? rest.ids.map(() => change[n]!) : rest.column(n)])),
    simulation: { model, provider: "test", seed: 1, trainedOn, ledgerKey: "", elicitation: "sampled" },
  });

const outcome = (v: Verdict, rule: string) => v.rows.find((r) => r.rule === rule)?.outcome;

test("the verdict names every rule it applied, with numbers, and follows from them", () => {
  assert.equal(found.level, "prototyping only");
  assert.equal(
    outcome(found, "better than the pilot alone"),
    found.compare.row().distance! <
      Math.min(...(["marginalBootstrap", "rowBootstrap", "copula"] as const).map((b) => found.compare.row()[b]!))
      ? "met"
      : "not met",
  );
  assert.equal(outcome(found, "as coherent as people"), "not met");
  assert.match(
    found.text,
    /It may not be used for estimating any quantity \(together with people .* inference\.ppi stays valid .*; nor for standing in for people alone/,
  );
  for (const g of found.failingGroups) {
    assert.ok(g.matched - g.floor > defaultThresholds.groupExcess && g.n >= defaultThresholds.groupSize);
    assert.ok(found.text.includes(g.group));
  }
  assert.ok(found.recover && found.rows.some((r) => r.rule === "regression recovered"));
});

test("a midpoint for everyone is not usable; a perfect twin may pilot, and never more", () => {
  const stuck = verdict({
    human: rest,
    simulated: by("midpoint", [], { selfLR: 4, ClinLR: 4, DoleLR: 4, vote: 0 }),
    pilot,
  });
  assert.equal(stuck.level, "not usable");
  assert.deepEqual(stuck.may, []);
  assert.equal(outcome(stuck, "not collapsed"), "not met");
  const twin = verdict({ human: rest, simulated: by("twin", pilot.ids), pilot });
  assert.equal(twin.level, "piloting with rectification");
  assert.ok(twin.mayNot.some((use) => /standing in for people alone/.test(use)));
});

test("rectification: the gain is that of PPI, or follows from how answers correlate", () => {
  const gainOf = (v: Verdict, what: string) => v.rectification!.gains.find((g) => g.what === what)!.gain;
  // The adjusted R² of regressing people's votes on simulated ones is the squared correlation without its bias.
  const silico = found.compare.model === "pilot, Gaussian copula" ? baselines.copula(pilot, rest) : assert.fail();
  const columns = { human: rest.numbers("vote"), simulated: silico.numbers("vote") };
  const square = ols(columns, "human ~ simulated").rSquaredAdjusted!;
  assert.ok(Math.abs(gainOf(found, "vote") - 1100 / (100 + (1 - square) * 1000)) < 1e-10);
  assert.match(found.rows.find((r) => r.rule === "rectification gains precision")!.finding, /100 people with 1,000/);
  // A twin is worth its N; uniform answers nothing.
  const twin = verdict({ human: rest, simulated: by("twin", []), pilot, recover: false });
  assert.ok(Math.abs(gainOf(twin, "vote") - 11) < 1e-9);
  const noise = verdict({ human: rest, simulated: baselines.marginalBootstrap(pilot, rest), pilot, recover: false });
  assert.equal(outcome(noise, "rectification gains precision"), "not met");
  assert.match(noise.text, /nothing here shows that it is worth it/);
  // What inference.ppi found counts instead.
  const order = [...rest.ids.keys()];
  const [rectify, target] = [rest.take(order.slice(0, 100)), rest.take(order.slice(100))];
  const of = (people: Respondents) => baselines.copula(pilot, people);
  const measured = ppi({ estimand: mean("vote"), human: rectify, simulatedHuman: of(rectify), simulated: of(target) });
  const judged = verdict({ human: rest, simulated: silico, pilot, recover: false, ppi: measured });
  assert.equal(judged.rectification!.median, measured.rows[0]!.effectiveN / 100);
  assert.match(
    judged.methods,
    /Prediction-powered estimates \[@angelopoulos2023; @angelopoulos2023pp\] of mean of vote/,
  );
  assert.match(judged.bibtex, /angelopoulos2023pp/);
});

test("people the model learned from do not count as a test of it", () => {
  const memorised = verdict({ human: rest, simulated: by("memoriser", rest.ids.slice(0, 100)), pilot });
  assert.equal(memorised.level, "not usable");
  assert.match(memorised.text, /100 of 914 were learned from/);
  assert.match(String(memorised.compare), /100 of these people were among those the model learned from/);
});

test("what is not known counts as not met, and changed thresholds are printed", () => {
  const blind = verdict({ human: rest, simulated: by("twin", []) });
  assert.equal(outcome(blind, "better than the pilot alone"), "not known");
  assert.equal(blind.level, "prototyping only");
  assert.match(blind.text, /Not known, and so counted as not met: better than the pilot alone/);
  const lax = verdict({ human: rest, simulated: by("twin", []), thresholds: { excess: 0.5 } });
  assert.match(String(lax), /thresholds changed: excess = 0.5 in place of 0.1/);
  const wrong = (thresholds: object) => () => verdict({ human: rest, simulated: by("twin", []), thresholds });
  assert.throws(wrong({ exces: 0.5 }), /thresholds: there is no exces; expected some of collapsed/);
  assert.throws(wrong({ excess: NaN }), /thresholds.excess: expected a number/);
  assert.throws(wrong({ varied: 0.5 }), /thresholds.varied: expected two numbers, \[least, most\]/);
});

test("a study of one action, without beliefs, rule or groups, gets a verdict too", () => {
  const { codebook } = rest;
  const bare = {
    ...codebook,
    items: codebook.items.filter((i) => i.name === "vote" || i.name === "age"),
    defaults: { ...codebook.defaults, groups: [], formula: "vote ~ age" },
  };
  delete bare.rule;
  const human = new Respondents({
    codebook: bare,
    ids: rest.ids,
    columns: { vote: rest.column("vote"), age: rest.column("age") },
  });
  const v = verdict({ human, simulated: baselines.uniform(human, human) });
  assert.equal(outcome(v, "as coherent as people"), "not known");
  assert.equal(outcome(v, "no group left behind"), "not known");
  assert.equal(v.compare.row().item, "vote");
  // "undefined (0/0)" is how recovery names a rate without cases.
  assert.doesNotMatch(String(v) + v.methods, /NaN|undefined(?! \(0\/0\))/);
});

test("methods name data, seeds and resampling; every citation has its BibTeX entry", () => {
  for (const part of [
    /914 respondents of American National Election Study 1996/,
    /is 30 others, disjoint from them \(random; seed 5\)/,
    /1000 bootstrap resamples/,
    /step-down maximum \[@westfall1993\]/,
    /rarefied to equal n/,
    /implied action: a vote for the candidate/,
  ])
    assert.match(found.methods, part);
  const keys = citedIn(found.methods);
  assert.ok(keys.includes("lin1991") && keys.includes("wang2025") && keys.includes("chao1984"));
  for (const key of keys) assert.match(found.bibtex, new RegExp(`@\\w+\\{${key},`));
  const braces = [...bibtex(citationKeys)].reduce((depth, c) => depth + Number(c === "{") - Number(c === "}"), 0);
  assert.equal(braces, 0);
  assert.throws(() => bibtex(["nobody1999"]), /no citation nobody1999; there are /);
});

const hostile = () =>
  result({
    kind: "test",
    title: "A <b>title</b> & more",
    rows: [{ item: '<img src=x onerror="alert(1)">', share: 0.123456, note: "50% | a_b $x$ \\cmd ~ ^ # {y}" }],
    columns: [{ name: "item" }, { name: "share", format: "percent" }, { name: "note", title: "no|te" }],
    notes: ["<script>alert(2)</script>"],
    provenance: ["simulated by <model>"],
  });

test("Markdown and LaTeX tables hold what the result holds, escaped", () => {
  const md = markdownTable(hostile());
  const lines = md.split("\n");
  assert.equal(lines[2], "| item | share | no\\|te |");
  assert.equal(lines[3], "| :--- | ---: | :--- |");
  assert.ok(lines[4]!.includes("| 12.3% |") && lines[4]!.includes("50% \\| a") && !lines[4]!.includes("<img"));
  assert.ok(!md.includes("<script>"));
  const tex = latexTable(hostile(), { caption: "50% of_all", label: "tab:one two" });
  assert.match(tex, /\\caption\{50\\% of\\_all\}/);
  assert.match(tex, /\\label\{tab:one-two\}/);
  assert.match(
    tex,
    /12\.3\\% & 50\\% \| a\\_b \\\$x\\\$ \\textbackslash\{\}cmd \\textasciitilde\{\} \\textasciicircum\{\} \\# \\\{y\\\} \\\\/,
  );
  assert.equal(escapeLatex("n ≥ 3 – 5"), "n $\\ge$ 3 -- 5");
  assert.throws(
    () => markdownTable(hostile(), { columns: ["nope"] }),
    /has no column nope; its rows have item, share, note/,
  );
  const rows = markdownTable(found.compare, {
    columns: ["group", "distance", "floor"],
    filter: (r) => r.item === "mean of beliefs",
    notes: false,
  });
  assert.equal(
    rows
      .trim()
      .split("\n")
      .filter((l) => l.startsWith("| ")).length,
    2 + new Set(found.compare.rows.map((r) => `${r.by}${r.group}`)).size,
  );
});

test("the page is one file that loads and runs nothing, with text from data escaped and marks on its face", () => {
  const evil = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" onload="alert(3)"><script>alert(4)</script><style>@import url(https://evil.example/x.css); .a{fill:url(#grad);background:url(https://evil.example/y)}</style><defs><linearGradient id="grad"></linearGradient></defs><image href="https://evil.example/z.png"></image><foreignObject><body><iframe src="https://evil.example"></iframe></body></foreignObject><a href="javascript:alert(5)"><text>link</text></a><rect fill="url(#grad)" width="5" height="5"></rect><use href="#grad"></use></svg>`;
  const page = html({
    title: "R & <D>",
    subtitle: "**bold** and `code` <i>",
    sections: [
      {
        title: "One",
        text: ["<script>alert(6)</script>"],
        results: hostile(),
        figures: { svg: evil, caption: 'A "figure"' },
      },
      { title: "Two", figures: [{ svg: evil, caption: "again" }], folded: [{ title: "BibTeX", text: "@a{<b>}" }] },
    ],
  });
  const { document } = parseHTML(page);
  assert.equal(document.querySelectorAll("script, iframe, foreignObject, img, link, object, embed, base").length, 0);
  for (const element of document.querySelectorAll("*"))
    for (const { name, value } of [...element.attributes]) {
      assert.ok(!name.startsWith("on"), `${element.localName} has ${name}`);
      if (["href", "src", "xlink:href"].includes(name)) assert.ok(value.startsWith("#"), `${name}="${value}"`);
    }
  assert.ok(!/https?:\/\/(?!www\.w3\.org)/.test(page));
  assert.match(
    document.querySelector("meta[http-equiv=Content-Security-Policy]")!.getAttribute("content")!,
    /default-src 'none'/,
  );
  assert.equal(document.querySelector("h1")!.textContent, "R & <D>");
  assert.equal(document.querySelector(".subtitle strong")!.textContent, "bold");
  assert.equal(document.querySelector("header .marks span")!.textContent, "simulated by <model>");
  assert.equal(document.querySelector("td")!.textContent, '<img src=x onerror="alert(1)">');
  // Two figures keep their own gradient.
  assert.deepEqual(
    [...document.querySelectorAll("linearGradient")].map((e) => e.id),
    ["f1-grad", "f2-grad"],
  );
  assert.deepEqual(
    [...document.querySelectorAll("rect")].map((e) => e.getAttribute("fill")),
    ["url(#f1-grad)", "url(#f2-grad)"],
  );
  for (const a of document.querySelectorAll("nav a"))
    assert.ok(document.getElementById(a.getAttribute("href")!.slice(1)));
  assert.throws(
    () => html({ title: "x", sections: [{ title: "y", figures: { svg: "nothing", caption: "z" } }] }),
    /no <svg> element; it starts with "nothing"/,
  );
});

test("long tables by groups show everyone and fold the groupings", () => {
  const { document } = parseHTML(html({ title: "x", sections: [{ title: "Alignment", results: found.compare }] }));
  const everyone = found.compare.rows.filter((r) => r.by === "").length;
  assert.equal(document.querySelector("table")!.querySelectorAll("tbody tr").length, everyone);
  assert.equal(document.querySelectorAll("details").length, new Set(found.compare.rows.map((r) => r.by)).size - 1);
  assert.equal(document.querySelectorAll("tbody tr").length, found.compare.rows.length);
});
