/** Which servers there are, what each can do and costs, and what is said early where something is missing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import * as provider from "#src/provider/node/index.js";
import * as finetuning from "#src/finetuning/node/index.js";

const anes = await loadStudy("anes96");
const pilot = anes.take([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

/** Runs with these environment variables and puts them back. */
async function withEnvironment(values: Record<string, string | undefined>, work: () => unknown): Promise<void> {
  const before = Object.fromEntries(Object.keys(values).map((k) => [k, process.env[k]]));
  const set = (all: Record<string, string | undefined>) => {
    for (const [k, v] of Object.entries(all))
      if (v === undefined) delete process.env[k];
      else process.env[k] = v;
  };
  set(values);
  try {
    await work();
  } finally {
    set(before);
  }
}

describe("finetuning where it cannot be", () => {
  test("OpenAI refuses early, with the day it ends and what works instead", () =>
    assert.rejects(
      finetuning.run(pilot, { provider: "openai", base: "gpt-4.1-mini", confirmSharing: true }),
      (error: Error) => {
        assert.match(error.message, /2027-01-06/);
        for (const way of ["embedded", "Nebius", "Azure", "LiteLLM"]) assert.match(error.message, new RegExp(way));
        return true;
      },
    ));
  for (const name of ["vllm", "ollama", "llamacpp", "lmstudio"])
    test(`${name} serves and does not finetune`, () =>
      assert.rejects(finetuning.run(pilot, { provider: name, base: "m" }), /does not finetune|do not finetune/));
});

describe("keys", () => {
  test("come from the environment, and a missing one is named", async () => {
    await withEnvironment({ NEBIUS_API_KEY: undefined }, () =>
      assert.throws(() => provider.nebius().client(), /NEBIUS_API_KEY/),
    );
    await withEnvironment({ OPENAI_API_KEY: "sk-test" }, () =>
      assert.equal(provider.openai().client().apiKey, "sk-test"),
    );
  });
  test("are no part of a provider that is printed or stored", async () => {
    await withEnvironment({ OPENAI_API_KEY: "sk-secret" }, () => {
      const openai = provider.openai();
      openai.client();
      assert.doesNotMatch(JSON.stringify(openai), /sk-secret/);
    });
  });
  test("a server on loopback needs none", () => assert.ok(provider.vllm().client()));
});

describe("where data go", () => {
  for (const [url, reach] of [
    ["http://127.0.0.1:8000/v1", "local"],
    ["http://localhost:8000/v1", "local"],
    ["http://[::1]:8000/v1", "local"],
    ["https://cluster.example.edu/v1", "own-server"],
    ["http://127.0.0.1.evil.example/v1", "own-server"],
  ] as const)
    test(`${url} is ${reach}`, () => assert.equal(provider.compatible({ baseURL: url }).reach, reach));
  test("a LiteLLM proxy on this machine is not taken for local unless said so", () => {
    assert.equal(provider.litellm().reach, "own-server");
    assert.equal(provider.litellm({ reach: "local" }).reach, "local");
  });
  test("companies are hosted", () => assert.equal(provider.openai().reach, "hosted"));
});

describe("prices", () => {
  const openai = provider.openai();
  test("of dated snapshots and finetuned models are those of their model", () => {
    assert.deepEqual(provider.priceOf(openai, "gpt-4o-mini-2024-07-18"), provider.priceOf(openai, "gpt-4o-mini"));
    assert.equal(provider.priceOf(openai, "ft:gpt-4o-mini-2024-07-18:org::abc")!.input, 0.3);
    assert.equal(provider.priceOf(openai, "gpt-4o")!.input, 2.5);
  });
  test("unknown ones are unknown, not zero; the own machine costs nothing", () => {
    assert.equal(provider.priceOf(openai, "gpt-99"), undefined);
    assert.equal(provider.priceOf(provider.embedded(), "proband-base")!.input, 0);
  });
  test("a server of somebody else's is not free because its price is unknown, nor is a proxy on this machine", () => {
    assert.equal(provider.priceOf(provider.compatible({ baseURL: "https://api.example.com/v1" }), "m"), undefined);
    assert.equal(provider.priceOf(provider.litellm(), "gpt-4o"), undefined);
    assert.equal(provider.priceOf(provider.compatible({ baseURL: "http://127.0.0.1:1/v1" }), "m")!.input, 0);
    const priced = provider.litellm({ prices: { m: { input: 1, output: 2 } } });
    assert.equal(provider.priceOf(priced, "m")!.output, 2);
  });
  test("each has a date and a source", () => {
    process.env["AZURE_OPENAI_ENDPOINT"] = "https://x.openai.azure.com";
    for (const p of [openai, provider.azure(), provider.nebius()])
      for (const price of Object.values(p.prices!)) {
        assert.match(price.asOf!, /^\d{4}-\d{2}-\d{2}$/);
        assert.match(price.source!, /https:\/\//);
        assert.ok(price.input > 0 && price.output > price.input);
      }
    delete process.env["AZURE_OPENAI_ENDPOINT"];
  });
});

test("azure needs its endpoint, and sends its key as api-key to the deployment", async () => {
  await withEnvironment({ AZURE_OPENAI_ENDPOINT: undefined }, () =>
    assert.throws(() => provider.azure(), /AZURE_OPENAI_ENDPOINT/),
  );
  await withEnvironment({ AZURE_OPENAI_API_KEY: "azure-key" }, async () => {
    const calls: { url: string; key: string | null }[] = [];
    const azure = provider.azure({
      endpoint: "https://name.openai.azure.com",
      fetch: async (input, init) => {
        calls.push({ url: String(input), key: new Headers(init?.headers).get("api-key") });
        return Response.json({ id: "x", object: "chat.completion", created: 0, model: "m", choices: [] });
      },
    });
    await azure.client().chat.completions.create({ model: "deployment", messages: [{ role: "user", content: "x" }] });
    assert.match(
      calls[0]!.url,
      /^https:\/\/name\.openai\.azure\.com\/openai\/deployments\/deployment\/chat\/completions\?api-version=/,
    );
    assert.equal(calls[0]!.key, "azure-key");
  });
});

test("a capability of one's own server can be corrected", () => {
  const server = provider.vllm({ capabilities: { batch: true } });
  assert.equal(server.capabilities.batch, true);
  assert.equal(server.capabilities.topLogprobs, 20);
});
