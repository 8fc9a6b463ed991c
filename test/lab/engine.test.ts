// The engine in a real browser, on WebAssembly: the built-in model scores as it does natively, learns, and writes.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { openModel } from "#src/engine/node/index.js";
import { openBrowser } from "../lab/browser.js";

const root = process.cwd();
const page_ = `
import { createEngine, memoryFiles, webRuntime } from "./dist/engine/index.js";
globalThis.run = async (names, requests) => {
  const ort = await import("/engine/ort.mjs");
  const files = {};
  for (const name of names) files["model/" + name] = new Uint8Array(await (await fetch("/model/" + name)).arrayBuffer());
  const engine = await createEngine(webRuntime(ort, { wasm: "/engine/ort.wasm" }), memoryFiles(files), "model");
  const scores = (await engine.score(requests)).map((s) => [...s]);
  const messages = [...requests[0].messages, { role: "assistant", content: requests[0].options[0] }];
  const settings = { lora: { rank: 4, alpha: 8 }, epochs: 8, batchSize: 1, learningRate: 5e-3, seed: 7 };
  const { adapter } = await engine.train([{ messages }], { ...settings, output: "adapter" });
  const [learned] = await engine.score(requests, { adapter });
  const [{ text }] = await engine.generate([{ messages: requests[0].messages, temperature: 0, maxTokens: 6 }]);
  return { scores, learned: [...learned], text };
};`;
const types: Record<string, string> = {
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};
let server: Server, browser: Browser;

before(async () => {
  const { outputFiles } = await build({
    stdin: { contents: page_, resolveDir: root },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["browser"],
    external: ["/engine/*"],
  });
  const bundle = outputFiles[0]!.contents;
  server = createServer(({ url = "/" }, response) => {
    const at = url.replace(/^\/engine\//, "dist/engine/web/").replace(/^\/model\//, "data/base-model/");
    if (url === "/")
      response.setHeader("content-type", "text/html").end('<script type="module" src="/page.js"></script>');
    else if (url === "/page.js") response.setHeader("content-type", "text/javascript").end(bundle);
    else if (existsSync(join(root, at)))
      response
        .setHeader("content-type", types[extname(at)] ?? "application/octet-stream")
        .end(readFileSync(join(root, at)));
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  server.close();
});

test("scores as the native engine, learns and writes", async () => {
  const requests = ["vote", "place yourself <7>"].map((content) => ({
    messages: [{ role: "user" as const, content }],
    options: ["17", "50", "100"],
  }));
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction("globalThis.run");
  const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "proband.json", "model.safetensors"];
  const found = (await page.evaluate(
    ([files, asked]) => (globalThis as unknown as { run(f: unknown, r: unknown): unknown }).run(files, asked),
    [names, requests] as const,
  )) as { scores: number[][]; learned: number[]; text: string };
  const native = await openModel("proband-base", { backend: "native" });
  const expected = await native.score(requests);
  const [made] = await native.generate([{ messages: requests[0]!.messages, temperature: 0, maxTokens: 6 }]);
  await native.close();
  expected.forEach((scores, i) => scores.forEach((p, o) => assert.ok(Math.abs(p - found.scores[i]![o]!) < 1e-3)));
  assert.equal(found.text, made!.text);
  assert.ok(found.learned[0]! > found.scores[0]![0]! + 0.5, `${found.learned[0]} ${found.scores[0]![0]}`);
});
