// The house's floors and its browser-safe cores, as dependency-cruiser rules (docs/architecture.md says why).
// TypeScript 7 has no JavaScript API for dependency-cruiser to parse with, so the sources are first transpiled by
// esbuild with their type-only imports kept as imports: an arrow that points up only in types counts too.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { transformSync } from "esbuild";
import { cruise } from "dependency-cruiser";
import { root } from "./setup.mjs";

/** Each room, and the rooms it may import. */
const floors = {
  study: [],
  sampling: ["study"],
  classroom: ["study"],
  engine: ["study"],
  provider: ["study", "engine"],
  // Prompts are the simulation's: people are finetuned on the conversations they would be asked in.
  finetuning: ["study", "engine", "provider", "simulation"],
  simulation: ["study", "engine", "provider"],
  alignment: ["study"],
  regression: ["study"],
  inference: ["study", "sampling", "regression", "alignment"],
  report: ["study", "sampling", "alignment", "regression", "inference", "finetuning", "simulation", "provider"],
  figures: ["study", "sampling", "alignment", "regression", "inference", "report", "finetuning", "simulation"],
  widgets: [
    "study",
    "sampling",
    "alignment",
    "regression",
    "inference",
    "report",
    "finetuning",
    "simulation",
    "provider",
    "figures",
  ],
  kernel: [],
  // Publishing embeds studies, and must know which of them may be shared.
  notebook: ["study", "kernel"],
};
const rooms = Object.keys(floors);
const browserSafe = rooms.filter((r) => !["kernel", "notebook"].includes(r));

const from = join(root, "src"),
  to = join(root, "build", "floors");

function keepTypeImports(source) {
  return source.replace(/\b(import|export)\s+type\s+(?=[{*])/g, "$1 ").replace(/([{,]\s*)type\s+(?=[A-Za-z_$])/g, "$1");
}

export async function checkFloors() {
  rmSync(to, { recursive: true, force: true });
  for (const e of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!e.isFile() || !e.name.endsWith(".ts") || e.name.endsWith(".d.ts")) continue;
    const path = join(e.parentPath ?? e.path, e.name);
    const out = join(to, relative(from, path)).replace(/\.ts$/, ".js");
    mkdirSync(dirname(out), { recursive: true });
    // Type declarations in the file itself are dropped by esbuild; imports stay because of verbatimModuleSyntax.
    const text = keepTypeImports(readFileSync(path, "utf8"));
    writeFileSync(
      out,
      transformSync(text, {
        loader: "ts",
        format: "esm",
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      }).code,
    );
  }
  const forbidden = rooms.map((room) => ({
    name: `floor: ${room}`,
    comment: `${room} may import ${floors[room].join(", ") || "no other room"}`,
    severity: "error",
    from: { path: `^build/floors/${room}/` },
    to: {
      path: `^build/floors/(${rooms
        .filter((r) => r !== room && !floors[room].includes(r))
        .concat("cli", "index.js", "browser.js")
        .join("|")})(/|$)`,
    },
  }));
  forbidden.push(
    {
      name: "browser-safe",
      comment: "outside node/ a room from study to widgets must run in a browser",
      severity: "error",
      from: { path: `^build/floors/(${browserSafe.join("|")})/`, pathNot: "/node/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "browser-safe: native packages",
      comment: "native packages belong in node/",
      severity: "error",
      from: { path: `^build/floors/(${browserSafe.join("|")})/`, pathNot: "/node/" },
      to: { path: "node_modules/(onnxruntime-node|zeromq|@resvg/resvg-js)/" },
    },
    {
      name: "browser-safe: adapters",
      comment: "a core never imports its Node adapter",
      severity: "error",
      from: { path: `^build/floors/(${browserSafe.join("|")})/`, pathNot: "/node/" },
      // What package.json's `imports` choose by condition is named in dist/ and is not a core's own choice.
      to: { path: "/node/", pathNot: "node_modules|^dist/" },
    },
    {
      name: "no cycles between rooms",
      severity: "error",
      from: { path: "^build/floors/([^/]+)/" },
      to: { circular: true, viaOnly: { path: "^build/floors/" }, pathNot: "^build/floors/$1/" },
    },
  );
  const { output } = await cruise(["build/floors"], {
    ruleSet: { forbidden },
    validate: true,
    doNotFollow: { path: "node_modules" },
    baseDir: root,
  });
  return {
    violations: output.summary.violations.map((v) =>
      `${v.rule.name}: ${v.from} → ${v.to}`.replaceAll("build/floors/", "src/"),
    ),
    modules: output.summary.totalCruised,
  };
}
