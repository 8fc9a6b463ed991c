// The AMD build as VS Code, nbviewer and Voilà load it: @jupyter-widgets/html-manager with require.js asks for
// <package>@<version>/dist/index.js at a CDN's address; here that address is a server of this test.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";
import * as w from "#src/widgets/node/index.js";
import { pictures } from "./lab.js";

const packages = { "@jupyter-widgets/html-manager": "1.0.14", requirejs: "2.3.8" };
const folder = join(process.cwd(), "build", "third-party");
const place = (name: string) => join(folder, `${name.replace(/\W+/g, "-")}-${packages[name as "requirejs"]}`);

let server: Server;
let browser: Browser;
let address: string;
const asked: string[] = [];

before(async () => {
  for (const [name, version] of Object.entries(packages)) {
    const at = place(name);
    if (existsSync(join(at, "package", "package.json"))) continue;
    mkdirSync(at, { recursive: true });
    // The package alone, as npm publishes it; what it depends on is in its bundle.
    const packed = spawnSync("npm", ["pack", `${name}@${version}`, "--silent", "--pack-destination", at], {
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    assert.equal(packed.status, 0, packed.stderr);
    const archive = readdirSync(at).find((f) => f.endsWith(".tgz"))!;
    assert.equal(spawnSync("tar", ["-xzf", archive], { cwd: at }).status, 0);
  }
  const files: Record<string, string> = {
    "/require.js": join(place("requirejs"), "package", "require.js"),
    "/embed-amd.js": join(place("@jupyter-widgets/html-manager"), "package", "dist", "embed-amd.js"),
    "/cdn/proband-widgets@^0.1.0/dist/index.js": join("dist", "labextension", "proband-widgets", "dist", "index.js"),
  };
  server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.split("?")[0]!);
    asked.push(path);
    if (path === "/") return void response.setHeader("content-type", "text/html").end(page());
    const file = files[path];
    if (!file) return void response.writeHead(404).end();
    response.setHeader("content-type", "text/javascript").end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
});
after(async () => {
  await browser?.close();
  server?.close();
});

/** A page with the state of these widgets, as nbconvert writes it. */
function page(): string {
  const n = 6000;
  const many = w.plotView({
    title: "Many",
    data: {
      x: Float64Array.from({ length: n }, (_, i) => (i % 100) / 10),
      y: Float64Array.from({ length: n }, (_, i) => i % 7),
    },
    marks: [{ mark: "dot", x: "x", y: "y" }],
  });
  const few = w.plotView({
    title: "Few",
    data: { age: [20, 30, 40], vote: ["a", "b", "a"], income: [1, 2, 3] },
    marks: [{ mark: "dot", x: "age", y: "income", fill: "vote" }],
    brush: "x",
  });
  const own = w.anywidget({
    esm: `export default { render({ model, el }) { const b = document.createElement("button"); b.className = "own"; const show = () => (b.textContent = "n = " + model.get("n")); b.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); }; model.on("change:n", show); show(); el.append(b); } }`,
    state: { n: 1 },
  });
  const shown = [w.column([w.slider({ min: 0, max: 9, value: 4 }), own]), few, many];
  const json = (type: string, value: object) =>
    `<script type="${type}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`;
  const state = w.widgetState()["application/vnd.jupyter.widget-state+json"];
  const views = shown.map((s) =>
    json("application/vnd.jupyter.widget-view+json", { version_major: 2, version_minor: 0, model_id: s.id }),
  );
  return `<!doctype html><title>AMD</title><link rel="icon" href="data:,"><script src="/require.js"></script>
<script src="/embed-amd.js" data-jupyter-widgets-cdn="${address}/cdn/" data-jupyter-widgets-cdn-only></script><body>
${json("application/vnd.jupyter.widget-state+json", state)}${views.join("\n")}`;
}

test("the AMD build draws plots, controls and front-end modules in a page of Jupyter's html-manager", async () => {
  const tab = await browser.newPage();
  const errors: string[] = [];
  const external: string[] = [];
  tab.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  tab.on("pageerror", (e) => errors.push(String(e)));
  tab.on("request", (r) => !r.url().startsWith(address) && !/^(data|blob):/.test(r.url()) && external.push(r.url()));
  await tab.goto(address);
  await tab.locator(".own").waitFor();
  assert.equal(await tab.locator(".own").innerText(), "n = 1");
  await tab.locator(".own").click();
  assert.equal(await tab.locator(".own").innerText(), "n = 2");
  await tab.locator(".widget-hslider").waitFor();
  const plots = tab.locator(".proband-plot-stage svg");
  await plots.nth(1).waitFor();
  assert.equal(await plots.nth(0).locator("circle").count(), 3);
  assert.equal(await plots.nth(1).locator("canvas").count(), 1);
  const ink = await plots
    .nth(1)
    .locator("canvas")
    .evaluate((c: HTMLCanvasElement) => {
      const { data } = c.getContext("2d")!.getImageData(0, 0, c.width, c.height);
      return data.filter((v, i) => i % 4 === 3 && v > 0).length;
    });
  assert.ok(ink > 700, `${ink} pixels drawn from the binary columns`); // 100 × 7 places, each a few pixels
  const box = (await plots.nth(0).boundingBox())!;
  await tab.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
  await tab.mouse.down();
  await tab.mouse.move(box.x + box.width * 0.99, box.y + box.height * 0.6, { steps: 5 });
  await tab.mouse.up();
  assert.match(await tab.locator(".proband-plot-status").nth(0).innerText(), /^2 of 3 selected/);
  await tab.screenshot({ path: join(pictures, "amd.png"), fullPage: true });
  assert.deepEqual(errors, []);
  assert.deepEqual(external, []);
  assert.ok(asked.includes("/cdn/proband-widgets@^0.1.0/dist/index.js"), asked.join(" "));
});
