/** Local TypeScript files as Node runs them: for the module hooks that load them and the debugger that stops in them. */
import { transformSync } from "oxc-transform";

export interface Transformed {
  code: string;
  /** Mappings of the source map (ECMA-426), from the code's positions to the file's. */
  mappings: string;
  map: object;
}

/** Throws a SyntaxError that names the file and shows the place. */
export function transformLocal(path: string, source: string): Transformed {
  const result = transformSync(path, source, {
    lang: /x$/.test(path) ? "tsx" : "ts",
    sourceType: "module",
    target: "node20",
    sourcemap: true,
    helpers: { mode: "External" as never },
    decorator: { legacy: true, emitDecoratorMetadata: true },
  });
  if (result.errors.length) {
    const e = result.errors[0]!;
    throw new SyntaxError(`${path}: ${e.message}\n${e.codeframe ?? ""}`);
  }
  const map = { ...result.map, sources: [path], sourcesContent: [source] };
  return { code: result.code, mappings: result.map?.mappings ?? "", map };
}
