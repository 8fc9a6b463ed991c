// Simulation on Node: ledgers are files, the embedded engine and environment variables attached.
import { join, resolve } from "node:path";
import "../../provider/node/index.js";
import { useLedgerStores } from "../ledger/open.js";
import { fileStore } from "./file-store.js";

useLedgerStores({
  defaultPath: (study, home) =>
    join(home ?? process.env["PROBAND_HOME"] ?? ".proband", "ledgers", `${study.replaceAll(/[^\w.-]/g, "_")}.jsonl`),
  open: (path) => fileStore(path),
  resolve,
  lasting: true,
});

export * from "../index.js";
export { fileStore } from "./file-store.js";
