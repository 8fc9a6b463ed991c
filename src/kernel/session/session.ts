/**
 * The session: user code on the main thread, evaluated by a same-thread inspector session in V8's REPL mode. Nothing
 * of the kernel waits on promises here, since an interrupt may drop every pending microtask.
 */
import { Session, type Runtime } from "node:inspector";
import { compileCell, type CellScope } from "../compiler/compile.js";
import { runtimeName, type Compiled } from "../compiler/emit.js";
import { bundleOf, type Shown } from "../display/bundle.js";
import type { ErrorContent, ExecuteTask, ExpressionResult } from "../messages.js";
import { beforeIdle } from "./comm.js";
import {
  cells,
  current,
  firstPromise,
  interruption,
  newContext,
  runIn,
  setLatest,
  type CellContext,
} from "./context.js";
import { describeError } from "./errors.js";
import { disposerOf, suppressed } from "./helpers.js";
import { imported, importModule, link, meta } from "./imports.js";
import { resumeOutput } from "./output.js";
import { post } from "./port.js";
import { publishShown } from "./show.js";

const declared = new Set<string>();
const constants = new Set<string>();
/** Node's globals, but for those that only cells use. */
const builtins = new Set(Object.getOwnPropertyNames(globalThis));
const scope: CellScope = {
  declared: (name) => declared.has(name),
  constant: (name) => constants.has(name),
  builtin: (name) => builtins.has(name),
};

const inspector = new Session();
const caught = { value: undefined as unknown };

/** What compiled cells call; see compiler/compile.ts. */
const runtime = {
  set value(value: unknown) {
    const context = current();
    context.hasValue = true;
    context.value = value;
  },
  import: importModule,
  meta,
  link,
  imported,
  using: <T>(value: T): T => register(value, false),
  usingAsync: <T>(value: T): T => register(value, true),
  constant(name: string): never {
    throw new TypeError(
      `Assignment to constant variable "${name}": it is a const or an import. Declare it with let, or again with const.`,
    );
  },
  caught(value: unknown): void {
    caught.value = value;
  },
};

function register<T>(value: T, async: boolean): T {
  const dispose = disposerOf(value, async);
  if (dispose) current().disposables.push({ dispose, async });
  return value;
}

export function startSession(): void {
  inspector.connect();
  Object.defineProperty(globalThis, runtimeName, { value: Object.freeze(runtime), enumerable: false });
}

/** Takes the way of a first cell once while the sockets are still being opened: what V8 and oxc do once is then done. */
export function warmUp(): void {
  const { code } = compileCell("1 + 1", scope);
  const context = newContext(0, { silent: true });
  runIn(context, () =>
    inspector.post("Runtime.evaluate", { expression: code, replMode: true, awaitPromise: true }, () => undefined),
  );
  void bundleOf(context.value);
}

type Outcome = { thrown: unknown } | { value: unknown; has: boolean } | { interrupted: true };

/** A cell in progress; the first of evaluation and interrupt to finish it wins. */
interface Running {
  context: CellContext;
  finish(outcome: Outcome): void;
}
const running = new Set<Running>();

export function execute(task: ExecuteTask): void {
  const context = newContext(task.parent, { allowStdin: task.allowStdin, silent: task.silent });
  setLatest(context);
  let compiled: Compiled;
  try {
    compiled = compileCell(task.code, scope);
  } catch (error) {
    return fail(context, describeError(error, task.count, task.code));
  }
  remember(task, compiled);
  evaluate(compiled, task.url, context, (outcome) => {
    settle(context, outcome, (final) => {
      if ("interrupted" in final) return fail(context, describeError(interruption()));
      if ("thrown" in final) return fail(context, describeError(final.thrown, task.count, task.code));
      if (!final.has || final.value === undefined || context.silent || context.shownIds.has(final.value))
        return conclude(context, task);
      publishValue(context, final.value, task.count, (failure) => {
        context.value = undefined; // a timer of the cell keeps its context, and should not keep a big table with it
        if (failure) fail(context, failure);
        else conclude(context, task);
      });
    });
  });
}

const rememberedCells = 1000;
const rememberedPlain = 50;
const plainCells: string[] = [];

/** For stack traces: functions of a cell may fail long after it ran; what makes no function or name cannot for long. */
function remember(task: ExecuteTask, compiled: Compiled): void {
  cells.set(task.url, { count: task.count, code: task.code, compiled });
  const plain = !compiled.declared.length && !compiled.imports.length && !/=>|\{/.test(task.code);
  if (plain && plainCells.push(task.url) > rememberedPlain) cells.delete(plainCells.shift()!);
  if (cells.size > rememberedCells) for (const url of cells.keys()) return void cells.delete(url);
}

/**
 * Promises of evaluations that V8 has not answered. It holds them weakly, and says that one was collected (that of
 * `await new Promise(() => {})`) in the middle of a garbage collection, where calling us ends the process.
 */
const unanswered = new Set<object>();

function evaluate(compiled: Compiled, url: string, context: CellContext, done: (outcome: Outcome) => void): void {
  for (const { name, constant } of compiled.declared) {
    declared.add(name);
    if (constant) constants.add(name);
    else constants.delete(name);
  }
  context.imports = compiled.imports;
  const cell: Running = {
    context,
    finish(outcome) {
      if (!running.delete(cell)) return;
      done(outcome);
    },
  };
  running.add(cell);
  const expression = `${compiled.code}\n//# sourceURL=${url}`;
  let promise: object | undefined;
  let answered = false;
  const post = () =>
    inspector.post(
      "Runtime.evaluate",
      { expression, replMode: true, awaitPromise: true, objectGroup: "cell" },
      (error, reply) => {
        answered = true;
        if (promise) unanswered.delete(promise);
        const r = reply as Runtime.EvaluateReturnType | undefined;
        runIn(context, () => {
          if (error || !r)
            // Node 20 says that it was terminated, from 22 on only "Internal error", which nothing else is answered with.
            return cell.finish(
              /terminated|internal error/i.test(String(error?.message)) ? { interrupted: true } : { thrown: error },
            );
          const details = r.exceptionDetails;
          if (!details) return cell.finish({ value: context.value, has: context.hasValue });
          if (!details.exception)
            return cell.finish(context.interrupted ? { interrupted: true } : { thrown: new Error(details.text) });
          cell.finish({ thrown: thrownValue(details.exception) });
        });
      },
    );
  try {
    promise = runIn(context, () => firstPromise(post));
    if (promise && !answered) unanswered.add(promise);
  } catch (error) {
    cell.finish({ thrown: error });
  }
}

/** The object that was thrown, from the inspector's description of it. */
function thrownValue(remote: {
  objectId?: string;
  value?: unknown;
  unserializableValue?: string;
  type: string;
}): unknown {
  if (!remote.objectId)
    return remote.unserializableValue !== undefined ? Number(remote.unserializableValue) : remote.value;
  inspector.post("Runtime.callFunctionOn", {
    functionDeclaration: `function (e) { ${runtimeName}.caught(e) }`,
    objectId: remote.objectId,
    arguments: [{ objectId: remote.objectId }],
    silent: true,
  });
  inspector.post("Runtime.releaseObjectGroup", { objectGroup: "cell" });
  const { value } = caught;
  caught.value = undefined;
  return value;
}

/** Disposes of the cell's `using` declarations and waits for its pending displays. */
function settle(context: CellContext, outcome: Outcome, done: (outcome: Outcome) => void): void {
  if (!context.disposables.length && !context.pending.size) return done(outcome);
  const cell: Running = {
    context,
    finish(final) {
      if (running.delete(cell)) done(final);
    },
  };
  running.add(cell);
  const work = async (): Promise<Outcome> => {
    let result = outcome;
    for (let d = context.disposables.pop(); d; d = context.disposables.pop()) {
      try {
        const r = d.dispose();
        if (d.async) await r;
      } catch (error) {
        result = { thrown: "thrown" in result ? suppressed(error, result.thrown) : error };
      }
    }
    while (context.pending.size) {
      const results = await Promise.allSettled(context.pending);
      const failed = results.find((r) => r.status === "rejected");
      if (failed && !("thrown" in result)) result = { thrown: failed.reason };
    }
    return result;
  };
  runIn(context, () => void work().then((o) => cell.finish(o)));
}

function publishValue(
  context: CellContext,
  value: unknown,
  count: number,
  done: (failure?: ErrorContent) => void,
): void {
  const publish = (shown: Shown) =>
    runIn(context, () => publishShown("execute_result", shown, { execution_count: count }));
  const shown = runIn(context, () => bundleOf(value));
  if (!(shown instanceof Promise)) {
    publish(shown);
    return done();
  }
  const cell: Running = {
    context,
    finish(outcome) {
      if (!running.delete(cell)) return;
      done("interrupted" in outcome ? describeError(interruption()) : undefined);
    },
  };
  running.add(cell);
  void shown.then((s) => {
    if (running.has(cell)) publish(s);
    cell.finish({ value: undefined, has: false });
  });
}

function fail(context: CellContext, error: ErrorContent): void {
  if (!context.silent) post({ type: "publish", kind: "error", parent: context.parent, content: { ...error } });
  runIn(context, beforeIdle);
  post({ type: "done", parent: context.parent, status: "error", error });
}

/** The cell went well: evaluate the user expressions, then report. */
function conclude(context: CellContext, task: ExecuteTask): void {
  const names = Object.keys(task.expressions);
  const expressions: Record<string, ExpressionResult> = {};
  runIn(context, beforeIdle);
  const next = (i: number): void => {
    const name = names[i];
    if (name === undefined)
      return post({ type: "done", parent: context.parent, status: "ok", expressions, payload: context.payload });
    evaluateExpression(task.expressions[name]!, task, (result) => {
      expressions[name] = result;
      next(i + 1);
    });
  };
  next(0);
}

function evaluateExpression(code: string, task: ExecuteTask, done: (result: ExpressionResult) => void): void {
  const context = newContext(task.parent, { silent: true });
  const failed = (thrown: unknown) => done({ status: "error", ...describeError(thrown) });
  try {
    const compiled = compileCell(code, scope);
    evaluate(compiled, `${task.url}-expression`, context, (outcome) => {
      if ("thrown" in outcome) return failed(outcome.thrown);
      if ("interrupted" in outcome) return failed(interruption());
      void Promise.resolve(bundleOf(outcome.value)).then((shown) => done({ status: "ok", ...shown }));
    });
  } catch (error) {
    failed(error);
  }
}

/** Ends whatever is running; what still computes has been terminated by the protocol thread before this is called. */
export function interrupt(): void {
  resumeOutput();
  for (const cell of [...running]) {
    cell.context.interrupted = true;
    cell.finish({ interrupted: true });
  }
}
