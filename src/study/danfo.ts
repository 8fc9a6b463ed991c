import type { DanfoFrame } from "./from.js";
import type { Respondents } from "./respondents.js";

interface Danfo {
  DataFrame: new (data: Record<string, unknown[]>, options?: { index?: string[] }) => DanfoFrame;
}

/**
 * The respondents as a danfojs data frame: one column an item, row ids as index, missing as NaN or undefined (what
 * danfojs calls missing). danfojs is loaded when this is called and is not installed with Proband: run
 * `npm install danfojs-node` (see docs/study.md for what it brings along and how to bring less), or pass the module,
 * in a browser `danfojs`.
 */
export async function toDanfo(respondents: Respondents, danfo?: Danfo): Promise<DanfoFrame> {
  const { DataFrame } = danfo ?? (await load());
  const columns = Object.fromEntries(
    respondents.names.map((name) => {
      const values = respondents.column(name);
      const numeric = values.some((v) => typeof v === "number");
      return [name, values.map((v) => v ?? (numeric ? NaN : undefined))];
    }),
  );
  return new DataFrame(columns, { index: [...respondents.ids] });
}

async function load(): Promise<Danfo> {
  // The name is a variable, so that no bundler tries to include it.
  const name = "danfojs-node";
  try {
    const module = (await import(name)) as Danfo & { default?: Danfo };
    return module.default?.DataFrame ? module.default : module;
  } catch (error) {
    throw new Error(
      `danfojs-node cannot be loaded (${(error as Error).message.split("\n")[0]}); run: npm install danfojs-node`,
    );
  }
}
