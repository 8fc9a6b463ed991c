/**
 * Text to tokens for conversations: `tokenizer.json` by @huggingface/tokenizers, the chat template of
 * `tokenizer_config.json` by @huggingface/jinja. Prompts and answers are encoded separately and joined, in training,
 * scoring and generation alike, so that what is learned is exactly what is later asked.
 */
import { Template } from "@huggingface/jinja";
import { Tokenizer } from "@huggingface/tokenizers";
import { EngineError, parseJson } from "./errors.js";
import type { ChatMessage } from "./types.js";

export interface TokenizerFiles {
  tokenizer: string;
  /** tokenizer_config.json, where there is one. */
  config?: string | undefined;
  /** chat_template.jinja, where the template is a file of its own. */
  template?: string | undefined;
  /** End-of-text tokens of config.json. */
  eosTokens: number[];
  /** Folder, for errors. */
  folder: string;
}

export interface ChatTokenizer {
  /** The conversation up to where the assistant's next answer begins. */
  prompt(messages: ChatMessage[]): number[];
  /** The same as text. */
  promptText(messages: ChatMessage[]): string;
  /** An answer as the assistant's whole turn: its tokens and the token that ends the turn. */
  answer(text: string): number[];
  /** The same as text, as the template writes it. */
  answerText(text: string): string;
  readonly endTokens: ReadonlySet<number>;
  encode(text: string): number[];
  decode(ids: number[]): string;
  /** Every token's text, as generated in the middle of an answer; special tokens are empty. */
  tokenTexts(): string[];
  readonly vocabularySize: number;
}

const chatml =
  "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const plain =
  "{% for m in messages %}{{ m.role }}: {{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}";

const roles = new Set(["system", "user", "assistant"]);

/** Checks that messages have known roles and texts. */
export function checkMessages(messages: ChatMessage[], line?: number): void {
  const place = line === undefined ? {} : { line };
  const where = line === undefined ? "" : `example ${line}: `;
  if (!Array.isArray(messages) || !messages.length)
    throw new EngineError("bad_example", `${where}a conversation needs at least one message`, place);
  messages.forEach((m, i) => {
    if (!roles.has(m?.role))
      throw new EngineError(
        "bad_example",
        `${where}message ${i + 1} has the role ${JSON.stringify(m?.role)}; expected system, user or assistant`,
        place,
      );
    if (typeof m.content !== "string")
      throw new EngineError("bad_example", `${where}message ${i + 1} (${m.role}) has no text in content`, place);
  });
}

function memo<V>(compute: (key: string) => V, limit = 20000): (key: string) => V {
  const known = new Map<string, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = compute(key);
      if (known.size >= limit) known.clear();
      known.set(key, value);
    }
    return value;
  };
}

export function openTokenizer(files: TokenizerFiles): ChatTokenizer {
  const place = { file: `${files.folder}/tokenizer.json` };
  let tokenizer: Tokenizer, config: Record<string, unknown>;
  try {
    config = files.config ? parseJson(files.config, `${files.folder}/tokenizer_config.json`) : {};
    tokenizer = new Tokenizer(JSON.parse(files.tokenizer), config);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError("bad_file", `${place.file} cannot be read: ${(error as Error).message}`, place, {
      cause: error,
    });
  }
  const special = (key: string): string | undefined => {
    const value = config[key] as string | { content: string } | null | undefined;
    return typeof value === "object" ? value?.content : value;
  };
  const templateFile = `${files.folder}/${files.template === undefined ? "tokenizer_config.json" : "chat_template.jinja"}`;
  const badTemplate = (what: string, error: unknown) =>
    new EngineError("bad_file", `${templateFile}: the chat template ${what}: ${(error as Error).message}`, {
      file: templateFile,
    });
  const template = chooseTemplate();

  function chooseTemplate(): Template {
    const given = files.template ?? config["chat_template"];
    const source = Array.isArray(given)
      ? ((given as { name: string; template: string }[]).find((t) => t.name === "default") ?? given[0])?.template
      : (given as string | undefined);
    const fallback = tokenizer.token_to_id("<|im_start|>") === undefined ? plain : chatml;
    try {
      if (typeof (source ?? "") !== "string") throw new Error("it is not a text");
      return new Template(source ?? fallback);
    } catch (error) {
      throw badTemplate("is invalid", error);
    }
  }

  const render = (messages: ChatMessage[], generate: boolean): string => {
    try {
      return template.render({
        messages: messages.map(({ role, content }) => ({ role, content })),
        add_generation_prompt: generate,
        bos_token: special("bos_token") ?? "",
        eos_token: special("eos_token") ?? "",
        pad_token: special("pad_token") ?? "",
        unk_token: special("unk_token") ?? "",
      });
    } catch (error) {
      throw new EngineError(
        "bad_example",
        `the model's chat template refuses this conversation: ${(error as Error).message}`,
      );
    }
  };
  const encode = memo<number[]>((text) => tokenizer.encode(text, { add_special_tokens: false }).ids, 2000);

  // How the template writes an answer is found by writing one.
  const question: ChatMessage[] = [{ role: "user", content: "Q" }];
  const mark = "Xq7Z";
  const [before, after] = tried();
  function tried(): [string, string] {
    try {
      return [render(question, true), render([...question, { role: "assistant", content: mark }], false)];
    } catch (error) {
      throw badTemplate("does not write a question and an answer", error);
    }
  }
  const at = after.lastIndexOf(mark);
  const consistent = after.startsWith(before) && at >= before.length;
  const lead = consistent ? after.slice(before.length, at) : "";
  const tail = after.slice(at + mark.length);
  const tailIds = encode(tail);
  const eosName = special("eos_token");
  const namedEos = eosName ? tokenizer.token_to_id(eosName) : undefined;
  if (eosName && namedEos === undefined)
    throw new EngineError(
      "tokenizer_mismatch",
      `${place.file} does not know ${JSON.stringify(eosName)}, the eos_token of tokenizer_config.json: one of the two is another model's`,
      place,
    );
  const eos = files.eosTokens[0] ?? namedEos;
  const end = tailIds[0] ?? eos;
  if (end === undefined)
    throw new EngineError(
      "tokenizer_mismatch",
      `${files.folder}: neither the chat template nor config.json says which token ends an answer (eos_token_id)`,
      { file: `${files.folder}/tokenizer_config.json` },
    );
  const endTokens = new Set([end, ...files.eosTokens]);
  const turnEnd = tailIds.length ? tokenizer.decode([end], { skip_special_tokens: false }) : "";
  // An answer is encoded behind the end of a prompt: some tokenizers write the first word of a text differently.
  const generation = render(question, false);
  const anchor =
    before.startsWith(generation) && before.length > generation.length ? before.slice(generation.length) : before;
  const anchorIds = encode(anchor);
  const answer = memo<number[]>((text) => {
    const ids: number[] = tokenizer.encode(anchor + lead + text, { add_special_tokens: false }).ids;
    const separate = anchorIds.every((id: number, i: number) => ids[i] === id);
    const rest = separate
      ? ids.slice(anchorIds.length)
      : tokenizer.encode(lead + text, { add_special_tokens: false }).ids;
    return [...rest, end];
  });

  const vocabulary = tokenizer.get_vocab(true);
  let largest = 0;
  for (const id of vocabulary.values()) if (id > largest) largest = id;

  return {
    prompt: (messages) => encode(render(messages, true)),
    promptText: (messages) => render(messages, true),
    answer,
    answerText: (text) => lead + text + turnEnd,
    endTokens,
    encode,
    decode: (ids) => tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    tokenTexts: memoOnce(() => {
      const specials = new Set<number>();
      for (const [id, token] of tokenizer.get_added_tokens_decoder()) if (token.special) specials.add(id);
      const base = encode("a");
      const skip = tokenizer.decode(base, { clean_up_tokenization_spaces: false });
      return Array.from({ length: largest + 1 }, (_, id) => {
        if (specials.has(id) || endTokens.has(id)) return "";
        const text = tokenizer.decode([...base, id], {
          skip_special_tokens: true,
          clean_up_tokenization_spaces: false,
        });
        return text.startsWith(skip) ? text.slice(skip.length) : "";
      });
    }),
    vocabularySize: largest + 1,
  };
}

function memoOnce<V>(compute: () => V): () => V {
  let value: V | undefined;
  return () => (value ??= compute());
}
