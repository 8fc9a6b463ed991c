// Every relative link of the documentation leads to a file that is there, and every anchor to a heading of it.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { dataFolder } from "proband/study";

const root = join(dataFolder(), "..");
const pages = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map((f) => join(root, f)),
  ...readdirSync(join(root, "docs"))
    .filter((f) => f.endsWith(".md"))
    .map((f) => join(root, "docs", f)),
];
const notebooks = readdirSync(join(root, "notebooks"), { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".ipynb") && !f.includes(".ipynb_checkpoints"))
  .map((f) => join(root, "notebooks", f));

/** Prose only: code blocks hold brackets that are no links. */
const prose = (text: string) => text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`]*`/g, "");
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

function textOf(path: string): string {
  if (path.endsWith(".md")) return prose(readFileSync(path, "utf8"));
  const { cells } = JSON.parse(readFileSync(path, "utf8")) as {
    cells: { cell_type: string; source: string | string[] }[];
  };
  return cells
    .filter((c) => c.cell_type === "markdown")
    .map((c) => prose([c.source].flat().join("")))
    .join("\n");
}

test("links of README, docs and notebooks", () => {
  const broken: string[] = [];
  for (const page of [...pages, ...notebooks])
    for (const [, target] of textOf(page).matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/i.test(target!)) continue;
      const [path, anchor] = target!.split("#");
      const file = path ? resolve(dirname(page), path) : page;
      if (!existsSync(file)) broken.push(`${relative(root, page)} → ${target}`);
      else if (anchor && file.endsWith(".md")) {
        const headings = [...readFileSync(file, "utf8").matchAll(/^#+\s+(.+)$/gm)].map((m) =>
          slug(m[1]!.replace(/`/g, "")),
        );
        if (!headings.includes(anchor)) broken.push(`${relative(root, page)} → ${target} (no such heading)`);
      }
    }
  assert.deepEqual(broken, []);
});
