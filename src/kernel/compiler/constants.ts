/**
 * Finds assignments to constants. Cells compile `const` to `let` (so that a cell may be run again), hence V8 does not
 * refuse them; the compiler does, where the name is not bound by an inner scope.
 */
import { boundNames, eachVar, isFunction, type Node } from "./syntax.js";

export interface ConstantWrite {
  name: string;
  start: number;
  end: number;
}

export function findConstantWrites(program: Node, constant: (name: string) => boolean): ConstantWrite[] {
  const found: ConstantWrite[] = [];
  visit(program, new Set(), true);
  return found;

  function visit(node: Node, inner: ReadonlySet<string>, top = false): void {
    let scope = inner;
    if (isFunction(node)) {
      const own = new Set(inner);
      for (const p of node.params)
        for (const n of boundNames(p.type === "TSParameterProperty" ? p.parameter : p)) own.add(n);
      if (node.type === "FunctionExpression" && node.id) own.add(node.id.name);
      if (node.body?.type === "BlockStatement")
        for (const s of node.body.body)
          eachVar(s, (d) => d.declarations.forEach((x: Node) => boundNames(x.id).forEach((n) => own.add(n))));
      scope = own;
    } else if (!top && holdsDeclarations(node)) {
      const own = new Set(inner);
      for (const n of declaredIn(node)) own.add(n);
      scope = own;
    }
    const target =
      node.type === "AssignmentExpression" ? node.left : node.type === "UpdateExpression" ? node.argument : undefined;
    if (target?.type === "Identifier" && !scope.has(target.name) && constant(target.name)) {
      found.push({ name: target.name, start: node.start, end: node.end });
      return;
    }
    for (const key in node) {
      if (key === "type" || key === "start" || key === "end" || key === "typeAnnotation" || key === "parent") continue;
      const child = node[key];
      if (Array.isArray(child)) {
        for (const c of child) if (c && typeof c.type === "string") visit(c, scope);
      } else if (child && typeof child.type === "string") visit(child, scope);
    }
  }
}

const blocks = new Set([
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
const holdsDeclarations = (node: Node) => blocks.has(node.type);

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
    if (s.type === "VariableDeclaration") for (const d of s.declarations) yield* boundNames(d.id);
    else if (
      (s.type === "FunctionDeclaration" || s.type === "ClassDeclaration" || s.type === "TSEnumDeclaration") &&
      s.id
    )
      yield s.id.name;
  }
}
