/**
 * Regular expressions (JSON Schema's `pattern`, ECMA-262) as grammars of the inside of a JSON string. Supported: literals,
 * classes, `.`, `\d \w \s` and their opposites, groups, alternation, all quantifiers, and the anchors at the ends. What
 * looks around or back (lookaheads, `\b`, backreferences) is no grammar and is refused.
 */
import type { Grammar, Node } from "./grammar.js";

/** Which characters (code points) a place takes. */
type Accepts = (ch: string) => boolean;

const escapes: [string, string][] = [
  ['\\"', '"'],
  ["\\\\", "\\"],
  ["\\/", "/"],
  ["\\n", "\n"],
  ["\\t", "\t"],
  ["\\r", "\r"],
  ["\\b", "\b"],
  ["\\f", "\f"],
];
const digit: Accepts = (ch) => ch >= "0" && ch <= "9";
const word: Accepts = (ch) => /^\w$/.test(ch);
const space: Accepts = (ch) => /^\s$/.test(ch);
const not =
  (accepts: Accepts): Accepts =>
  (ch) =>
    !accepts(ch);
const classes: Record<string, Accepts> = { d: digit, D: not(digit), w: word, W: not(word), s: space, S: not(space) };
const controls: Record<string, string> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v", "0": "\0" };

/** One character of a string's value, as JSON writes it. */
export function jsonCharacter(g: Grammar, accepts: Accepts): Node | undefined {
  const options: Node[] = [];
  const plain = (ch: string) => ch !== '"' && ch !== "\\" && ch >= " ";
  // The example is what an answer is completed with: letters and digits rather than whatever comes first.
  const samples = ["a", "0", "A", "-", " ", ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))];
  const sample = [...samples, "é", "ß", "α", "あ"].find((ch) => plain(ch) && accepts(ch));
  if (sample !== undefined) options.push(g.character((ch) => plain(ch) && accepts(ch), sample));
  for (const [written, value] of escapes) if (accepts(value)) options.push(g.text(written));
  return options.length ? g.choice(...options) : undefined;
}

/** The strings that match; `bad` makes the error for what is not supported. */
export function patternGrammar(g: Grammar, source: string, bad: (why: string) => Error): Node {
  try {
    new RegExp(source, /\\p/i.test(source) ? "u" : "");
  } catch (error) {
    throw bad(`pattern ${source} is not a regular expression: ${(error as Error).message}`);
  }
  const letters = [...source];
  let at = 0;
  const refuse = (what: string) => bad(`pattern ${source}: ${what} is not supported`);
  const anything = g.repeat(
    jsonCharacter(g, () => true)!,
    0,
    Infinity,
  );
  const take = (ch: string) => letters[at] === ch && (at++, true);

  /** Alternatives; at the top each may be anchored, and matches anywhere in the string where it is not. */
  function alternatives(top: boolean): Node {
    const options: Node[] = [];
    do {
      const open = !(top && take("^"));
      const parts: Node[] = [];
      let closed = false;
      while (at < letters.length && letters[at] !== "|" && letters[at] !== ")") {
        if (letters[at] === "^") throw refuse("^ other than at the beginning");
        if (letters[at] === "$") {
          at++;
          const last = at === letters.length || letters[at] === "|";
          if (!top || !last) throw refuse("$ other than at the end");
          closed = true;
          break;
        }
        parts.push(quantified());
      }
      if (top) options.push(g.sequence(...(open ? [anything] : []), ...parts, ...(closed ? [] : [anything])));
      else options.push(g.sequence(...parts));
    } while (take("|"));
    return options.length === 1 ? options[0]! : g.choice(...options);
  }

  function quantified(): Node {
    let node = atom();
    const range = /^\{(\d+)(,?)(\d*)\}/.exec(letters.slice(at, at + 24).join(""));
    let bounds: [number, number] | undefined;
    if (take("*")) bounds = [0, Infinity];
    else if (take("+")) bounds = [1, Infinity];
    else if (take("?")) bounds = [0, 1];
    else if (range) {
      at += range[0].length;
      const least = Number(range[1]);
      bounds = [least, range[3] ? Number(range[3]) : range[2] ? Infinity : least];
    }
    if (!bounds) return node;
    if (bounds[0] > 5000) throw refuse(`${bounds[0]} repetitions`);
    // Lazy or greedy, the same strings match.
    take("?");
    node = g.repeat(node, ...bounds);
    return node;
  }

  function atom(): Node {
    const ch = letters[at++]!;
    if (ch === "(") {
      if (take("?")) {
        if (take("<")) {
          if (letters[at] === "=" || letters[at] === "!") throw refuse("a lookbehind");
          while (letters[at++] !== ">");
        } else if (!take(":")) throw refuse("a lookahead");
      }
      const node = alternatives(false);
      at++;
      return node;
    }
    const accepts = ch === "[" ? set() : ch === "." ? (c: string) => !/^[\n\r\u2028\u2029]$/.test(c) : character(ch);
    const node = jsonCharacter(g, accepts);
    if (!node) throw refuse(`a class without a character that can be written (${letters.slice(0, at).join("")})`);
    return node;
  }

  /** A literal or an escape, of which the backslash has been read. */
  function character(ch: string): Accepts {
    if (ch !== "\\") return (c) => c === ch;
    const value = escaped();
    return typeof value === "string" ? (c) => c === value : value;
  }

  function escaped(): string | Accepts {
    const ch = letters[at++]!;
    if (classes[ch]) return classes[ch];
    if (controls[ch] !== undefined) return controls[ch];
    if (ch === "u" || ch === "x") {
      const found = (ch === "x" ? /^[\da-f]{2}/i : /^(?:[\da-f]{4}|\{[\da-f]+\})/i).exec(
        letters.slice(at, at + 10).join(""),
      );
      if (!found) throw refuse(`\\${ch}`);
      at += found[0].length;
      return String.fromCodePoint(parseInt(found[0].replace(/[{}]/g, ""), 16));
    }
    if (/[a-z0-9]/i.test(ch)) throw refuse(`\\${ch}`);
    return ch;
  }

  function set(): Accepts {
    const negated = take("^");
    const parts: Accepts[] = [];
    const one = (): string | Accepts => {
      const ch = letters[at++]!;
      if (ch !== "\\") return ch;
      // Within a class \b is a backspace.
      return take("b") ? "\b" : escaped();
    };
    while (!take("]")) {
      const from = one();
      if (typeof from === "string" && letters[at] === "-" && letters[at + 1] !== "]") {
        at++;
        const to = one() as string;
        const [low, high] = [from.codePointAt(0)!, to.codePointAt(0)!];
        parts.push((c) => c.codePointAt(0)! >= low && c.codePointAt(0)! <= high);
      } else parts.push(typeof from === "string" ? (c) => c === from : from);
    }
    const any: Accepts = (c) => parts.some((accepts) => accepts(c));
    return negated ? not(any) : any;
  }

  return alternatives(true);
}

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d";
const date = "(?:19|20)\\d\\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])";
const label = "[a-z](?:[a-z0-9-]{0,20}[a-z0-9])?";

/** `format`, each as a pattern of what it surely takes: days up to the 28th, years 1900 to 2099, UTC. */
export const formats: Record<string, string> = {
  date: `^${date}$`,
  time: `^${time}Z$`,
  "date-time": `^${date}T${time}Z$`,
  duration: "^P(?:\\d{1,3}[DW]|T\\d{1,3}[HMS])$",
  email: `^[a-z0-9]{1,20}(?:[._-][a-z0-9]{1,20}){0,2}@${label}(?:\\.${label})?\\.(?:com|org|net|edu)$`,
  hostname: `^${label}(?:\\.${label}){0,3}$`,
  ipv4: `^${octet}(?:\\.${octet}){3}$`,
  ipv6: "^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}$",
  uuid: "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
};
