// Writes src/widgets/generated/ from the models of @jupyter-widgets/schema: one typed class a model, with the
// schema's defaults and help. `--check` only says whether the files are current (exit code 1 when not).
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { root } from "./setup.mjs";

const require = createRequire(import.meta.url);
const models = require("@jupyter-widgets/schema/jupyterwidgetmodels.latest.json");
const { version } = require("@jupyter-widgets/schema/package.json");
// The schema names @jupyter-widgets/controls for it; the class is in @jupyter-widgets/base, and nowhere else.
for (const m of models) if (m.model.name === "DOMWidgetModel") m.model.module = m.view.module = "@jupyter-widgets/base";
const folder = join(root, "src", "widgets", "generated");

const className = (name) => name.replace(/Model$/, "");
const classes = new Set(models.map((m) => className(m.model.name)));
const kept = (a) => !/^_(model|view)_/.test(a.name);
// Names that the base class uses for itself; the schema must not bring an attribute of that name.
const reserved = [
  "id",
  "spec",
  "parent",
  "kind",
  "closed",
  "get",
  "set",
  "observe",
  "changes",
  "send",
  "onCustom",
  "close",
  "flush",
  "packed",
  "toString",
  "view",
  "sendChanges",
  "validate",
  "names",
];

function typeOf(a) {
  const one = (t) =>
    ({
      string: "string",
      int: "number",
      float: "number",
      bool: "boolean",
      bytes: "ArrayBuffer | ArrayBufferView",
      Date: "Date",
      Datetime: "Date",
      Time: "TimeOfDay",
    })[t];
  const none = a.allow_none ? " | null" : "";
  if (Array.isArray(a.type))
    return (
      a.union_attributes
        .map((u) => (u.enum ? u.enum.map((e) => JSON.stringify(e)).join(" | ") : one(u.type)))
        .join(" | ") + none
    );
  if (a.enum) return a.enum.map((e) => JSON.stringify(e)).join(" | ") + (a.enum.includes(null) ? "" : none);
  if (a.type === "array") {
    const item = a.items?.type;
    if (item === "reference") return `readonly ${widgetType(a.items.widget)}[]` + none;
    return (
      (item === "object"
        ? "readonly Record<string, unknown>[]"
        : item
          ? `readonly ${one(item)}[]`
          : "readonly unknown[]") + none
    );
  }
  if (a.type === "reference") return `${widgetType(a.widget)}` + none;
  const t = one(a.type);
  if (!t) throw new Error(`${a.name}: the schema has a type this script does not know: ${JSON.stringify(a.type)}`);
  return t + none;
}
// Any widget may stand where the schema says Widget (or a class that it does not define).
function widgetType(name) {
  return classes.has(name) ? name : "AnyWidgetClass";
}

function trait(a, model) {
  const t = { type: Array.isArray(a.type) ? a.union_attributes.find((u) => !u.enum).type : a.type };
  // The same in the schema, but its fields are those of the reader's clock, without a time zone.
  if (t.type === "Datetime" && model === "NaiveDatetimeModel") t.type = "NaiveDatetime";
  if (a.allow_none) t.none = true;
  if (a.enum) t.enum = a.enum;
  if (Array.isArray(a.type)) t.or = a.union_attributes.flatMap((u) => u.enum ?? []);
  if (a.items?.type) t.items = a.items.type;
  if (a.type === "reference") {
    if (classes.has(a.widget)) t.widget = a.widget;
  } else if (a.type === "bytes") t.initial = "BYTES";
  else t.initial = a.default;
  return JSON.stringify(t).replace('"BYTES"', "new Uint8Array(0)");
}

function comment(text, extra = "") {
  const said = [text?.trim(), extra].filter(Boolean).join(" ");
  return said ? `/** ${said.replaceAll("*/", "* /").replaceAll("\n", " ")} */\n` : "";
}

function one(m) {
  const name = className(m.model.name);
  const attributes = m.attributes.filter(kept);
  for (const a of attributes)
    if (reserved.includes(a.name)) throw new Error(`${name}.${a.name} is a name of the base class`);
  const shown = (a) =>
    a.type === "reference" || a.type === "bytes" || a.default === null ? "" : `Default: ${JSON.stringify(a.default)}.`;
  const state = attributes
    .map(
      (a) =>
        comment(a.help && (/[.!?]$/.test(a.help.trim()) ? a.help : `${a.help}.`), shown(a)) +
        `${a.name}: ${typeOf(a)};`,
    )
    .join("\n");
  const spec = `{ name: ${JSON.stringify(m.model.name)}, module: ${JSON.stringify(m.model.module)}, version: ${JSON.stringify(m.model.version)}, view: ${JSON.stringify(m.view.name)},${
    m.view.module !== m.model.module ? ` viewModule: ${JSON.stringify(m.view.module)},` : ""
  } traits: {\n${attributes.map((a) => `${a.name}: ${trait(a, m.model.name)},`).join("\n")}\n} }`;
  const accessors = attributes
    .filter((a) => !a.name.startsWith("_"))
    .map(
      (a) =>
        `get ${a.name}(): ${typeOf(a)} { return this.get(${JSON.stringify(a.name)}); }\nset ${a.name}(value: ${typeOf(a)}) { this.set({ ${a.name}: value } as Partial<S>); }`,
    )
    .join("\n");
  return `export interface ${name}State {\n${state}\n}

/** ${m.model.name} of ${m.model.module} ${m.model.version}. */
export class ${name}<S extends ${name}State = ${name}State> extends Widget<S> {
  static readonly model: ModelSpec = ${spec};
  constructor(init: Partial<S> = {}, spec: ModelSpec = ${name}.model) { super(spec, init); }
  ${accessors}
}
registerClass(${JSON.stringify(name)}, () => new ${name}());
`;
}

const groups = new Map();
for (const m of models) {
  // Layout and the styles come first: the others refer to them.
  const name = className(m.model.name);
  const group =
    name === "Layout" || name.endsWith("Style")
      ? "styles"
      : name[0].toLowerCase() <= "f"
        ? "controls-a-f"
        : name[0].toLowerCase() <= "p"
          ? "controls-g-p"
          : "controls-r-z";
  if (!groups.has(group)) groups.set(group, []);
  groups.get(group).push(m);
}
const header = `// Generated by scripts/generate-widgets.mjs from @jupyter-widgets/schema ${version} (BSD-3-Clause). Do not edit.\n`;
const outputs = new Map();
const config = { ...(await resolveConfig(join(root, "package.json"))), parser: "typescript" };
for (const [group, members] of groups) {
  const own = new Set(members.map((m) => className(m.model.name)));
  const text = members.map(one).join("\n");
  const used = [...classes].filter((c) => !own.has(c) && new RegExp(`: (readonly )?${c}\\b`).test(text));
  const imports = [
    ...(text.includes("AnyWidgetClass") ? [`import type { Widget as AnyWidgetClass } from "../widget.js";`] : []),
    ...(text.includes("TimeOfDay") ? [`import type { TimeOfDay } from "../traits.js";`] : []),
    `import { registerClass } from "../registry.js";`,
    `import { Widget } from "../widget.js";`,
    `import type { ModelSpec } from "../widget.js";`,
    ...[...groups]
      .filter(([g]) => g !== group)
      .flatMap(([g, ms]) => {
        const names = ms.map((m) => className(m.model.name)).filter((n) => used.includes(n));
        return names.length ? [`import type { ${names.join(", ")} } from "./${g}.js";`] : [];
      }),
  ];
  outputs.set(`${group}.ts`, await format(`${header}${imports.join("\n")}\n\n${text}`, config));
}
outputs.set(
  "index.ts",
  await format(
    `${header}${[...groups.keys()]
      .sort()
      .map((g) => `export * from "./${g}.js";`)
      .join("\n")}
import { ${[...classes].sort().join(", ")} } from "./all.js";
/** All classes by name. */
export const classes = { ${[...classes].sort().join(", ")} };
`.replace("./all.js", "./barrel.js"),
    config,
  ),
);
outputs.set(
  "barrel.ts",
  await format(
    `${header}${[...groups.keys()]
      .sort()
      .map((g) => `export * from "./${g}.js";`)
      .join("\n")}\n`,
    config,
  ),
);

const stale = [...outputs]
  .filter(([f, text]) => !existsSync(join(folder, f)) || readFileSync(join(folder, f), "utf8") !== text)
  .map(([f]) => f);
const extra = existsSync(folder) ? readdirSync(folder).filter((f) => !outputs.has(f)) : [];
if (process.argv.includes("--check")) {
  if (stale.length || extra.length) {
    console.error(
      `src/widgets/generated is not current (${[...stale, ...extra].join(", ")}); run: node scripts/generate-widgets.mjs`,
    );
    process.exit(1);
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const [f, text] of outputs) writeFileSync(join(folder, f), text);
  console.log(`${models.length} models → ${outputs.size} files, ${stale.length} changed.`);
}
