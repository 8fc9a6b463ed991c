// Values as text exactly as the kernel (Node's util.inspect) writes them.
import { inspect as nodeInspect } from "node-inspect-extracted";

export const inspect = (value: unknown): string =>
  nodeInspect(value, { depth: 4, maxArrayLength: 100, breakLength: 100 });

/** The same for a value shown: a page cannot look into a promise, but it can ask one that has settled. */
export async function inspectSettled(value: unknown): Promise<string> {
  if (!(value instanceof Promise)) return inspect(value);
  const pending = {};
  try {
    const result: unknown = await Promise.race([value, Promise.resolve(pending)]);
    return result === pending ? "Promise { <pending> }" : `Promise { ${inspect(result)} }`;
  } catch (reason) {
    return `Promise { <rejected> ${inspect(reason)} }`;
  }
}
