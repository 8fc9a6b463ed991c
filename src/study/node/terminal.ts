// Progress in a terminal: one line that is rewritten; where output is not a terminal, a line now and then.
import { formatProgress, onProgressEvent, type ProgressEvent } from "../progress.js";

/** A line cut to the terminal: the label first, since the numbers behind it are what one looks for. */
function shorten(line: string, label: string, width: number): string {
  const room = label.length - (line.length - width) - 1;
  return (line.length <= width || room < 12 ? line : line.replace(label, `${label.slice(0, room)}…`)).slice(0, width);
}

/** In a terminal, work shorter than this shows nothing: a line that flashes by tells nobody anything. */
const shortSeconds = 0.3;

let showing: { close: () => void; stop: () => void } | undefined;

/**
 * Shows all work's progress on standard error until the returned function is called. Asked again while it does, it shows
 * nothing twice; then the returned function only ends the line.
 */
export function showInTerminal(stream: NodeJS.WriteStream = process.stderr): () => void {
  if (showing) return showing.close;
  const lastShown = new Map<string, { time: number; state: ProgressEvent["state"] }>();
  const everyMs = stream.isTTY ? 100 : 5000;
  let open = false;
  const listening = onProgressEvent((event) => {
    const previous = lastShown.get(event.id);
    const now = Date.now();
    const ended = event.state !== "running";
    if (previous?.state === event.state && (ended || now - previous.time < everyMs)) return;
    if (stream.isTTY && !previous && event.elapsedSeconds < shortSeconds) return;
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
  const close = () => {
    if (open) stream.write("\n");
    open = false;
  };
  const stop = () => {
    showing = undefined;
    listening();
    close();
  };
  showing = { close, stop };
  return stop;
}
