/** What to do about an error that trying again does not mend, where its text tells. */
import type { Provider } from "../../provider/index.js";

/** Models a message names at most. */
const most = 12;

export async function advice(provider: Provider, model: string, error: unknown): Promise<string> {
  const { status, code, message = "" } = (error ?? {}) as { status?: number; code?: string; message?: string };
  if (status === 401 || status === 403)
    return provider.keyName ? ` Is the key in ${provider.keyName} allowed to use ${model}?` : "";
  if (code === "DeploymentNotFound")
    return ` Azure answers for deployments: deploy ${model} there, and name the deployment, model: { ...model, id: "its name" }.`;
  const unknown =
    (status === 404 && /model/i.test(message)) || /(invalid|unknown) model|model .*not (found|exist)/i.test(message);
  if (code === "model_not_found" || unknown) return await modelsOf(provider);
  if (/no connected db/i.test(message))
    return ` LiteLLM says so of a key that it does not know: is ${provider.keyName} its own?`;
  if (status !== 400 && status !== 422) return "";
  if (/logprobs/i.test(message))
    return ` ${model} gives no log-probabilities: use elicitation "sampled" or "verbalised", or pass capabilities: { topLogprobs: 0 } with the provider.`;
  if (/response_format|json_schema|structured output/i.test(message))
    return ` ${model} takes no JSON schema: use elicitation "text", or pass capabilities: { jsonSchema: false } with the provider.`;
  if (/max_tokens|max_completion_tokens|temperature|\bseed\b/i.test(message))
    return " Fields that this model wants otherwise can be given in `extra`: extra: { temperature: 1 }; null leaves a field out.";
  return "";
}

async function modelsOf(provider: Provider): Promise<string> {
  try {
    const ids = (await provider.client().models.list()).data.map((m) => m.id);
    if (!ids.length) return "";
    return ` ${provider.name} has ${ids.slice(0, most).join(", ")}${ids.length > most ? ` and ${ids.length - most} more` : ""}.`;
  } catch {
    return ""; // many servers list nothing
  }
}
