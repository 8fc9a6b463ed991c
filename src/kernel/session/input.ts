/** Input from the reader: the session's thread waits for the front end's answer, as a cell expects of `prompt`. */
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { inputState } from "../messages.js";
import { current, interruption } from "./context.js";
import { post } from "./port.js";

let answers: MessagePort | undefined;
export function connectInput(port: MessagePort): void {
  answers = port;
}

export interface InputOptions {
  /** Do not show what is typed (default false). */
  password?: boolean;
}

/**
 * Asks the reader and waits for the answer. Throws where the front end cannot ask (a headless run, for one) and when
 * the cell is interrupted while it waits.
 */
export function input(prompt = "", options: InputOptions = {}): string {
  const context = current();
  if (!context.allowStdin)
    throw Object.assign(
      new Error("This front end does not take input: set the value in the cell, or as a parameter."),
      {
        name: "StdinNotImplementedError",
      },
    );
  const state = new SharedArrayBuffer(4);
  const word = new Int32Array(state);
  post({ type: "input", parent: context.parent, prompt: String(prompt), password: options.password ?? false, state });
  Atomics.wait(word, 0, inputState.waiting);
  const how = Atomics.load(word, 0);
  if (how === inputState.answered) return String(receiveMessageOnPort(answers!)?.message ?? "");
  throw interruption();
}

/** The browser's `prompt`, with an answer that may be hidden: prompt("Key", { password: true }). */
export function prompt(message?: string, preset?: string | InputOptions): string | null {
  const given = typeof preset === "string" ? preset : undefined;
  const text = message ? (/\s$/.test(message) ? message : `${message} `) : "";
  const answer = input(given ? `${text}[${given}] ` : text, typeof preset === "object" ? preset : {});
  return answer === "" && given !== undefined ? given : answer;
}
