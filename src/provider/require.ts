/** Early errors for what a server cannot do, naming what can. */
import { recordUse } from "../study/index.js";
import type { Capabilities, ModelInfo, Provider } from "./types.js";

const alternatives: Record<keyof Capabilities, string> = {
  finetuning: "the embedded engine, nebius, azure",
  topLogprobs:
    'elicitation "sampled" or "verbalised", or a server with log-probabilities (embedded, openai, vllm, llamacpp)',
  optionLogprobs: "the embedded engine, or `proband serve`",
  distributionLoss: "the embedded engine, or `proband serve`",
  jsonSchema: 'elicitation "text", or a server that keeps to a JSON schema (embedded, openai, vllm, ollama, llamacpp)',
  batch: "the same call without batch",
  seed: "a server with seeds (embedded, openai, vllm)",
};

/** Throws where the provider lacks a capability, with what works instead. */
export function requireCapability(provider: Provider, name: keyof Capabilities, purpose: string): void {
  const has = provider.capabilities[name];
  if (has === true || (typeof has === "number" && has > 0)) return;
  const why = typeof has === "string" ? has : `${provider.name} (${provider.baseURL}) has no ${name}`;
  throw new Error(
    `${purpose} is not possible: ${why}${
      typeof has === "string"
        ? ""
        : `. Instead: ${alternatives[name]}. ` +
          `If your server can, pass capabilities: { ${name}: … } with the provider.`
    }`,
  );
}

/** What the server says of a model. Throws for an unknown model or key with what to do; servers that list none say nothing. */
export async function modelInfo(provider: Provider, model: string): Promise<ModelInfo> {
  let found: unknown;
  const client = provider.client(); // says itself where a key is missing
  try {
    found = await client.models.retrieve(model);
  } catch (error) {
    const { status, message } = error as { status?: number; message?: string };
    if (status === 401 || status === 403)
      throw new Error(
        `${provider.name} refuses the key in ${provider.keyName ?? "the request"} (${status}): ${message ?? ""}`.trim(),
        { cause: error },
      );
    if (status === 404 && provider.name === "embedded")
      throw new Error(
        `no model ${model}: a base is "proband-base" or a folder with an open model (config.json in it)`,
        {
          cause: error,
        },
      );
    if (status !== undefined) return { id: model };
    throw new Error(
      `${provider.name} at ${provider.baseURL} does not answer: ${(message ?? String(error)).replace(/\.+$/, "")}. Is it running?`,
      {
        cause: error,
      },
    );
  }
  const said = found as { id?: string; max_model_len?: number; proband?: Record<string, unknown> };
  const own = said.proband ?? {};
  const info: Record<string, unknown> = {
    id: said.id ?? model,
    description: own["description"],
    template: own["template"],
    finetuning: own["finetuning"],
    contextLength: own["context_length"] ?? said.max_model_len,
    fingerprint: own["fingerprint"],
  };
  if (typeof info["fingerprint"] === "string") recordUse("models", String(info["id"]), info["fingerprint"]);
  return Object.fromEntries(
    Object.entries(info).filter(([, v]) => v !== undefined && v !== null),
  ) as unknown as ModelInfo;
}
