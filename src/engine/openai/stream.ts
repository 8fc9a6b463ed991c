import { toApiError } from "./errors.js";

/** A response of server-sent events: what `produce` sends, then `[DONE]`. An error mid-way is sent as OpenAI's error object. */
export function eventStream(produce: (send: (event: object) => void, stopped: AbortSignal) => Promise<void>): Response {
  const encoder = new TextEncoder();
  const controller = new AbortController();
  const body = new ReadableStream<Uint8Array>({
    async start(stream) {
      const write = (text: string) => {
        if (!controller.signal.aborted) stream.enqueue(encoder.encode(`data: ${text}\n\n`));
      };
      try {
        await produce((event) => write(JSON.stringify(event)), controller.signal);
        write("[DONE]");
      } catch (error) {
        write(JSON.stringify(toApiError(error).body));
      }
      if (!controller.signal.aborted) stream.close();
    },
    cancel: () => controller.abort(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}
