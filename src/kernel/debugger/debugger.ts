/**
 * The debugger: Jupyter's debug requests (Debug Adapter Protocol with Jupyter's additions) over V8's inspector. It
 * lives with the protocol, so that it answers while the session stands at a breakpoint.
 */
import { readFileSync } from "node:fs";
import { Session, type Debugger as V8, type Runtime } from "node:inspector";
import type { Header } from "../protocol/wire.js";
import type { Kernel } from "../protocol/kernel.js";
import { createCellSources, hashSeed, pathPrefix, pathSuffix, urlOf } from "./sources.js";
import { createVariables, type Post, type Variable } from "./variables.js";

export interface Debugger {
  /** The name under which a cell's script is known to V8 and to the debugger. */
  cellUrl(code: string, parent: number): string;
  request(content: Record<string, any>, header: Header): Promise<Record<string, unknown>>;
  /** Lets a session go on that stands at a breakpoint. */
  release(): void;
}

interface Breakpoint {
  line: number;
  condition?: string;
}

export function createDebugger(kernel: Kernel): Debugger {
  const sources = createCellSources();
  const breakpoints = new Map<string, { wanted: Breakpoint[]; ids: string[] }>();
  /** V8 leaves a frame's own url empty. */
  const scripts = new Map<string, string>();
  let session: Session | undefined;
  let started = false;
  let paused: V8.PausedEventDataType | undefined;
  let requester: Header | undefined;
  let sequence = 0;

  const post: Post = (method, params = {}) =>
    new Promise((resolve, reject) => {
      if (!session) return reject(new Error("the debugger is not started: send initialize first"));
      session.post(method, params, (error, result) =>
        error ? reject(new Error(error.message)) : resolve(result as never),
      );
    });
  const variables = createVariables(post);

  const event = (name: string, body: object = {}) =>
    kernel.channels.publish("debug_event", { type: "event", event: name, seq: ++sequence, body }, requester);

  function connect(): Session {
    if (session) return session;
    session = new Session();
    session.connectToMainThread();
    session.on("Debugger.scriptParsed", ({ params }) => void scripts.set(params.scriptId, params.url));
    session.on("Debugger.paused", ({ params }) => {
      paused = params;
      // Stopped where nothing is the reader's: the end of a step that left the cell.
      if (!frames().length) return void post("Debugger.resume");
      const exception = params.reason === "exception" || params.reason === "promiseRejection";
      const reason = exception
        ? "exception"
        : params.hitBreakpoints?.length
          ? "breakpoint"
          : stepping
            ? "step"
            : "pause";
      stepping = false;
      const text = exception
        ? { text: (params.data as { description?: string } | undefined)?.description?.split("\n", 1)[0] }
        : {};
      event("stopped", { reason, threadId: 1, allThreadsStopped: true, ...text });
    });
    session.on("Debugger.resumed", () => {
      if (!paused) return;
      paused = undefined;
      variables.forget();
      event("continued", { threadId: 1, allThreadsContinued: true });
    });
    return session;
  }
  let stepping = false;

  /** The frames of a stop that are the reader's own, with what they mean. */
  function frames() {
    return (paused?.callFrames ?? []).flatMap((frame, index) => {
      const url = scripts.get(frame.location.scriptId) ?? "";
      const place = sources.fromScript(url, frame.location.lineNumber, frame.location.columnNumber ?? 0);
      return place ? [{ frame, place, id: index + 1 }] : [];
    });
  }

  async function start(): Promise<void> {
    connect();
    await sources.load();
    if (started) return;
    await post("Debugger.enable");
    await post("Debugger.setBlackboxPatterns", { patterns: ["/dist/bundle/kernel/", "^node:", "/dist/kernel/"] });
    await post("Debugger.setAsyncCallStackDepth", { maxDepth: 8 });
    started = true;
    for (const [path, { wanted }] of breakpoints) await setBreakpoints(path, wanted);
  }

  async function setBreakpoints(path: string, wanted: Breakpoint[]) {
    const before = breakpoints.get(path);
    for (const breakpointId of before?.ids ?? [])
      await post("Debugger.removeBreakpoint", { breakpointId }).catch(() => undefined);
    const ids: string[] = [];
    const answers = [];
    for (const { line, condition } of wanted) {
      const at = sources.toScript(path, line);
      if (!at || !started) {
        answers.push({
          verified: false,
          line,
          source: { path },
          message: "there is no code on this line or behind it",
        });
        continue;
      }
      const { breakpointId } = await post<V8.SetBreakpointByUrlReturnType>("Debugger.setBreakpointByUrl", {
        urlRegex: `^${sources.scriptUrl(path).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(\\?|$)`,
        lineNumber: at.line,
        columnNumber: at.column,
        ...(condition ? { condition } : {}),
      });
      ids.push(breakpointId);
      answers.push({ id: ids.length, verified: true, line: at.actual, source: { path } });
    }
    if (wanted.length) breakpoints.set(path, { wanted, ids });
    else breakpoints.delete(path);
    return answers;
  }

  const frameOf = (id: unknown) => paused?.callFrames[Number(id) - 1];

  async function evaluate(expression: string, frameId: unknown, byValue = false): Promise<Runtime.RemoteObject> {
    const frame = frameOf(frameId) ?? (paused ? frames()[0]?.frame : undefined);
    const options = {
      expression,
      generatePreview: true,
      returnByValue: byValue,
      silent: true,
      objectGroup: "debugger",
    };
    const reply = frame
      ? await post<V8.EvaluateOnCallFrameReturnType>("Debugger.evaluateOnCallFrame", {
          callFrameId: frame.callFrameId,
          ...options,
        })
      : await post<Runtime.EvaluateReturnType>("Runtime.evaluate", {
          ...options,
          awaitPromise: byValue,
          replMode: !byValue,
        });
    if (reply.exceptionDetails) {
      const { exception, text } = reply.exceptionDetails;
      throw new Error(exception?.description?.split("\n", 1)[0] ?? text);
    }
    return reply.result;
  }

  /** Variables of cells, whether or not the session is stopped. */
  async function globals(): Promise<Variable[]> {
    connect();
    const { names } = await post<Runtime.GlobalLexicalScopeNamesReturnType>("Runtime.globalLexicalScopeNames");
    const found: Variable[] = [];
    for (const name of names) {
      const reply = await post<Runtime.EvaluateReturnType>("Runtime.evaluate", {
        expression: name,
        silent: true,
        throwOnSideEffect: true,
        generatePreview: true,
        objectGroup: "debugger",
      }).catch(() => undefined);
      if (reply && !reply.exceptionDetails) found.push(variables.variable(name, reply.result));
    }
    return found;
  }

  const scopeNames: Record<string, string> = {
    local: "Locals",
    closure: "Closure",
    block: "Block",
    script: "Notebook",
    module: "Module",
    catch: "Catch",
    with: "With",
  };

  const commands: Record<string, (a: Record<string, any>) => Promise<object | void>> = {
    async initialize() {
      connect();
      setTimeout(() => event("initialized"), 0);
      return {
        supportsConfigurationDoneRequest: true,
        supportsConditionalBreakpoints: true,
        supportsEvaluateForHovers: true,
        supportsSetVariable: false,
        exceptionBreakpointFilters: [
          { filter: "all", label: "Caught exceptions", default: false },
          { filter: "uncaught", label: "Uncaught exceptions", default: false },
        ],
      };
    },
    attach: start,
    launch: start,
    configurationDone: async () => {},
    async disconnect() {
      if (started) await post("Debugger.disable").catch(() => undefined);
      started = false;
      paused = undefined;
      breakpoints.clear();
      variables.forget();
    },
    terminate: () => commands.disconnect!({}),
    async dumpCell({ code }) {
      return { sourcePath: sources.add(String(code ?? "")) };
    },
    async setBreakpoints({ source, breakpoints: wanted }) {
      return { breakpoints: await setBreakpoints(String(source?.path ?? ""), (wanted ?? []) as Breakpoint[]) };
    },
    async setExceptionBreakpoints({ filters }) {
      const state =
        filters?.includes("all") || filters?.includes("raised")
          ? "all"
          : filters?.includes("uncaught")
            ? "uncaught"
            : "none";
      await post("Debugger.setPauseOnExceptions", { state });
    },
    threads: async () => ({ threads: [{ id: 1, name: "Notebook" }] }),
    modules: async () => ({ modules: [], totalModules: 0 }),
    async stackTrace() {
      const stackFrames = frames().map(({ frame, place, id }) => ({
        id,
        name: frame.functionName || "<cell>",
        line: place.line,
        column: place.column,
        source: { name: place.path.split(/[\\/]/).at(-1), path: place.path },
      }));
      return { stackFrames, totalFrames: stackFrames.length };
    },
    async scopes({ frameId }) {
      const chain = frameOf(frameId)?.scopeChain ?? [];
      return {
        scopes: chain
          .filter((s) => s.type !== "global")
          .map((s) => ({
            name: scopeNames[s.type] ?? s.type,
            variablesReference: variables.reference(s.object),
            expensive: false,
            presentationHint: s.type === "local" ? "locals" : undefined,
          })),
      };
    },
    variables: async ({ variablesReference }) => ({ variables: await variables.list(Number(variablesReference)) }),
    async evaluate({ expression, frameId }) {
      const result = await evaluate(String(expression), frameId);
      const { value, type, variablesReference } = variables.variable(String(expression), result);
      return { result: value, type, variablesReference };
    },
    async source({ source }) {
      const path = String(source?.path ?? "");
      const content = sources.code(path) ?? readFileSync(path, "utf8");
      return { content, mimeType: "text/typescript" };
    },
    async pause() {
      await post("Debugger.pause");
    },
    async continue() {
      await post("Debugger.resume");
      return { allThreadsContinued: true };
    },
    next: () => step("stepOver"),
    stepIn: () => step("stepInto"),
    stepOut: () => step("stepOut"),
    async debugInfo() {
      return {
        isStarted: started,
        hashMethod: "Murmur2",
        hashSeed,
        tmpFilePrefix: pathPrefix,
        tmpFileSuffix: pathSuffix,
        breakpoints: [...breakpoints].map(([path, { wanted }]) => ({ source: path, breakpoints: wanted })),
        stoppedThreads: paused ? [1] : [],
        richRendering: true,
        exceptionPaths: ["all", "uncaught"],
        copyToGlobals: true,
      };
    },
    inspectVariables: async () => ({ variables: await globals() }),
    async richInspectVariables({ variableName, frameId }) {
      connect();
      const host = 'globalThis[Symbol.for("proband.kernel")]';
      const result = await evaluate(`${host}.bundleOf(${variableName})`, frameId, true);
      return (result.value as object | undefined) ?? { data: {}, metadata: {} };
    },
    async copyToGlobals({ dstVariableName, srcVariableName, srcFrameId }) {
      const name = String(dstVariableName);
      const copied = await evaluate(`globalThis[${JSON.stringify(name)}] = ${srcVariableName}`, srcFrameId);
      const { value, type, variablesReference } = variables.variable(name, copied);
      return { value, type, variablesReference };
    },
  };

  async function step(kind: "stepOver" | "stepInto" | "stepOut"): Promise<void> {
    stepping = true;
    await post(`Debugger.${kind}`);
  }

  return {
    cellUrl: (code, parent) => `${urlOf(sources.add(code))}?${parent}`,
    async request(content, header) {
      requester = header;
      const command = String(content.command);
      const answer = { type: "response", request_seq: content.seq, seq: ++sequence, command };
      const run = commands[command];
      if (!run) return { ...answer, success: false, message: `${command} is not supported`, body: {} };
      try {
        const body = (await run((content.arguments ?? {}) as Record<string, any>)) ?? {};
        return { ...answer, success: true, body };
      } catch (error) {
        return { ...answer, success: false, message: (error as Error).message, body: {} };
      }
    },
    release() {
      if (paused) void post("Debugger.resume").catch(() => undefined);
    },
  };
}
