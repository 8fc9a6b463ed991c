// npm run test:reference [area …]: regenerates the numeric fixtures from scipy, statsmodels, torch and peft, each area by
// test/reference/<area>/make.py (or all *.py there), then runs the tests that read them. Slow; by hand.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { must, root, setup } from "./setup.mjs";
import { python } from "./python.mjs";

await setup({ tests: true });
const base = join(root, "test", "reference");
const areas = readdirSync(base, { withFileTypes: true })
  .filter((e) => e.isDirectory())
  .map((e) => e.name);
const asked = process.argv.slice(2);
for (const a of asked)
  if (!areas.includes(a)) {
    console.error(`no area ${a}; there are ${areas.join(", ")}`);
    process.exit(1);
  }
for (const area of asked.length ? asked : areas) {
  const requirements = existsSync(join(root, "scripts", "requirements", `${area}.txt`)) ? area : "reference";
  const exe = python(requirements, `build/venv-${requirements}`);
  for (const script of readdirSync(join(base, area))
    .filter((f) => f.endsWith(".py") && !f.startsWith("_"))
    .sort()) {
    console.log(`── ${area}/${script}`);
    must(exe, [join(base, area, script)]);
  }
}
// Of areas that are rooms their own tests; the others' fixtures are read by several.
const rooms = asked.every((area) => existsSync(join(root, "test", area))) ? asked : [];
must(process.execPath, [join(root, "scripts", "test.mjs"), ...rooms]);
