// The report page in a real browser: on a telephone and a desk, light and dark, nothing loads, nothing runs, nothing
// stands out of the page.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { alignment, figures, loadStudy, report, sampling } from "proband";
import { openBrowser } from "./browser.js";

test("the report page", { timeout: 120_000 }, async () => {
  const anes = await loadStudy("anes96");
  const { pilot, rest } = sampling.stratified(anes, { by: "PID", n: 60, seed: 7 });
  const verdict = report.verdict({ human: rest, simulated: alignment.baselines.copula(pilot, rest), pilot });
  const page = report.html({
    title: "A report <script>alert(1)</script>",
    provenance: ["synthetic <img src=x onerror=alert(1)>"],
    sections: [
      { title: "Verdict", text: verdict.text, results: verdict },
      {
        title: "Figures",
        figures: [
          { svg: figures.toSvg(figures.rarefaction(verdict.heterogeneity.curves)), caption: "Rarefaction" },
          {
            svg: `<svg viewBox="0 0 9 9"><image href="https://example.org/x.png"></image><rect width="9" height="9"></rect></svg>`,
            caption: "hostile",
          },
        ],
        results: [verdict.compare, verdict.heterogeneity, ...(verdict.coherence ? [verdict.coherence] : [])],
      },
      {
        title: "Methods",
        text: "0123456789abcdef".repeat(12),
        folded: [{ title: "BibTeX", text: verdict.bibtex, open: true }],
      },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), "proband-report-"));
  const file = join(folder, "report.html");
  writeFileSync(file, page);
  const browser = await openBrowser();
  try {
    for (const width of [390, 1280])
      for (const colorScheme of ["light", "dark"] as const) {
        const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
        const requests: string[] = [],
          messages: string[] = [];
        tab.on("request", (r) => requests.push(r.url()));
        tab.on("console", (m) => messages.push(m.text()));
        tab.on("dialog", (d) => void d.dismiss().then(() => messages.push("a dialog opened")));
        await tab.goto(pathToFileURL(file).href);
        const seen = await tab.evaluate(() => {
          const colour = (e: Element) => getComputedStyle(e);
          const luminance = (c: string) => {
            const [r, g, b] = c.match(/[\d.]+/g)!.map((x) => {
              const v = Number(x) / 255;
              return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
          };
          const contrast = (e: Element, on: Element) => {
            const [a, b] = [luminance(colour(e).color), luminance(colour(on).backgroundColor)].sort((x, y) => y - x);
            return (a! + 0.05) / (b! + 0.05);
          };
          const { body } = document;
          return {
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            text: contrast(document.querySelector("p")!, body),
            notes: contrast(document.querySelector(".notes li")!, body),
            marks: contrast(document.querySelector(".marks span")!, document.querySelector(".marks span")!),
            // A figure scrolls in its place where it would be too small to read.
            figure: document.querySelector("figure .scroll")!.getBoundingClientRect().width,
            scale: (() => {
              const svg = document.querySelector<SVGSVGElement>("figure svg")!;
              return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            })(),
            tables: document.querySelectorAll("table").length,
          };
        });
        assert.deepEqual(requests, [pathToFileURL(file).href]);
        assert.deepEqual(messages, []);
        assert.equal(seen.wide, 0, `${width} px: the page is ${seen.wide} px wider than the window`);
        // WCAG 2.2 AA: 4.5 to 1.
        for (const name of ["text", "notes", "marks"] as const)
          assert.ok(seen[name] >= 4.5, `${colorScheme} ${name}: contrast ${seen[name]}`);
        assert.ok(seen.figure > 250 && seen.figure <= width);
        assert.ok(seen.scale >= 0.8, `${width} px: figures are drawn at ${seen.scale} of their size`);
        assert.ok(seen.tables >= 4);
        await tab.close();
      }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
