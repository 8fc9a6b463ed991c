/** The little of a syntax tree (ESTree with TypeScript nodes) that the cell compiler looks at. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: any;
}

/** Names bound by a pattern: `a`, `{a, b: [c]}`, `...rest`, `a = 1`. */
export function boundNames(pattern: Node | null | undefined, into: string[] = []): string[] {
  if (!pattern) return into;
  switch (pattern.type) {
    case "Identifier":
      into.push(pattern.name);
      break;
    case "ObjectPattern":
      for (const p of pattern.properties) boundNames(p.type === "RestElement" ? p.argument : p.value, into);
      break;
    case "ArrayPattern":
      for (const e of pattern.elements) boundNames(e, into);
      break;
    case "AssignmentPattern":
      boundNames(pattern.left, into);
      break;
    case "RestElement":
      boundNames(pattern.argument, into);
  }
  return into;
}

const functions = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);
export const isFunction = (node: Node): boolean => functions.has(node.type);

/** Statements that may hold a `var` of the surrounding function or script. */
const holders: Record<string, readonly string[]> = {
  BlockStatement: ["body"],
  IfStatement: ["consequent", "alternate"],
  ForStatement: ["init", "body"],
  ForInStatement: ["left", "body"],
  ForOfStatement: ["left", "body"],
  WhileStatement: ["body"],
  DoWhileStatement: ["body"],
  LabeledStatement: ["body"],
  TryStatement: ["block", "handler", "finalizer"],
  CatchClause: ["body"],
  SwitchStatement: ["cases"],
  SwitchCase: ["consequent"],
  ExportNamedDeclaration: ["declaration"],
};

/** Calls `found` for each `var` declaration that belongs to the script itself, with the statement that holds it. */
export function eachVar(node: Node, found: (declaration: Node, holder: Node) => void, holder: Node = node): void {
  if (node.type === "VariableDeclaration") {
    if (node.kind === "var" && !node.declare) found(node, holder);
    return;
  }
  for (const key of holders[node.type] ?? []) {
    const child = node[key] as Node | Node[] | null;
    if (Array.isArray(child)) for (const c of child) eachVar(c, found, node);
    else if (child) eachVar(child, found, node);
  }
}
