/// <reference lib="dom" />
/** The text of a compressed part of the page. */
export async function inflate(id: string): Promise<string> {
  const part = document.getElementById(id);
  if (!part) throw new Error(`this page was exported without its part ${id}`);
  const bytes = Uint8Array.from(atob(part.textContent!.trim()), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
