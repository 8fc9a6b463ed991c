import { toApiError } from "./errors.js";

/**
 * A response of server-sent events: what `produce` sends, then `[DONE]`. It resolves with the first event; an error
 * before it is thrown, so that it gets a status, a later one is sent as OpenAI's error object.
 */
export async function eventStream(
  produce: (send: (event: object) => void, stopped: AbortSignal) => Promise<void>,
): Promise<Response> {
  const encoder = new TextEncoder();
  const controller = new AbortController();
  let stream!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (it) => void (stream = it),
    cancel: () => controller.abort(),
  });
  const write = (text: string) => {
    if (!controller.signal.aborted) stream.enqueue(encoder.encode(`data: ${text}\n\n`));
  };
  await new Promise<void>((begun, failed) => {
    let first = true;
    const send = (event: object) => {
      write(JSON.stringify(event));
      first = false;
      begun();
    };
    produce(send, controller.signal).then(
      () => {
        write("[DONE]");
        if (!controller.signal.aborted) stream.close();
        begun();
      },
      (error: unknown) => {
        if (first) return failed(error);
        write(JSON.stringify(toApiError(error).body));
        if (!controller.signal.aborted) stream.close();
      },
    );
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}
