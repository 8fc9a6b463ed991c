/** Tokens and arithmetic of formulas: what stands inside I(…), log(…), offset(…). */
import { EstimationError } from "./errors.js";

export type Expression =
  | { kind: "number"; value: number }
  | { kind: "string"; value: string }
  | { kind: "name"; name: string }
  | { kind: "unary"; op: "-" | "!"; of: Expression }
  | { kind: "binary"; op: string; left: Expression; right: Expression }
  | { kind: "call"; name: string; args: Expression[]; named: Record<string, Expression> }
  | { kind: "list"; items: Expression[] };

interface Token {
  type: "number" | "string" | "name" | "op" | "end";
  text: string;
  at: number;
}

const pattern =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|`([^`]+)`|([\p{L}_.][\p{L}\p{N}_.]*)|(\*\*|<=|>=|==|!=|&&|\|\||[-+*/^:~()=,<>!&|[\]]))/uy;

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  const end = source.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const m = pattern.exec(source);
    if (!m) throw syntax(source, at, "a name, a number or an operator");
    const type = m[1] !== undefined ? "number" : m[2] !== undefined ? "string" : m[5] !== undefined ? "op" : "name";
    const text = m[2] !== undefined ? m[2].slice(1, -1).replace(/\\(.)/g, "$1") : (m[1] ?? m[3] ?? m[4] ?? m[5])!;
    tokens.push({ type, text, at: at + m[0].length - m[0].trimStart().length });
  }
  tokens.push({ type: "end", text: "", at: source.length });
  return tokens;
}

export function syntax(source: string, at: number, expected: string): EstimationError {
  return new EstimationError(
    "formula",
    `formula "${source}", character ${at + 1}: expected ${expected}, found ${source.slice(at).trim() ? `"${source.slice(at).trim().slice(0, 12)}"` : "the end"}`,
  );
}

/** A cursor over tokens, with the arithmetic grammar; the formula grammar (formula.ts) builds on it. */
export class Cursor {
  readonly tokens: Token[];
  readonly source: string;
  position = 0;
  constructor(source: string) {
    this.source = source;
    this.tokens = tokenize(source);
  }
  get token(): Token {
    return this.tokens[this.position]!;
  }
  is(...ops: string[]): boolean {
    return this.token.type === "op" && ops.includes(this.token.text);
  }
  take(...ops: string[]): string | undefined {
    return this.is(...ops) ? this.tokens[this.position++]!.text : undefined;
  }
  expect(op: string): void {
    if (!this.take(op)) throw this.error(`"${op}"`);
  }
  error(expected: string): EstimationError {
    return syntax(this.source, this.token.at, expected);
  }

  /** The arithmetic grammar, loosest operator first. */
  arithmetic(): Expression {
    return this.#left(["||", "|"], () =>
      this.#left(["&&", "&"], () =>
        this.#left(["==", "!=", "<=", ">=", "<", ">"], () =>
          this.#left(["+", "-"], () => this.#left(["*", "/"], () => this.#unary())),
        ),
      ),
    );
  }

  #left(ops: string[], next: () => Expression): Expression {
    let left = next();
    let op: string | undefined;
    while ((op = this.take(...ops))) left = { kind: "binary", op, left, right: next() };
    return left;
  }

  #unary(): Expression {
    if (this.take("-")) return { kind: "unary", op: "-", of: this.#unary() };
    if (this.take("+")) return this.#unary();
    if (this.take("!")) return { kind: "unary", op: "!", of: this.#unary() };
    const base = this.primary();
    return this.take("^", "**") ? { kind: "binary", op: "^", left: base, right: this.#unary() } : base;
  }

  primary(): Expression {
    const { type, text } = this.token;
    if (type === "number") {
      this.position++;
      return { kind: "number", value: Number(text) };
    }
    if (type === "string") {
      this.position++;
      return { kind: "string", value: text };
    }
    if (type === "name") {
      this.position++;
      return this.is("(") ? this.call(text) : { kind: "name", name: text };
    }
    if (this.take("(")) {
      const inner = this.arithmetic();
      this.expect(")");
      return inner;
    }
    if (this.take("[")) {
      const items: Expression[] = [];
      while (!this.take("]")) {
        items.push(this.arithmetic());
        if (!this.is("]")) this.expect(",");
      }
      return { kind: "list", items };
    }
    throw this.error("a name, a number or (");
  }

  /** The arguments of a call whose name was just read. */
  call(name: string): Expression {
    this.expect("(");
    const args: Expression[] = [];
    const named: Record<string, Expression> = {};
    while (!this.take(")")) {
      const next = this.tokens[this.position + 1]!;
      if (this.token.type === "name" && next.type === "op" && next.text === "=") {
        const key = this.token.text;
        this.position += 2;
        named[key] = this.arithmetic();
      } else args.push(this.arithmetic());
      if (!this.is(")")) this.expect(",");
    }
    // patsy's Q("odd name") and R's `odd name` are the same thing.
    if (name === "Q" && args[0]?.kind === "string") return { kind: "name", name: args[0].value };
    return { kind: "call", name, args, named };
  }
}

/** An expression as canonical text: the name of its column, and its identity. */
export function show(e: Expression): string {
  switch (e.kind) {
    case "number":
      return String(e.value);
    case "string":
      return `'${e.value}'`;
    case "name":
      return /^[\p{L}_.][\p{L}\p{N}_.]*$/u.test(e.name) ? e.name : `\`${e.name}\``;
    case "unary":
      return `${e.op}${bracket(e.of)}`;
    case "binary":
      return e.op === "^" ? `${bracket(e.left)}^${bracket(e.right)}` : `${bracket(e.left)} ${e.op} ${bracket(e.right)}`;
    case "list":
      return `[${e.items.map(show).join(", ")}]`;
    case "call":
      return `${e.name}(${[...e.args.map(show), ...Object.entries(e.named).map(([k, v]) => `${k}=${show(v)}`)].join(", ")})`;
  }
}

const bracket = (e: Expression): string => (e.kind === "binary" ? `(${show(e)})` : show(e));

/** Names of the columns an expression reads. */
export function namesIn(e: Expression): string[] {
  switch (e.kind) {
    case "name":
      return [e.name];
    case "unary":
      return namesIn(e.of);
    case "binary":
      return [...namesIn(e.left), ...namesIn(e.right)];
    case "call":
      return e.args.flatMap(namesIn);
    default:
      return [];
  }
}

const functions: Partial<Record<string, (x: number) => number>> = {
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  exp: Math.exp,
  expm1: Math.expm1,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sin: Math.sin,
  cos: Math.cos,
  round: Math.round,
  floor: Math.floor,
  ceiling: Math.ceil,
  sign: Math.sign,
  I: (x) => x,
};

/** Names of the functions that expressions know, for messages. */
export const functionNames = Object.keys(functions);

const operators: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  // Repeated multiplication: Math.pow differs in the last bit between engines, and small powers are the rule.
  "^": (a, b) => {
    if (!Number.isInteger(b) || b < 0 || b > 16) return a ** b;
    let out = 1;
    for (let i = 0; i < b; i++) out *= a;
    return out;
  },
  "<": (a, b) => +(a < b),
  ">": (a, b) => +(a > b),
  "<=": (a, b) => +(a <= b),
  ">=": (a, b) => +(a >= b),
  "==": (a, b) => +(a === b),
  "!=": (a, b) => +(a !== b),
  "&": (a, b) => +(a !== 0 && b !== 0),
  "&&": (a, b) => +(a !== 0 && b !== 0),
  "|": (a, b) => +(a !== 0 || b !== 0),
  "||": (a, b) => +(a !== 0 || b !== 0),
};

/**
 * The values of an expression, one a row; missing (NaN) wherever a column it reads is missing.
 * `numbers` gives a numeric column, `text` the raw values of a column compared with a string.
 */
export function evaluate(
  e: Expression,
  n: number,
  numbers: (name: string) => Float64Array,
  text: (name: string) => readonly (string | number | null)[],
): Float64Array {
  const go = (x: Expression): Float64Array => evaluate(x, n, numbers, text);
  switch (e.kind) {
    case "number":
      return new Float64Array(n).fill(e.value);
    case "name":
      return numbers(e.name);
    case "unary":
      return go(e.of).map((v) => (Number.isNaN(v) ? NaN : e.op === "-" ? -v : +(v === 0)));
    case "binary": {
      if ((e.op === "==" || e.op === "!=") && (e.left.kind === "string" || e.right.kind === "string")) {
        const [name, value] = e.left.kind === "string" ? [e.right, e.left] : [e.left, e.right as { value: string }];
        if (name.kind !== "name")
          throw new EstimationError("formula", `in ${show(e)}: text can only be compared with a column`);
        return Float64Array.from(text(name.name), (v) =>
          v === null ? NaN : +((String(v) === (value as { value: string }).value) === (e.op === "==")),
        );
      }
      const a = go(e.left);
      const b = go(e.right);
      const f = operators[e.op]!;
      return a.map((v, i) => (Number.isNaN(v) || Number.isNaN(b[i]!) ? NaN : f(v, b[i]!)));
    }
    case "call": {
      const f = functions[e.name];
      if (!f || e.args.length !== 1 || Object.keys(e.named).length)
        throw new EstimationError(
          "formula",
          f
            ? `${e.name}() takes one argument, found ${show(e)}`
            : e.name === "weights"
              ? 'weights are an option beside the formula, not a term in it: { weights: "column" }'
              : `${e.name}() is not known in a formula; known are ${functionNames.join(", ")}, C, poly, center, scale, offset`,
        );
      return go(e.args[0]!).map((v) => (Number.isNaN(v) ? NaN : f(v)));
    }
    default:
      throw new EstimationError(
        "formula",
        `${show(e)} has no numeric value; text stands only in comparisons and in C(…)`,
      );
  }
}
