/**
 * Cells for a page: TypeScript to a function body in which top-level names live on one scope object, so that cells
 * share live bindings and may declare a name again, as in the kernel (one table of semantics: test/kernel/semantics).
 *
 * The kernel has V8's REPL mode for this; a page has not. The body runs strict inside `with (scope)`: every free
 * name is looked up on the scope first, closures included, so `let c = 0; function inc() { c++ }` in one cell sees
 * `c = 10` of another. Line numbers are kept, so that a stack names the cell's own lines.
 */
import { parse, type AnyNode, type Identifier, type Pattern, type Program, type VariableDeclaration } from "acorn";
import MagicString from "magic-string";
import { transform } from "sucrase";

export interface CompiledCell {
  /** Body of an async function with parameters `$scope, $import, $meta, $cell`. */
  code: string;
  /** Names the cell declares on the scope. */
  names: string[];
  /** Whether its last statement is an expression whose value is the cell's result. */
  hasResult: boolean;
}

type Node = AnyNode & { start: number; end: number };

/** Compiles a cell. Throws a SyntaxError with line and column. */
export function compileCell(source: string, name = "cell.ts"): CompiledCell {
  const { javascript, program } = objectLiteral(source, name) ?? read(source, name);
  const text = new MagicString(javascript);
  const names = new Set<string>();
  const hoisted: Hoisted = { imports: [], functions: [] };
  rewriteNested(program, text, names);
  const last = program.body.at(-1);
  for (const statement of program.body) rewriteStatement(statement as Node, text, names, hoisted, statement === last);
  const hasResult =
    last?.type === "ExpressionStatement" ||
    (last?.type === "ExportDefaultDeclaration" && !/^(Function|Class)Declaration$/.test(last.declaration.type));
  const head = `$cell.declare(${JSON.stringify([...names])});${hoisted.imports.join("")}${hoisted.functions.join("")}`;
  const code = `with ($scope) { return (async function () { "use strict"; ${head} ${text.toString()}\n}).call(undefined); }\n//# sourceURL=${name}`;
  return { code, names: [...names], hasResult };
}

/** What runs before the cell's first line: its imports, then its functions. */
interface Hoisted {
  imports: string[];
  functions: string[];
}

function read(source: string, name: string): { javascript: string; program: Program } {
  const javascript = stripTypes(source, name);
  try {
    const program = parse(javascript, {
      ecmaVersion: "latest",
      sourceType: "module",
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: false,
    });
    return { javascript, program };
  } catch (error) {
    throw syntaxError(error, name, 1);
  }
}

/** `{ a: 1 }` alone is an object, as in the kernel; where it does not read as one it is a block. */
function objectLiteral(source: string, name: string): ReturnType<typeof read> | undefined {
  const trimmed = source.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return undefined;
  try {
    return read(`(${source}\n)`, name);
  } catch {
    return undefined;
  }
}

function stripTypes(script: string, name: string): string {
  const source = script.replace(/^#!/, "//"); // a script's first line, pasted with it
  if (/^\s*(export\s+)?(declare\s+)?namespace\s+\w/m.test(source))
    throw new SyntaxError(
      `${name}: a cell edited in a page cannot hold namespaces; use an object, or run it in JupyterLab`,
    );
  try {
    return transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      keepUnusedImports: true,
      filePath: name,
    }).code;
  } catch (error) {
    throw syntaxError(error, name, 0);
  }
}

/** Columns are counted from 1; acorn counts them from 0, sucrase from 1. */
function syntaxError(error: unknown, name: string, base: number): SyntaxError {
  const { message, loc } = error as Error & { loc?: { line: number; column: number } };
  const plain = message.replace(/^Error transforming [^:]*: /, "").replace(/\s*\(\d+:\d+\)$/, "");
  return new SyntaxError(loc ? `${plain} (${name}:${loc.line}:${loc.column + base})` : `${plain} (${name})`);
}

function rewriteStatement(node: Node, text: MagicString, names: Set<string>, hoisted: Hoisted, isLast: boolean): void {
  switch (node.type) {
    case "VariableDeclaration":
      return rewriteDeclaration(node, text, names);
    case "FunctionDeclaration": {
      const id = (node.id as Identifier).name;
      names.add(id);
      // A local function hoists and makes the named function, whose own name stays a scope look-up and so stays live.
      const header = text.original.slice(node.start, node.params.length ? node.params[0]!.start : node.body.start);
      const nameAt = node.start + header.indexOf(id, header.indexOf("function") + 8);
      text.appendLeft(node.start, `function $make_${id}() { return { ${id}: `);
      text.remove(nameAt, nameAt + id.length);
      text.appendRight(node.end, ` }.${id} }`);
      hoisted.functions.push(`${id} = $make_${id}();`);
      return;
    }
    case "ClassDeclaration":
      names.add((node.id as Identifier).name);
      text.appendLeft(node.start, `${(node.id as Identifier).name} = `);
      text.appendRight(node.end, ";");
      return;
    case "ImportDeclaration":
      return rewriteImport(node, text, names, hoisted);
    case "ExportNamedDeclaration":
      if (node.declaration) {
        text.remove(node.start, node.declaration.start);
        return rewriteStatement(node.declaration as Node, text, names, hoisted, false);
      }
      text.overwrite(node.start, node.end, keepLines(text.original.slice(node.start, node.end)));
      return;
    case "ExportDefaultDeclaration": {
      const { declaration } = node;
      if ((declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") && declaration.id) {
        text.remove(node.start, declaration.start);
        return rewriteStatement(declaration as Node, text, names, hoisted, false);
      }
      text.overwrite(node.start, declaration.start, isLast ? "$cell.value = (" : "(");
      text.appendRight(declaration.end, ")");
      return;
    }
    case "ExportAllDeclaration":
      text.overwrite(node.start, node.end, keepLines(text.original.slice(node.start, node.end)));
      return;
    case "ExpressionStatement":
      if (!isLast) return;
      text.appendLeft(node.expression.start, "$cell.value = (");
      text.appendRight(node.expression.end, ")");
  }
}

/** `const { a, b } = f()` becomes an assignment; constants are sealed after it. */
function rewriteDeclaration(node: VariableDeclaration, text: MagicString, names: Set<string>): void {
  const kind = node.kind as string;
  const declared = node.declarations.flatMap((d) => namesOf(d.id));
  for (const name of declared) names.add(name);
  if (kind === "using" || kind === "await using") {
    // Disposed when the cell ends, last first; the name stays visible to later cells, as the object it was.
    text.overwrite(node.start, node.declarations[0]!.start, "");
    for (const { init } of node.declarations) {
      if (!init) throw new SyntaxError("using needs an initial value");
      text.appendLeft(init.start, `$cell.use(${kind === "using" ? "false" : "true"}, `);
      text.appendRight(init.end, ")");
    }
    return;
  }
  const first = node.declarations[0]!;
  text.overwrite(node.start, first.start, kind === "const" ? `$cell.open(${JSON.stringify(declared)}); ` : "");
  for (const d of node.declarations) {
    const plain = d.id.type === "Identifier";
    if (!d.init) {
      // `var x;` keeps the value it had, `let x;` is undefined.
      text.overwrite(d.id.start, d.id.end, kind === "var" ? "0" : `${(d.id as Identifier).name} = undefined`);
      continue;
    }
    text.appendLeft(d.start, plain ? "" : "(");
    text.appendRight(d.end, plain ? "" : ")");
  }
  const ends = text.original[node.end - 1] === ";";
  text.appendRight(
    node.end,
    `${ends ? "" : ";"}${kind === "const" ? ` $cell.seal(${JSON.stringify(declared)});` : ""}`,
  );
}

function rewriteImport(
  node: Extract<AnyNode, { type: "ImportDeclaration" }>,
  text: MagicString,
  names: Set<string>,
  hoisted: Hoisted,
): void {
  const from = JSON.stringify(node.source.value);
  const source = text.original.slice(node.start, node.end);
  text.overwrite(node.start, node.end, `;${keepLines(source)}`);
  // Local name → export; "*" is the module itself.
  const bindings: Record<string, string> = {};
  for (const s of node.specifiers) {
    names.add(s.local.name);
    bindings[s.local.name] =
      s.type === "ImportNamespaceSpecifier"
        ? "*"
        : s.type === "ImportDefaultSpecifier"
          ? "default"
          : s.imported.type === "Identifier"
            ? s.imported.name
            : String(s.imported.value);
  }
  // Only types were imported.
  if (!node.specifiers.length && source.includes("{")) return;
  hoisted.imports.push(`$cell.bind(${from}, await $import(${from}), ${JSON.stringify(bindings)});`);
}

/** What is rewritten anywhere in the cell: `import()`, `import.meta`, and `var`s of top-level blocks, which are the cell's. */
function rewriteNested(program: Program, text: MagicString, names: Set<string>): void {
  const visit = (node: AnyNode, inFunction: boolean, top: boolean): void => {
    if (node.type === "ImportExpression") text.overwrite(node.start, node.start + "import".length, "$import");
    if (node.type === "MetaProperty" && node.meta.name === "import") text.overwrite(node.start, node.end, "$meta");
    if (node.type === "VariableDeclaration" && node.kind === "var" && !inFunction && !top) {
      const declared = node.declarations.flatMap((d) => namesOf(d.id));
      for (const name of declared) names.add(name);
      text.overwrite(node.start, node.declarations[0]!.start, "");
      for (const d of node.declarations)
        if (d.id.type !== "Identifier") {
          text.appendLeft(d.start, "(");
          text.appendRight(d.end, ")");
        }
    }
    const enters = /Function|^PropertyDefinition$|^StaticBlock$/.test(node.type);
    for (const [key, value] of Object.entries(node)) {
      if (key === "type" || typeof value !== "object" || value === null) continue;
      for (const child of Array.isArray(value) ? value : [value])
        if (child && typeof child.type === "string")
          visit(
            child as AnyNode,
            inFunction || enters,
            node.type === "Program" || node.type === "ExportNamedDeclaration",
          );
    }
  };
  visit(program, false, false);
}

const keepLines = (source: string): string => "\n".repeat(source.split("\n").length - 1);

function namesOf(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((p) => namesOf(p.type === "RestElement" ? p.argument : p.value));
    case "ArrayPattern":
      return pattern.elements.flatMap((e) => (e ? namesOf(e) : []));
    case "RestElement":
      return namesOf(pattern.argument);
    case "AssignmentPattern":
      return namesOf(pattern.left);
    default:
      return [];
  }
}
