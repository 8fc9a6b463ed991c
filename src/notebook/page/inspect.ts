// Values as text exactly as the kernel (Node's util.inspect) writes them.
import { inspect as nodeInspect } from "node-inspect-extracted";

export const inspect = (value: unknown): string =>
  nodeInspect(value, { depth: 4, maxArrayLength: 100, breakLength: 100 });
