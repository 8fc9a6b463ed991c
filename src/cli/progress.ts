// Progress in a terminal: one line that is rewritten; where output is not a terminal, a line now and then.
import { formatProgress, onProgressEvent, type ProgressEvent } from "../study/index.js";

/** A line cut to the terminal: the label first, since the numbers behind it are what one looks for. */
function shorten(line: string, label: string, width: number): string {
  const room = label.length - (line.length - width) - 1;
  return (line.length <= width || room < 12 ? line : line.replace(label, `${label.slice(0, room)}…`)).slice(0, width);
}

/** Shows all work's progress on standard error until the returned function is called. */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): () => void {
  const lastShown = new Map<string, { time: number; state: ProgressEvent["state"] }>();
  const everyMs = stream.isTTY ? 100 : 5000;
  let open = false;
  const stop = onProgressEvent((event) => {
    const previous = lastShown.get(event.id);
    const now = Date.now();
    const ended = event.state !== "running";
    if (previous?.state === event.state && (ended || now - previous.time < everyMs)) return;
    // Outside a terminal the first event says nothing yet that the last will not say better.
    if (!stream.isTTY && !previous && !ended) {
      lastShown.set(event.id, { time: now, state: event.state });
      return;
    }
    lastShown.set(event.id, { time: now, state: event.state });
    const line = `  ${formatProgress(event)}`;
    if (stream.isTTY) {
      stream.write(`\r\u001b[2K${shorten(line, event.label, (stream.columns || 120) - 1)}${ended ? "\n" : ""}`);
      open = !ended;
    } else stream.write(line + "\n");
  });
  return () => {
    stop();
    if (open) stream.write("\n");
  };
}
