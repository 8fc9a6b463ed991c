/** /v1/files: upload, list, retrieve, content, delete. */
import { ApiError, notFound } from "./errors.js";
import { newId, readJson, seconds, type State } from "./state.js";
import { describeProblems, parseTrainingFile } from "./training-file.js";

export interface FileObject {
  id: string;
  object: "file";
  bytes: number;
  created_at: number;
  filename: string;
  purpose: string;
  status: "processed";
}

const meta = (id: string) => `files/${id}.json`;
const data = (id: string) => `files/${id}.data`;

export async function uploadFile(state: State, request: Request): Promise<FileObject> {
  let form: FormData;
  try {
    form = (await request.formData()) as FormData;
  } catch {
    throw new ApiError(400, "Could not parse multipart form: send the file as multipart/form-data.", null, "file");
  }
  const purpose = form.get("purpose");
  const file = form.get("file");
  if (typeof purpose !== "string")
    throw new ApiError(400, "Missing required parameter: 'purpose'.", "missing_required_parameter", "purpose");
  if (!["fine-tune", "batch"].includes(purpose))
    throw new ApiError(
      400,
      `Invalid value: '${purpose}'. Supported here: 'fine-tune' and 'batch'.`,
      "invalid_value",
      "purpose",
    );
  if (file === null || typeof file === "string")
    throw new ApiError(400, "Missing required parameter: 'file'.", "missing_required_parameter", "file");
  return storeFile(state, file.name, purpose, new Uint8Array(await file.arrayBuffer()));
}

/** Keeps a file; training data is checked line by line before it is accepted. */
export async function storeFile(
  state: State,
  filename: string,
  purpose: string,
  bytes: Uint8Array,
): Promise<FileObject> {
  if (!bytes.length) throw new ApiError(400, "File is empty.", "empty_file", "file");
  if (purpose === "fine-tune") {
    const { problems } = await parseTrainingFile(new TextDecoder().decode(bytes));
    if (problems.length)
      throw new ApiError(400, `Invalid file format. ${describeProblems(problems)}`, "invalid_training_file", "file");
  }
  const id = newId("file-");
  const file: FileObject = {
    id,
    object: "file",
    bytes: bytes.length,
    created_at: seconds(),
    filename,
    purpose,
    status: "processed",
  };
  await state.write(data(id), bytes);
  await state.write(meta(id), JSON.stringify(file));
  return file;
}

export async function retrieveFile(state: State, id: string): Promise<FileObject> {
  const file = /^[\w-]+$/.test(id) ? await readJson<FileObject>(state, meta(id)) : undefined;
  if (!file) throw notFound("File object", id, "id");
  return file;
}

export async function fileContent(state: State, id: string): Promise<Uint8Array> {
  await retrieveFile(state, id);
  return (await state.read(data(id)))!;
}

export async function listFiles(state: State, query: URLSearchParams) {
  const names = (await state.list("files")).filter((name) => name.endsWith(".json"));
  const files = await Promise.all(names.map((name) => readJson<FileObject>(state, `files/${name}`)));
  const purpose = query.get("purpose");
  const kept = files.filter((f): f is FileObject => !!f && (!purpose || f.purpose === purpose));
  return page(
    kept.sort((a, b) => b.created_at - a.created_at),
    query,
    10000,
  );
}

export async function deleteFile(state: State, id: string) {
  await retrieveFile(state, id);
  await state.remove(meta(id));
  await state.remove(data(id));
  return { id, object: "file", deleted: true };
}

/** OpenAI's cursor pages: `after` is the id of the last one seen, `limit` how many. */
export function page<T extends { id: string }>(newestFirst: T[], query: URLSearchParams, defaultLimit = 20) {
  const order = query.get("order") ?? "desc";
  if (order !== "asc" && order !== "desc")
    throw new ApiError(
      400,
      `Invalid 'order': ${order}. Supported values are: 'asc' and 'desc'.`,
      "invalid_value",
      "order",
    );
  const all = order === "asc" ? newestFirst.toReversed() : newestFirst;
  const limit = Number(query.get("limit") ?? defaultLimit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new ApiError(400, `Invalid 'limit': ${query.get("limit")}.`, "invalid_value", "limit");
  const after = query.get("after");
  const from = after ? all.findIndex((x) => x.id === after) + 1 : 0;
  const slice = all.slice(from, from + limit);
  return {
    object: "list",
    data: slice,
    has_more: from + limit < all.length,
    first_id: slice[0]?.id ?? null,
    last_id: slice.at(-1)?.id ?? null,
  };
}
