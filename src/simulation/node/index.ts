// Simulation on Node: ledgers are files, the embedded engine and environment variables attached.
import * as crypto from "node:crypto";
import { join, resolve } from "node:path";
import "../../provider/node/index.js";
import { useSha256 } from "../hash.js";
import { useLedgerStores } from "../ledger/open.js";
import { fileStore } from "./file-store.js";

useLedgerStores({
  defaultPath: (study, home) =>
    join(home ?? process.env["PROBAND_HOME"] ?? ".proband", "ledgers", `${study.replaceAll(/[^\w.-]/g, "_")}.jsonl`),
  open: (path) => fileStore(path),
  resolve,
  lasting: true,
});

// One call for a whole text came with Node 20.12.
useSha256((text) =>
  typeof crypto.hash === "function"
    ? crypto.hash("sha256", text, "hex")
    : crypto.createHash("sha256").update(text).digest("hex"),
);

export * from "../index.js";
export { fileStore } from "./file-store.js";
