/** Whether people's data may go where a provider sends it. */
import type { Codebook } from "../study/index.js";
import type { Provider } from "./types.js";

/** Throws unless the codebook and the caller allow these rows to leave the machine. */
export function requireConsent(codebook: Codebook, provider: Provider, confirmed = false): void {
  if (provider.reach === "local") return;
  const where = `${provider.name} (${new URL(provider.baseURL).host})`;
  if (codebook.sharing === "forbidden")
    throw new Error(
      `${codebook.name}: its codebook says sharing "forbidden", so its rows may not be sent to ${where}. ` +
        `Use the embedded engine or a server on this machine; if participants consented to sharing, say so in the codebook.`,
    );
  if (!confirmed)
    throw new Error(
      `This would send rows of ${codebook.name} to ${where}. Pass confirmSharing: true if participants consented to it; ` +
        `study.deidentify(people) first removes ids and coarsens what could identify them, and estimate(people, options) of finetuning or simulation shows tokens and cost without sending anything.`,
    );
}
