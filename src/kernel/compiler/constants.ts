/**
 * Finds assignments to constants. Cells compile `const` to `let` (so that a cell may be run again), hence V8 does not
 * refuse them; the compiler does, where the name is not bound by an inner scope.
 */
import { visitFree } from "./references.js";
import type { Node } from "./syntax.js";

export interface ConstantWrite {
  name: string;
  start: number;
  end: number;
}

export function findConstantWrites(program: Node, constant: (name: string) => boolean): ConstantWrite[] {
  const found: ConstantWrite[] = [];
  visitFree(program, constant, (node, parent) => {
    const written =
      (parent.type === "AssignmentExpression" && parent.left === node) ||
      (parent.type === "UpdateExpression" && parent.argument === node);
    if (written) found.push({ name: node.name, start: parent.start, end: parent.end });
  });
  return found;
}
