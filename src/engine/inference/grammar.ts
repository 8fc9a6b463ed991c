/**
 * Regular and recursive grammars over characters, matched a character at a time. A state is what must still come: a
 * node and then the rest. Equal states are the same object, so that sets of them can be compared and remembered.
 */

export type Node =
  | { kind: "text"; id: number; text: string }
  /** One character. `sample` is one that it accepts, for the shortest completion. */
  | { kind: "character"; id: number; accepts: (ch: string) => boolean; sample: string }
  | { kind: "sequence"; id: number; parts: Node[] }
  | { kind: "choice"; id: number; options: Node[] }
  | { kind: "repeat"; id: number; part: Node; min: number; max: number }
  | { kind: "reference"; id: number; target: () => Node };

/** What must still come; `null`: nothing. */
export type Rest = { id: number; node: Node; next: Rest } | null;

export interface Grammar {
  text(text: string): Node;
  character(accepts: (ch: string) => boolean, sample: string): Node;
  sequence(...parts: Node[]): Node;
  choice(...options: Node[]): Node;
  repeat(part: Node, min: number, max: number): Node;
  reference(target: () => Node): Node;
  /** A shortest text of a node; undefined where there is no finite one. */
  shortest(node: Node): string | undefined;
  start(node: Node): Rest;
  /** States after one more character; empty where it does not fit. */
  step(states: Rest[], ch: string): Rest[];
  complete(states: Rest[]): boolean;
  /** A shortest text that completes one of the states. */
  completion(states: Rest[]): string;
}

export function createGrammar(): Grammar {
  let count = 0;
  const texts = new Map<string, Node>();
  const repeats = new Map<string, Node>();
  const rests = new Map<string, Rest>();
  const heads = new Map<Rest, Rest[]>();
  const steps = new Map<string, Rest[]>();
  const shortestNodes = new Map<Node, string | undefined>();

  const text = (value: string): Node => {
    let node = texts.get(value);
    if (!node) texts.set(value, (node = { kind: "text", id: count++, text: value }));
    return node;
  };
  const repeat = (part: Node, min: number, max: number): Node => {
    const key = `${part.id} ${min} ${max}`;
    let node = repeats.get(key);
    if (!node) repeats.set(key, (node = { kind: "repeat", id: count++, part, min, max }));
    return node;
  };
  const cons = (node: Node, next: Rest): Rest => {
    const key = `${node.id} ${next?.id ?? -1}`;
    let rest = rests.get(key);
    if (!rest) rests.set(key, (rest = { id: count++, node, next }));
    return rest;
  };

  /** Rests that begin with a character or text, or null, reached without consuming anything. */
  function expand(rest: Rest, out: Set<Rest> = new Set(), seen: Set<Rest> = new Set()): Set<Rest> {
    if (rest === null || rest.node.kind === "character") return out.add(rest);
    // A reference that leads back to itself adds nothing.
    if (seen.has(rest)) return out;
    seen.add(rest);
    const { node, next } = rest;
    if (node.kind === "text") {
      if (node.text) out.add(rest);
      else expand(next, out, seen);
    } else if (node.kind === "sequence")
      expand(
        node.parts.reduceRight<Rest>((after, part) => cons(part, after), next),
        out,
        seen,
      );
    else if (node.kind === "choice") for (const option of node.options) expand(cons(option, next), out, seen);
    else if (node.kind === "reference") expand(cons(node.target(), next), out, seen);
    else {
      if (node.min === 0) expand(next, out, seen);
      if (node.max > 0) {
        const more = repeat(node.part, Math.max(0, node.min - 1), node.max - 1);
        expand(cons(node.part, cons(more, next)), out, seen);
      }
    }
    return out;
  }
  const headsOf = (rest: Rest): Rest[] => {
    let known = heads.get(rest);
    if (!known) heads.set(rest, (known = [...expand(rest)]));
    return known;
  };

  /** Shortest text of a node; undefined while it is being computed (a recursion). */
  function shortest(node: Node): string | undefined {
    if (shortestNodes.has(node)) return shortestNodes.get(node);
    shortestNodes.set(node, undefined);
    const join = (parts: (string | undefined)[]) => (parts.includes(undefined) ? undefined : parts.join(""));
    let found: string | undefined;
    if (node.kind === "text") found = node.text;
    else if (node.kind === "character") found = node.sample;
    else if (node.kind === "sequence") found = join(node.parts.map(shortest));
    else if (node.kind === "reference") found = shortest(node.target());
    else if (node.kind === "repeat") found = node.min ? shortest(node.part)?.repeat(node.min) : "";
    else
      for (const option of node.options) {
        const text = shortest(option);
        if (text !== undefined && (found === undefined || text.length < found.length)) found = text;
      }
    if (found === undefined) shortestNodes.delete(node);
    else shortestNodes.set(node, found);
    return found;
  }
  const completions = new Map<Rest, string>();
  function complete(rest: Rest): string {
    if (rest === null) return "";
    let known = completions.get(rest);
    if (known === undefined) completions.set(rest, (known = (shortest(rest.node) ?? "") + complete(rest.next)));
    return known;
  }

  return {
    text,
    character: (accepts, sample) => ({ kind: "character", id: count++, accepts, sample }),
    sequence: (...parts) => ({ kind: "sequence", id: count++, parts }),
    choice: (...options) => ({ kind: "choice", id: count++, options }),
    repeat,
    shortest,
    reference: (target) => ({ kind: "reference", id: count++, target }),
    start: (node) => cons(node, null),
    step(states, ch) {
      if (states.length === 1) {
        const known = steps.get(`${states[0]?.id ?? -1}${ch}`);
        if (known) return known;
      }
      const out = new Set<Rest>();
      for (const state of states)
        for (const head of headsOf(state)) {
          if (head === null) continue;
          const { node, next } = head;
          if (node.kind === "character") {
            if (node.accepts(ch)) out.add(next);
          } else if (node.kind === "text" && node.text.startsWith(ch)) {
            const left = node.text.slice(ch.length);
            out.add(left ? cons(text(left), next) : next);
          }
        }
      const result = [...out];
      if (states.length === 1) steps.set(`${states[0]?.id ?? -1}${ch}`, result);
      return result;
    },
    complete: (states) => states.some((state) => headsOf(state).includes(null)),
    completion: (states) => states.map(complete).reduce((a, b) => (b.length < a.length ? b : a)),
  };
}
