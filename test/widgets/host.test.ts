// The prebuilt front end: found by whoever installs, and the same classes as AMD.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { labextensions } from "#src/widgets/node/index.js";
import { hostModule, hostPackageVersion, hostVersion } from "#src/widgets/host/version.js";

const found = labextensions();
const own = found.find((l) => l.name === hostModule)!;

test("both extensions are there, with what JupyterLab looks for", () => {
  assert.deepEqual(
    found.map((l) => [l.name, l.onlyIfAbsent]),
    [
      ["proband-widgets", false],
      ["@jupyter-widgets/jupyterlab-manager", true],
    ],
  );
  for (const { name, folder } of found) {
    const card = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    assert.equal(card.name, name);
    assert.ok(existsSync(join(folder, card.jupyterlab._build.load)), card.jupyterlab._build.load);
  }
});

test("the version asked for is one that the build satisfies (npm's caret)", () => {
  const [asked, built] = [hostVersion.replace("^", ""), hostPackageVersion].map((v) => v.split(".").map(Number)) as [
    number[],
    number[],
  ];
  assert.ok(hostVersion.startsWith("^"));
  assert.deepEqual(built.slice(0, 2), asked.slice(0, 2));
  assert.ok(built[2]! >= asked[2]!);
});

test("the AMD module defines the same classes over a page's base", () => {
  class Model {
    static serializers = {};
  }
  class View {}
  let defined: { dependencies: string[]; exports: Record<string, unknown> } | undefined;
  const define = (dependencies: string[], factory: (base: unknown) => Record<string, unknown>) =>
    (defined = { dependencies, exports: factory({ DOMWidgetModel: Model, DOMWidgetView: View }) });
  new Function("define", readFileSync(join(own.folder, "dist", "index.js"), "utf8"))(define);
  assert.deepEqual(defined!.dependencies, ["@jupyter-widgets/base"]);
  assert.deepEqual(Object.keys(defined!.exports).sort(), [
    "AnyModel",
    "AnyView",
    "LinkedModel",
    "LinkedView",
    "PlotModel",
    "PlotView",
  ]);
});

test("the front end asks nothing of the network", () => {
  const code = readFileSync(join(own.folder, "dist", "index.js"), "utf8");
  const addresses = [...new Set(code.match(/https?:\/\/[^"'`\s)]+/g))];
  // Names of XML spaces, and pages named in messages.
  assert.deepEqual(
    addresses.filter((a) => !/^http:\/\/www\.w3\.org\/|^https:\/\/(anywidget\.dev|github\.com\/observablehq)/.test(a)),
    [],
  );
});
