/** Brings back an adapter that was trained elsewhere (TRL, peft, Axolotl …) on exported people. */
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { originalIds, result } from "../../study/index.js";
import type { Respondents } from "../../study/index.js";
import { openHome, registerModel } from "../../provider/node/index.js";
import { adapterPath, forget, type AdapterRecord } from "../../engine/openai/models.js";
import { templateHash } from "../../simulation/hash.js";
import { templateOf, templates } from "../../simulation/templates/index.js";
import type { Template } from "../../simulation/template.js";

export interface AdoptOptions {
  /** The model it was trained on: "proband-base" or the folder of an open model. */
  base: string;
  /** The people whose answers it was trained on: without them leakage cannot be checked. */
  trainedOn: Respondents;
  /** As in the export it was trained on. */
  template?: string | Template;
  demographics?: boolean;
  seed?: number;
  suffix?: string;
  home?: string;
}

const files = ["adapter_config.json", "adapter_model.safetensors"];

/**
 * Takes a folder in peft's layout (adapter_config.json, adapter_model.safetensors) into the embedded engine and
 * registers whom it learned from. The model returned is one for `simulation.run`, as `finetuning.run` gives it.
 */
export async function adopt(folder: string, options: AdoptOptions) {
  const from = resolve(folder);
  for (const name of files)
    if (!existsSync(join(from, name)))
      throw new Error(
        `${from} has no ${name}: expected an adapter in peft's layout, as model.save_pretrained writes it`,
      );
  const home = openHome(options.home);
  const card = await home.models.find(options.base);
  if (!card) throw new Error(`no base model ${options.base}: expected "proband-base" or a folder with config.json`);
  const contents = files.map((name) => readFileSync(join(from, name)));
  const hash = bytesToHex(sha256(Buffer.concat(contents)));
  const { fingerprint: base } = await home.models.open(options.base);
  const fingerprint = bytesToHex(sha256(`${base}\u0000${hash}`)).slice(0, 32);
  const id = `ft:${basename(options.base)}:adopted:${options.suffix ?? ""}:${fingerprint.slice(0, 8)}`;
  const adapter = `adopted/${fingerprint}/adapter`;
  for (const [i, name] of files.entries()) await home.state.write(`${adapter}/${name}`, contents[i]!);
  const created = Math.floor(Date.now() / 1000);
  const record: AdapterRecord = {
    id,
    base: options.base,
    created,
    job: `adopted-${fingerprint.slice(0, 8)}`,
    adapter,
    fingerprint,
  };
  await home.state.write(adapterPath(id), JSON.stringify(record));
  forget(home.state, id);
  const { trainedOn, seed = 1, demographics = true } = options;
  const template = templateOf(options.template ?? card.template ?? "plain");
  await registerModel(
    {
      id,
      base: options.base,
      provider: "embedded",
      baseURL: "adopted",
      study: trainedOn.codebook.name,
      trainedOn: originalIds(trainedOn),
      trainingHash: hash,
      seed,
      hyperparameters: { adoptedFrom: basename(from) },
      template: template.name,
      templateHash: templateHash(template),
      ...(template === templates[template.name] ? {} : { ownTemplate: template }),
      demographics,
      created: new Date().toISOString(),
      job: record.job,
      key: fingerprint,
    },
    options.home,
  );
  return result(
    {
      kind: "finetuning.adopt",
      title: `${id}: an adapter trained elsewhere on ${trainedOn.n} respondents of ${trainedOn.codebook.name}`,
      rows: files.map((name, i) => ({ file: name, bytes: contents[i]!.length })),
      columns: [{ name: "file" }, { name: "bytes", format: "integer" }],
      notes: [
        `Template ${template.name}, ${demographics ? "with" : "without"} attributes in the prompt, as you say it was trained.`,
      ],
      provenance: card.description ? [`${options.base}: ${card.description}`] : [],
    },
    {
      id,
      base: options.base,
      provider: "embedded",
      trainedOn: { ids: originalIds(trainedOn), hash, study: trainedOn.codebook.name },
      seed,
      template: template.name,
      demographics,
    },
  );
}
