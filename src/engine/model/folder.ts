/** Opens a model folder in Hugging Face layout: config, tokenizer, weights in one file or in shards. */
import { EngineError, parseJson } from "../errors.js";
import { readText, type FileSystem } from "../files.js";
import { openSafetensors, type SafetensorsFile } from "../safetensors.js";
import { openTokenizer, type ChatTokenizer } from "../tokenizer.js";
import { parseConfig, type ModelConfig } from "./config.js";

export interface ModelFolder {
  config: ModelConfig;
  tokenizer: ChatTokenizer;
  tensors: SafetensorsFile[];
  /** The files that make the model what it is, as they are. */
  texts: Record<string, string>;
  /** generation_config.json, which belongs beside weights that are written out. */
  generation?: string;
}

export async function openFolder(files: FileSystem, folder: string): Promise<ModelFolder> {
  const need = async (name: string, what: string) => {
    const text = await readText(files, `${folder}/${name}`);
    if (text === undefined)
      throw new EngineError(
        "missing_file",
        `${folder} has no ${name} (${what}). A model folder holds config.json, tokenizer.json, tokenizer_config.json and model.safetensors, as Hugging Face has them.`,
        {
          file: `${folder}/${name}`,
        },
      );
    return text;
  };
  if ((await readText(files, `${folder}/config.json`)) === undefined && !(await files.list(folder)).length)
    throw new EngineError(
      "missing_file",
      `there is no model folder ${folder}. Models are not downloaded: get one once, for instance by "hf download HuggingFaceTB/SmolLM2-135M-Instruct --local-dir models/SmolLM2-135M-Instruct", and give its folder; or take the built-in "proband-base".`,
      { file: `${folder}/config.json` },
    );
  const configText = await need("config.json", "the model's shape");
  const config = parseConfig(configText, `${folder}/config.json`);
  const tokenizerText = await need("tokenizer.json", "its tokenizer");
  const tokenizerConfig = await readText(files, `${folder}/tokenizer_config.json`);
  const template = await readText(files, `${folder}/chat_template.jinja`);
  const generation = await readText(files, `${folder}/generation_config.json`);
  const ends = generationEnds(generation, `${folder}/generation_config.json`);
  const eosTokens = [...new Set([...config.eosTokens, ...ends])];
  const tokenizer = openTokenizer({
    tokenizer: tokenizerText,
    config: tokenizerConfig,
    template,
    eosTokens,
    folder,
  });
  if (tokenizer.vocabularySize > config.vocabularySize)
    throw new EngineError(
      "tokenizer_mismatch",
      `${folder}/tokenizer.json knows ${tokenizer.vocabularySize} tokens, config.json says the model has ${config.vocabularySize}: the tokenizer is another model's`,
      { file: `${folder}/tokenizer.json` },
    );
  const strange = eosTokens.find((id) => id >= tokenizer.vocabularySize);
  if (strange !== undefined)
    throw new EngineError(
      "tokenizer_mismatch",
      `${folder}/tokenizer.json knows ${tokenizer.vocabularySize} tokens, and config.json's eos_token_id ${strange} is none of them: the tokenizer is another model's`,
      { file: `${folder}/tokenizer.json` },
    );
  const texts: Record<string, string> = { "config.json": configText, "tokenizer.json": tokenizerText };
  if (tokenizerConfig) texts["tokenizer_config.json"] = tokenizerConfig;
  if (template) texts["chat_template.jinja"] = template;
  const tensors = await openWeights(files, folder);
  return { config, tokenizer, tensors, texts, ...(generation !== undefined && { generation }) };
}

function generationEnds(text: string | undefined, file: string): number[] {
  if (!text) return [];
  const eos = parseJson<{ eos_token_id?: number | number[] }>(text, file).eos_token_id;
  return Array.isArray(eos) ? eos : typeof eos === "number" ? [eos] : [];
}

/** The safetensors files of a folder. */
export async function openWeights(files: FileSystem, folder: string): Promise<SafetensorsFile[]> {
  const single = await files.open(`${folder}/model.safetensors`);
  if (single) return [await openSafetensors(single)];
  const indexPath = `${folder}/model.safetensors.index.json`;
  const index = await readText(files, indexPath);
  if (index === undefined)
    throw new EngineError(
      "missing_file",
      `${folder} has neither model.safetensors nor model.safetensors.index.json. PyTorch .bin and GGUF files are not read: take the safetensors of the same model.`,
      { file: `${folder}/model.safetensors` },
    );
  const { weight_map: map } = parseJson<{ weight_map?: Record<string, string> }>(index, indexPath);
  const shards = [...new Set(Object.values(map ?? {}))];
  // Shards lie beside their index: a name with a path would lead elsewhere.
  if (!shards.length || shards.some((name) => typeof name !== "string" || /[\\/]/.test(name)))
    throw new EngineError("bad_file", `${indexPath}: weight_map must give each tensor the name of a file beside it`, {
      file: indexPath,
    });
  return Promise.all(
    shards.sort().map(async (name) => {
      const path = `${folder}/${name}`;
      const shard = await files.open(path);
      if (!shard)
        throw new EngineError(
          "missing_file",
          `${path} is missing, a shard that ${indexPath} names. Download it again.`,
          {
            file: path,
          },
        );
      return openSafetensors(shard);
    }),
  );
}
