/// <reference lib="dom" />
/** A compressed part of the page. */
export async function inflateBytes(id: string): Promise<ArrayBuffer> {
  // The parts stand behind the script, so that the page is ready before they are read.
  if (document.readyState === "loading")
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  const part = document.getElementById(id);
  if (!part) throw new Error(`this page was exported without its part ${id}`);
  const bytes = Uint8Array.from(atob(part.textContent!.trim()), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Its text. */
export const inflate = async (id: string): Promise<string> => new TextDecoder().decode(await inflateBytes(id));
