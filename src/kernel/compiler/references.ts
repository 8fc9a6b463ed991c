/**
 * Free references of a cell to given names: where they stand, scope by scope. Used to rename a cell's own `console` or
 * `URL`, since a script's `let` of a global's name would hide the global from every module of the process as well.
 */
import { boundNames, eachVar, isFunction, type Node } from "./syntax.js";

export interface Reference {
  name: string;
  start: number;
  end: number;
  /** `{ name }`: the property's own name must stay. */
  shorthand: boolean;
}

/** TypeScript nodes that hold expressions; everything else that begins with TS is types. */
const expressions = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
  "TSEnumDeclaration",
  "TSEnumBody",
  "TSEnumMember",
  "TSModuleDeclaration",
  "TSModuleBlock",
  "TSParameterProperty",
  "TSExportAssignment",
]);
const types = new Set([
  "typeAnnotation",
  "typeParameters",
  "typeArguments",
  "superTypeArguments",
  "returnType",
  "implements",
]);
const scopes = new Set([
  "BlockStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "SwitchStatement",
  "StaticBlock",
  "CatchClause",
  "TSModuleBlock",
  "ClassExpression",
]);

export function visitFree(
  program: Node,
  wanted: (name: string) => boolean,
  found: (node: Node, parent: Node, shorthand: boolean) => void,
): void {
  visit(program, program, new Set());

  function visit(node: Node, parent: Node, outer: ReadonlySet<string>): void {
    if (node.type.startsWith("TS") && !expressions.has(node.type)) return;
    if (node.type === "Identifier") {
      if (!outer.has(node.name) && wanted(node.name)) found(node, parent, false);
      return;
    }
    if (node.type === "ImportDeclaration" || node.type === "ExportAllDeclaration" || node.type === "ExportSpecifier")
      return;
    const inner = scopeOf(node, outer);
    if (node.type === "Property" && node.shorthand) {
      const target = (node.value.type === "AssignmentPattern" ? node.value.left : node.value) as Node;
      if (target.type === "Identifier" && !inner.has(target.name) && wanted(target.name)) found(target, node, true);
      if (node.value.type === "AssignmentPattern") visit(node.value.right, node.value, inner);
      return;
    }
    const skipped = unnamed(node);
    for (const key in node) {
      if (key === "type" || key === skipped || types.has(key)) continue;
      const child = node[key];
      if (Array.isArray(child)) {
        for (const c of child) if (c && typeof c.type === "string") visit(c, node, inner);
      } else if (child && typeof child.type === "string") visit(child, node, inner);
    }
  }
}

export function freeReferences(program: Node, wanted: (name: string) => boolean): Reference[] {
  const references: Reference[] = [];
  visitFree(program, wanted, (node, _parent, shorthand) =>
    references.push({ name: node.name, start: node.start, end: node.start + (node.name as string).length, shorthand }),
  );
  return references;
}

/** The child that is a name and not a reference. */
function unnamed(node: Node): string | undefined {
  switch (node.type) {
    case "MemberExpression":
      return node.computed ? undefined : "property";
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
      return node.computed ? undefined : "key";
    case "TSEnumMember":
      return "id";
    case "TSEnumDeclaration":
    case "TSModuleDeclaration":
      return "id";
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return "label";
    default:
      return undefined;
  }
}

function scopeOf(node: Node, outer: ReadonlySet<string>): ReadonlySet<string> {
  if (isFunction(node)) {
    const own = new Set(outer);
    for (const p of node.params)
      for (const n of boundNames(p.type === "TSParameterProperty" ? p.parameter : p)) own.add(n);
    if (node.type === "FunctionExpression" && node.id) own.add(node.id.name);
    if (node.body?.type === "BlockStatement")
      for (const s of node.body.body)
        eachVar(s, (d) => d.declarations.forEach((x: Node) => boundNames(x.id).forEach((n) => own.add(n))));
    return own;
  }
  if (!scopes.has(node.type)) return outer;
  const own = new Set(outer);
  for (const n of declaredIn(node)) own.add(n);
  return own;
}

function* declaredIn(node: Node): Generator<string> {
  const statements: (Node | null)[] =
    node.type === "SwitchStatement"
      ? node.cases.flatMap((c: Node) => c.consequent)
      : node.type === "ForStatement"
        ? [node.init]
        : node.type === "ForInStatement" || node.type === "ForOfStatement"
          ? [node.left]
          : Array.isArray(node.body)
            ? node.body
            : [];
  if (node.type === "CatchClause") yield* boundNames(node.param);
  if (node.type === "ClassExpression" && node.id) yield node.id.name;
  for (const raw of statements) {
    if (!raw) continue;
    const s: Node = raw.type === "ExportNamedDeclaration" && raw.declaration ? raw.declaration : raw;
    // A var belongs to the function or the notebook around, not to the block.
    if (s.type === "VariableDeclaration" && s.kind !== "var") for (const d of s.declarations) yield* boundNames(d.id);
    else if (/^(FunctionDeclaration|ClassDeclaration|TSEnumDeclaration)$/.test(s.type) && s.id) yield s.id.name;
  }
}
