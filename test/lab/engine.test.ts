// The engine in a real browser, on WebAssembly with one thread and several and on WebGPU (Chromium's software adapter):
// the built-in model scores as it does natively, learns, and writes; and on WebGPU in Node, over the same driver.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { chromium, type Browser } from "playwright-core";
import type { ScoreRequest } from "#src/engine/index.js";
import { openModel } from "#src/engine/node/index.js";
import { openBrowser } from "../lab/browser.js";

const root = process.cwd();
const page_ = `
import { chooseWebRuntime, createEngine, memoryFiles, parseConfig } from "./dist/engine/index.js";
globalThis.run = async (names, requests, module, options) => {
  const ort = await import(module);
  const files = {};
  for (const name of names) files["model/" + name] = new Uint8Array(await (await fetch("/model/" + name)).arrayBuffer());
  const model = options.measure && parseConfig(new TextDecoder().decode(files["model/config.json"]));
  const engine = await createEngine(await chooseWebRuntime(ort, { ...options, model }), memoryFiles(files), "model");
  const scores = (await engine.score(requests)).map((s) => [...s]);
  const messages = [...requests[0].messages, { role: "assistant", content: requests[0].options[0] }];
  const settings = { lora: { rank: 4, alpha: 8 }, epochs: 8, batchSize: 1, learningRate: 5e-3, seed: 7 };
  const { adapter } = await engine.train([{ messages }], { ...settings, output: "adapter" });
  const [learned] = await engine.score(requests, { adapter });
  const [{ text }] = await engine.generate([{ messages: requests[0].messages, temperature: 0, maxTokens: 6 }]);
  return { scores, learned: [...learned], text, device: engine.device };
};`;
interface Found {
  scores: number[][];
  learned: number[];
  text: string;
  device: { runtime: string; threads: number; why: string };
}
const types: Record<string, string> = {
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
const requests: ScoreRequest[] = ["vote", "place yourself <7>"].map((content) => ({
  messages: [{ role: "user" as const, content }],
  options: ["17", "50", "100"],
}));
const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "proband.json", "model.safetensors"];
let server: Server, expected: Float64Array[], greedy: string;

before(async () => {
  const { outputFiles } = await build({
    stdin: { contents: page_, resolveDir: root },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["browser"],
  });
  const bundle = outputFiles[0]!.contents;
  server = createServer(({ url = "/" }, response) => {
    const at = url
      .replace(/^\/engine\//, "dist/engine/web/")
      .replace(/^\/onnxruntime-web\//, "node_modules/onnxruntime-web/dist/")
      .replace(/^\/model\//, "data/base-model/");
    // Threads need shared memory, and that these headers on the page and on all that it loads.
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    if (url !== "/") response.setHeader("cross-origin-resource-policy", "same-origin");
    if (url === "/isolated") response.setHeader("cross-origin-opener-policy", "same-origin");
    if (url === "/" || url === "/isolated")
      response.setHeader("content-type", "text/html").end('<script type="module" src="/page.js"></script>');
    else if (url === "/page.js") response.setHeader("content-type", "text/javascript").end(bundle);
    else if (existsSync(join(root, at)))
      response
        .setHeader("content-type", types[extname(at)] ?? "application/octet-stream")
        .end(readFileSync(join(root, at)));
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  const native = await openModel("proband-base", { backend: "native" });
  expected = await native.score(requests);
  greedy = (await native.generate([{ messages: requests[0]!.messages, temperature: 0, maxTokens: 6 }]))[0]!.text;
  await native.close();
});
after(() => void server.close());

async function inBrowser(browser: Browser, path: string, module: string, options: object): Promise<Found> {
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    await page.waitForFunction("globalThis.run");
    return (await page.evaluate(
      ([n, r, m, o]) => (globalThis as unknown as { run(...all: unknown[]): unknown }).run(n, r, m, o),
      [names, requests, module, options] as const,
    )) as Found;
  } finally {
    await browser.close();
  }
}

function asNative(found: Pick<Found, "scores" | "learned" | "text">) {
  expected.forEach((scores, i) => scores.forEach((p, o) => assert.ok(Math.abs(p - found.scores[i]![o]!) < 1e-3)));
  assert.equal(found.text, greedy);
  assert.ok(found.learned[0]! > found.scores[0]![0]! + 0.5, `${found.learned[0]} ${found.scores[0]![0]}`);
}

const onlyWasm = "/engine/ort.mjs",
  wasm = "/engine/ort.wasm",
  withGpu = "/onnxruntime-web/ort.webgpu.bundle.min.mjs";
/** Chromium with the WebGPU of a software adapter. */
const gpuBrowser = () =>
  chromium.launch({
    executablePath: process.env["CHROMIUM"]!,
    args: [
      "--headless",
      "--no-sandbox",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      "--enable-features=Vulkan",
    ],
  });

test("on one thread of WebAssembly: scores as the native engine, learns and writes", async () => {
  const found = await inBrowser(await openBrowser(), "/", onlyWasm, { wasm });
  asNative(found);
  assert.deepEqual([found.device.runtime, found.device.threads], ["wasm", 1]);
  assert.match(found.device.why, /not cross-origin isolated/);
});

test("in a cross-origin isolated page on several threads", async () => {
  const found = await inBrowser(await openBrowser(), "/isolated", onlyWasm, { wasm });
  asNative(found);
  assert.ok(found.device.threads > 1, JSON.stringify(found.device));
});

test("on WebGPU, where it is asked for", async () => {
  const found = await inBrowser(await gpuBrowser(), "/", withGpu, { device: "webgpu" });
  asNative(found);
  assert.equal(found.device.runtime, "webgpu");
});

test("measures both, takes the faster (here the processor: the adapter is software), and says what it measured", async () => {
  const found = await inBrowser(await gpuBrowser(), "/", withGpu, { measure: true });
  asNative(found);
  assert.match(found.device.why, /measured a layer's step: WebGPU [\d.]+ ms, WebAssembly [\d.]+ ms/);
  assert.equal(found.device.runtime, "wasm", found.device.why);
});

test("without an adapter, and with a runtime built without WebGPU, goes on on WebAssembly and says why", async () => {
  const none = await inBrowser(await openBrowser(), "/", withGpu, { measure: true });
  asNative(none);
  assert.match(
    none.device.why,
    /no WebGPU: this browser has no navigator\.gpu|no WebGPU: the browser gives no adapter/,
  );
  const built = await inBrowser(await gpuBrowser(), "/", onlyWasm, { measure: true, wasm });
  asNative(built);
  assert.match(built.device.why, /no WebGPU: .*webgpu/);
  await assert.rejects(inBrowser(await openBrowser(), "/", withGpu, { device: "webgpu" }), /WebGPU does not work here/);
});

test("on WebGPU in Node, over Chromium's software driver", async (t) => {
  const folder = ["/usr/lib/chromium", dirname(realpathSync(process.env["CHROMIUM"]!))].find((f) =>
    existsSync(join(f, "vk_swiftshader_icd.json")),
  );
  if (process.platform !== "linux" || !folder) return t.skip("Chromium's Vulkan driver is not beside it");
  const script = `
    import { openModel } from "proband/engine";
    const requests = ${JSON.stringify(requests)};
    const engine = await openModel("proband-base", { backend: "webgpu" });
    const scores = (await engine.score(requests)).map((s) => [...s]);
    const messages = [...requests[0].messages, { role: "assistant", content: requests[0].options[0] }];
    const output = process.argv[2];
    const settings = { lora: { rank: 4, alpha: 8 }, epochs: 8, batchSize: 1, learningRate: 5e-3, seed: 7, output };
    const { adapter } = await engine.train([{ messages }], settings);
    const [learned] = await engine.score(requests, { adapter });
    const [{ text }] = await engine.generate([{ messages: requests[0].messages, temperature: 0, maxTokens: 6 }]);
    console.log(JSON.stringify({ scores, learned: [...learned], text, device: engine.device }));
    await engine.close();`;
  const file = join(root, "build", "lab", "webgpu.mjs");
  writeFileSync(file, script);
  const done = spawnSync(process.execPath, [file, join(root, "build", "lab", "webgpu-adapter")], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json") },
  });
  assert.equal(done.status, 0, done.stderr);
  const found = JSON.parse(done.stdout.trim().split("\n").at(-1)!) as Found;
  asNative(found);
  assert.equal(found.device.runtime, "webgpu");
});
