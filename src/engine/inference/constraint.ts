/** Holds generation to a JSON Schema: at every step only tokens that keep the text completable are allowed. */
import { EngineError } from "../errors.js";
import type { ChatTokenizer } from "../tokenizer.js";
import { createGrammar, type Grammar, type Rest } from "./grammar.js";
import { schemaGrammar } from "./json-schema.js";
import type { Constraint } from "./generate.js";

/** A tokenizer's tokens in the order of their texts, so that one walk decides about all that begin alike. */
export interface Vocabulary {
  texts: string[];
  sorted: number[];
  byText: Map<string, number>;
  longest: number;
  /** Has a token for every printable ASCII character, so that no text is out of reach. */
  complete: boolean;
}

export function createVocabulary(tokenizer: ChatTokenizer, size: number): Vocabulary {
  const texts = tokenizer.tokenTexts().slice(0, size);
  const byText = new Map<string, number>();
  let longest = 1;
  texts.forEach((text, id) => {
    if (!text || text.includes("\uFFFD")) return;
    if (!byText.has(text)) byText.set(text, id);
    if (text.length > longest) longest = text.length;
  });
  const sorted = [...texts.keys()]
    .filter((id) => texts[id] && !texts[id]!.includes("\uFFFD"))
    .sort((a, b) => (texts[a]! < texts[b]! ? -1 : texts[a]! > texts[b]! ? 1 : a - b));
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
  return { texts, sorted, byText, longest, complete: printable.every((ch) => byText.has(ch)) };
}

export interface SchemaConstraints {
  /** A fresh constraint for one answer. Throws when the schema cannot be kept or needs more tokens than there are. */
  create(schema: unknown, maxTokens: number): Constraint;
}

export function createConstraints(tokenizer: ChatTokenizer, size: number): SchemaConstraints {
  let vocabulary: Vocabulary | undefined;
  const compiled = new Map<string, { grammar: Grammar; start: Rest; masks: Map<string, Int32Array> }>();
  return {
    create(schema, maxTokens) {
      vocabulary ??= createVocabulary(tokenizer, size);
      const key = JSON.stringify(schema);
      let entry = compiled.get(key);
      if (!entry) {
        const grammar = createGrammar();
        entry = { grammar, start: grammar.start(schemaGrammar(grammar, schema)), masks: new Map() };
        if (compiled.size > 32) compiled.clear();
        compiled.set(key, entry);
      }
      return constrain(vocabulary, tokenizer.endTokens, entry, maxTokens);
    },
  };
}

function constrain(
  vocabulary: Vocabulary,
  endTokens: ReadonlySet<number>,
  { grammar, start, masks }: { grammar: Grammar; start: Rest; masks: Map<string, Int32Array> },
  maxTokens: number,
): Constraint {
  const { texts } = vocabulary;
  let states: Rest[] = [start];
  const closing = (from: Rest[]) => write(vocabulary, grammar.completion(from));
  const closable = (from: Rest[]) => vocabulary.complete || writes(vocabulary, grammar.completion(from));
  const advance = (from: Rest[], text: string) => {
    let at = from;
    for (const ch of text) {
      at = grammar.step(at, ch);
      if (!at.length) break;
    }
    return at;
  };
  const least = closing(states).length + 1;
  if (maxTokens < least)
    throw new EngineError(
      "bad_option",
      `maxTokens ${maxTokens} is too few for jsonSchema: its shortest answer takes ${least} tokens`,
    );

  return {
    restrict(logits) {
      const allowed = allowedTokens();
      const kept = Float32Array.from(allowed, (id) => logits[id]!);
      logits.fill(-Infinity);
      allowed.forEach((id, k) => (logits[id] = kept[k]!));
    },
    admit(token, remaining) {
      if (endTokens.has(token)) return token;
      const after = advance(states, texts[token]!);
      // The answer must still fit: otherwise the shortest way to its end is taken from here.
      if (closing(after).length < remaining) return token;
      return closing(states)[0] ?? [...endTokens][0]!;
    },
    accept(token) {
      if (endTokens.has(token)) return true;
      states = advance(states, texts[token]!);
      // Nothing may follow but the end.
      return states.every((s) => s === null);
    },
  };

  /** Tokens all of whose characters fit, and the end tokens where the text is complete. */
  function allowedTokens(): Int32Array {
    const key = states.map((s) => s?.id ?? -1).join();
    const known = masks.get(key);
    if (known) return known;
    const allowed: number[] = [];
    // Characters on the path of the token before: what both share is not walked again.
    const path: { ch: string; states: Rest[] }[] = [];
    for (const id of vocabulary.sorted) {
      const text = texts[id]!;
      let depth = 0,
        at = 0;
      while (depth < path.length && text.startsWith(path[depth]!.ch, at)) at += path[depth++]!.ch.length;
      path.length = depth;
      if (depth && !path[depth - 1]!.states.length) continue;
      let current = depth ? path[depth - 1]!.states : states;
      for (const ch of text.slice(at)) {
        current = grammar.step(current, ch);
        path.push({ ch, states: current });
        if (!current.length) break;
      }
      if (current.length && closable(current)) allowed.push(id);
    }
    if (grammar.complete(states)) allowed.push(...endTokens);
    if (!allowed.length)
      throw new EngineError(
        "tokenizer_mismatch",
        `jsonSchema: this model's tokenizer cannot write ${JSON.stringify(grammar.completion(states).slice(0, 20))}`,
      );
    const mask = Int32Array.from(allowed);
    if (masks.size > 2000) masks.clear();
    masks.set(key, mask);
    return mask;
  }
}

/** Tokens that write a text, the longest first at every place. */
function write(vocabulary: Vocabulary, text: string): number[] {
  const out: number[] = [];
  for (let at = 0; at < text.length;) {
    const length = longestToken(vocabulary, text, at);
    if (!length)
      throw new EngineError(
        "tokenizer_mismatch",
        `jsonSchema: this model's tokenizer has no token for ${JSON.stringify(text[at])}, which an answer needs`,
      );
    out.push(vocabulary.byText.get(text.slice(at, at + length))!);
    at += length;
  }
  return out;
}

function writes(vocabulary: Vocabulary, text: string): boolean {
  for (let at = 0; at < text.length;) {
    const length = longestToken(vocabulary, text, at);
    if (!length) return false;
    at += length;
  }
  return true;
}

function longestToken({ byText, longest }: Vocabulary, text: string, at: number): number {
  let length = Math.min(longest, text.length - at);
  while (length > 0 && !byText.has(text.slice(at, at + length))) length--;
  return length;
}
