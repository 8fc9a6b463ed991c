/** Local files and packages that travel in the page: evaluated once, imports first, as Node would. */
import { transform } from "sucrase";
import { NotInThisPage } from "./lacking.js";

export interface PageModule {
  kind: "module" | "commonjs" | "json";
  /** JavaScript, or JSON. */
  code: string;
  /** Specifier as the file writes it → name of the embedded module it means. */
  links: Record<string, string>;
}

export interface PageModules {
  /** Specifier as a cell writes it → name of the embedded module. */
  cells: Record<string, string>;
  files: Record<string, PageModule>;
}

type Namespace = Record<string, unknown>;

interface Loaded {
  exports: Namespace;
  /** Settles when the module has run. */
  done: Promise<void>;
  ran: boolean;
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...parameters: string[]
) => (...values: unknown[]) => Promise<void>;

/**
 * Loads what cells import: embedded modules by their specifier, everything else by `outer`. ES modules are rewritten to
 * functions whose exports stay live; a module sees what another one's functions change later.
 */
export function createModules(
  { cells, files }: PageModules,
  outer: (specifier: string) => Promise<Namespace>,
): (specifier: string) => Promise<Namespace> {
  const loaded = new Map<string, Loaded>();
  const outside = new Map<string, Namespace>();

  const prepare = async (id: string, seen: Set<string>): Promise<void> => {
    if (seen.has(id)) return;
    seen.add(id);
    const { kind, code, links } = files[id]!;
    if (kind === "json") return;
    for (const [, specifier] of code.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*["']([^"'\n]+)["']/g)) {
      const target = links[specifier!];
      if (target !== undefined) await prepare(target, seen);
      else if (!outside.has(specifier!))
        // What a file names and a page lacks is an error where it is used, not where it is named.
        await outer(specifier!).then(
          (module) => void outside.set(specifier!, module),
          () => undefined,
        );
    }
  };

  const run = (id: string): Loaded => {
    const known = loaded.get(id);
    if (known) return known;
    const { kind, code, links } = files[id]!;
    const module = { exports: {} as Namespace };
    const entry: Loaded = { exports: module.exports, done: Promise.resolve(), ran: false };
    loaded.set(id, entry);
    const require = (specifier: string): unknown => {
      const target = links[specifier];
      if (target !== undefined) return run(target).exports;
      const found = outside.get(specifier);
      if (!found) throw new NotInThisPage(`"${specifier}"`, `${id} needs "${specifier}", which a page does not have`);
      return found;
    };
    const finish = () => {
      entry.exports = module.exports;
      entry.ran = true;
    };
    if (kind === "json") {
      module.exports = JSON.parse(code) as Namespace;
      finish();
    } else if (kind === "commonjs") {
      // oxlint-disable-next-line no-new-func -- the page runs code that travels in it
      new Function("module", "exports", "require", "global", `${code}\n//# sourceURL=${id}`)(
        module,
        module.exports,
        require,
        globalThis,
      );
      finish();
    } else {
      Object.defineProperty(module.exports, "__esModule", { value: true });
      const plain = transform(code, { transforms: ["imports"], disableESTransforms: true, filePath: id }).code;
      const body = plain.replaceAll(/\bimport\.meta\b/g, "$meta");
      const evaluate = new AsyncFunction("exports", "require", "$meta", `${body}\n//# sourceURL=${id}`);
      const first = Object.values(links).map((target) => run(target));
      entry.done = (async () => {
        for (const dependency of first) if (!dependency.ran) await settled(dependency, entry);
        await evaluate(module.exports, require, { url: `file:///${id}` });
        finish();
      })();
      waits.set(entry, first);
      entry.done.catch(() => undefined);
    }
    return entry;
  };

  /** Waits for a dependency, except where it waits for this module itself: then it sees what is there so far. */
  const waits = new Map<Loaded, Loaded[]>();
  const settled = async (dependency: Loaded, by: Loaded): Promise<void> => {
    const reaches = (from: Loaded, seen = new Set<Loaded>()): boolean =>
      from === by || (!seen.has(from) && (seen.add(from), (waits.get(from) ?? []).some((d) => reaches(d, seen))));
    if (!reaches(dependency)) await dependency.done;
  };

  return async (specifier) => {
    const id = cells[specifier];
    if (id === undefined) return outer(specifier);
    await prepare(id, new Set());
    const entry = run(id);
    await entry.done;
    const { exports } = entry;
    if (files[id]!.kind === "module") return exports;
    const names = typeof exports === "object" && exports !== null && files[id]!.kind === "commonjs" ? exports : {};
    return { ...names, default: exports };
  };
}
