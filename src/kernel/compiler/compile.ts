/**
 * Turns a cell into a script for V8's REPL mode. The rules, and what each does for the reader of a notebook:
 * - every top-level declaration becomes a `let`, so that any cell may declare any name again, as any kind, and
 *   functions of earlier cells see the new value (REPL mode keeps one binding a name, but refuses a change of kind);
 * - static imports run first and become live bindings; `import()` and `import.meta` resolve from the notebook's folder;
 * - the last statement's value, if it is an expression, is handed to the kernel;
 * - types, enums, namespaces, parameter properties and decorators are compiled away by oxc.
 */
import { parseSync } from "oxc-parser";
import { findConstantWrites } from "./constants.js";
import { Edits } from "./edits.js";
import { emit, runtimeName, type Compiled } from "./emit.js";
import { importOf, type CellImport } from "./imported.js";
import { freeReferences } from "./references.js";
import { boundNames, eachVar, type Node } from "./syntax.js";
import { refuse, type Message } from "./syntax-error.js";

export interface CellScope {
  /** Whether a cell has declared the name (with anything but an import). */
  declared(name: string): boolean;
  /** Whether the name is a `const` of an earlier cell. */
  constant(name: string): boolean;
  /** Whether the name is a global of Node's that modules rely on; a cell's own variable of that name is renamed. */
  builtin(name: string): boolean;
}

/** The name under which a cell's variable lives when it would hide one of Node's globals from all modules. */
export const hiddenName = (name: string): string => `__cell_${name}`;

const parserOptions = { lang: "ts", sourceType: "module", astType: "ts" } as const;

function parse(source: string) {
  // `{a: 1}` is a block to the grammar and an object to whoever types it.
  const trimmed = source.trim();
  if (trimmed.startsWith("{") && trimmed.endsWith("}")) {
    const result = parseSync("cell.ts", `(${source})`, parserOptions);
    if (!result.errors.length) return { ...shifted(source, result.module), object: true };
  }
  const result = parseSync("cell.ts", source, parserOptions);
  if (result.errors.length) refuse(source, result.errors as Message[]);
  return { program: result.program as unknown as Node, module: result.module, object: false };
}

// The object's text is kept where it is: what was found in it stands one place further, behind the parenthesis.
function shifted(source: string, module: ReturnType<typeof parseSync>["module"]) {
  const back = <T extends { start: number; end: number }>(s: T): T => ({ ...s, start: s.start - 1, end: s.end - 1 });
  return {
    program: { type: "Program", start: 0, end: source.length, body: [] } as Node,
    module: {
      ...module,
      dynamicImports: module.dynamicImports.map(back),
      importMetas: module.importMetas.map(back),
    },
  };
}

export function compileCell(source: string, scope: CellScope): Compiled {
  const { program, module, object } = parse(source);
  const edits = new Edits(source);
  const declared = new Map<string, boolean>();
  const imports: CellImport[] = [];
  const enums = new Set<string>();
  let prelude = "";
  const own = (name: string) => (scope.builtin(name) ? hiddenName(name) : name);

  if (source.startsWith("#!")) edits.replace(0, 2, "//"); // a script's first line, pasted with it
  for (const d of module.dynamicImports) edits.replace(d.start, d.start + 6, `${runtimeName}.import`);
  for (const m of module.importMetas) edits.replace(m.start, m.end, `${runtimeName}.meta`);

  const hoistVars = (statement: Node) =>
    eachVar(statement, (declaration, holder) => {
      for (const d of declaration.declarations)
        for (const name of boundNames(d.id)) {
          if (!scope.declared(name) && !declared.has(name)) prelude += `let ${own(name)};`;
          declared.set(name, false);
        }
      assignInstead(source, edits, declaration, holder, own);
    });

  for (const statement of program.body as Node[]) {
    const exported = /^Export(Named|Default)Declaration$/.test(statement.type);
    const inner = exported ? ((statement.declaration as Node | null) ?? null) : statement;
    if (statement.type === "ImportDeclaration") {
      edits.remove(statement.start, statement.end);
      const request = importOf(statement, (name) => declared.has(name) || scope.declared(name) || scope.builtin(name));
      if (request) imports.push(request);
      continue;
    }
    if (statement.type === "ExportAllDeclaration" || (exported && statement.source)) {
      edits.remove(statement.start, statement.end);
      if (statement.exportKind !== "type")
        imports.push({ specifier: statement.source.value, names: [], start: statement.start });
      continue;
    }
    if (statement.type === "TSExportAssignment" || statement.type === "TSNamespaceExportDeclaration") {
      edits.remove(statement.start, statement.end);
      continue;
    }
    if (exported && !inner) {
      edits.remove(statement.start, statement.end);
      continue;
    }
    // A decorator may stand before `export`; only the words themselves are removed.
    if (exported) removeWords(source, edits, statement, inner!);
    declare(inner!, statement);
  }

  function declare(node: Node, statement: Node): void {
    switch (node.type) {
      case "VariableDeclaration": {
        if (node.declare) return;
        if (node.kind === "var") return hoistVars(node);
        for (const d of node.declarations) for (const name of boundNames(d.id)) declared.set(name, node.kind !== "let");
        if (node.kind === "const") edits.replace(node.start, node.start + 5, "let");
        else if (node.kind !== "let") disposables(edits, node);
        return;
      }
      case "FunctionDeclaration": {
        if (!node.body) return edits.remove(node.start, node.end);
        const name = node.id?.name as string | undefined;
        if (!name) return edits.remove(node.start, node.end); // export default function () {}
        declared.set(name, false);
        edits.remove(node.id.start, node.id.end);
        return edits.hoist(node.start, node.end, `let ${own(name)} = `, `;`);
      }
      case "TSDeclareFunction":
        return edits.remove(node.start, node.end);
      case "ClassDeclaration":
        if (node.declare) return;
        if (node.id) declared.set(node.id.name, false);
        else edits.remove(node.start, node.end);
        return;
      case "TSEnumDeclaration":
        if (node.declare) return;
        enums.add(own(node.id.name));
        if (own(node.id.name) !== node.id.name) edits.replace(node.id.start, node.id.end, own(node.id.name));
        declared.set(node.id.name, false);
        return;
      case "TSModuleDeclaration":
        if (node.declare || node.id?.type !== "Identifier") return;
        declared.set(node.id.name, false);
        if (own(node.id.name) !== node.id.name) edits.replace(node.id.start, node.id.end, own(node.id.name));
        return;
      case "TSImportEqualsDeclaration": {
        if (node.importKind === "type") return edits.remove(node.start, node.end);
        declared.set(node.id.name, false);
        const target = node.moduleReference as Node;
        if (target.type === "TSExternalModuleReference")
          return edits.replace(
            node.start,
            node.end,
            `let ${node.id.name} = require(${JSON.stringify(target.expression.value)});`,
          );
        return edits.replace(node.start, node.end, `let ${node.id.name} = ${source.slice(target.start, target.end)};`);
      }
      default:
        if (statement.type !== "ExportDefaultDeclaration") hoistVars(node);
    }
  }

  const last = lastExpression(program);
  if (object) {
    edits.insert(0, `${runtimeName}.value = (`);
    edits.insert(source.trimEnd().length, ");");
  } else if (last) {
    edits.insert(last.start, `${runtimeName}.value = (`);
    edits.insert(last.end, ")");
  }
  for (const r of freeReferences(
    program,
    (name) => scope.builtin(name) && (declared.has(name) || scope.declared(name)),
  )) {
    const name = hiddenName(r.name);
    edits.replace(r.start, r.end, r.shorthand ? `${r.name}: ${name}` : name);
  }
  for (const write of findConstantWrites(program, (name) => declared.get(name) ?? scope.constant(name)))
    edits.replace(write.start, write.end, `${runtimeName}.constant(${JSON.stringify(write.name)})`);

  for (const { local, copied } of imports.flatMap((i) => i.names)) {
    if (!copied) continue;
    prelude += `let ${own(local)} = ${runtimeName}.imported(${JSON.stringify(local)});`;
    declared.set(local, true);
  }
  return emit(source, edits.apply(), { enums, declared, imports, prelude });
}

function removeWords(source: string, edits: Edits, statement: Node, inner: Node): void {
  const text = source.slice(statement.start, inner.start);
  const words = /export(\s+default)?\s*$/.exec(text);
  if (words) edits.remove(statement.start + words.index, inner.start);
  else {
    // `export` inside the declaration's own span: `@dec export class C {}`
    const at = /\bexport(\s+default)?\s+(?=(abstract\s+)?class\b)/.exec(source.slice(statement.start, statement.end));
    if (at) edits.remove(statement.start + at.index, statement.start + at.index + at[0].length);
  }
}

/** `var` becomes an assignment to the binding that the prelude made. */
function assignInstead(
  source: string,
  edits: Edits,
  declaration: Node,
  holder: Node,
  own: (name: string) => string,
): void {
  const pattern = (id: Node) =>
    id.type === "Identifier" ? own(id.name) : source.slice(id.start, id.typeAnnotation?.start ?? id.end);
  const inLoopHead =
    (holder.type === "ForInStatement" || holder.type === "ForOfStatement") && holder.left === declaration;
  if (inLoopHead) {
    const id = declaration.declarations[0].id as Node;
    return edits.replace(declaration.start, declaration.end, pattern(id));
  }
  const parts: { id: Node; init: Node }[] = declaration.declarations.filter((d: Node) => d.init);
  const inFor = holder.type === "ForStatement" && holder.init === declaration;
  if (!parts.length) return edits.replace(declaration.start, declaration.end, inFor ? "" : ";");
  // Initialisers stay in place, since they may hold edits of their own; only what lies between them is replaced.
  let at = declaration.start;
  parts.forEach(({ id, init }, i) => {
    edits.replace(at, init.start, `${i ? ", " : inFor ? "" : ";("}${pattern(id)} = `);
    at = init.end;
  });
  edits.replace(at, declaration.end, inFor ? "" : ");");
}

/** `using x = f()` becomes a `let` whose value is disposed of when the cell ends, in reverse order. */
function disposables(edits: Edits, node: Node): void {
  const first = node.declarations[0] as Node;
  edits.replace(node.start, first.start, "let ");
  const method = node.kind === "await using" ? "usingAsync" : "using";
  for (const d of node.declarations as Node[]) {
    if (!d.init) continue;
    edits.insert(d.init.start, `${runtimeName}.${method}(`);
    edits.insert(d.init.end, ")");
  }
}

function lastExpression(program: Node): Node | undefined {
  for (let i = program.body.length - 1; i >= 0; i--) {
    const s = program.body[i] as Node;
    if (s.type === "EmptyStatement") continue;
    if (s.type === "ExpressionStatement") return s.expression;
    if (s.type === "ExportDefaultDeclaration" && !/Declaration$|^TS/.test(s.declaration.type)) return s.declaration;
    return undefined;
  }
  return undefined;
}
