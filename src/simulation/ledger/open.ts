/** Ledgers by path: one opened store a path and process, shared by the runs that use it and closed by the last. */
import type { Codebook } from "../../study/index.js";
import { openLedger, type Ledger } from "./ledger.js";
import { memoryStore } from "./memory-store.js";
import type { LedgerStore } from "./types.js";

interface Stores {
  /** Where a study's ledger is when none is named. */
  defaultPath(study: string, home?: string): string;
  open(path: string): LedgerStore;
  /** The one name of a path. */
  resolve(path: string): string;
  /** Whether a closed ledger can be opened again; memory cannot. */
  lasting: boolean;
}

let stores: Stores = {
  defaultPath: (study) => study,
  open: (path) => memoryStore(path),
  resolve: (path) => path,
  lasting: false,
};

/** Chooses where ledgers are; Node's adapter does so when it is imported. */
export function useLedgerStores(next: Stores): void {
  stores = next;
}

const open = new Map<string, { ledger: Promise<Ledger>; users: number }>();

/** Takes the ledger at a path (or the study's own) for a run; `release` when done. */
export async function takeLedger(
  study: Pick<Codebook, "name" | "version">,
  path?: string,
  home?: string,
): Promise<{ ledger: Ledger; release: () => Promise<void> }> {
  // A new version (another arm, another wording) is another study: its answers get a ledger of their own.
  const name = stores.resolve(path ?? stores.defaultPath(`${study.name}-${study.version}`, home));
  let shared = open.get(name);
  if (!shared) {
    shared = { ledger: openLedger(stores.open(name), study), users: 0 };
    open.set(name, shared);
    shared.ledger.catch(() => open.delete(name));
  }
  shared.users++;
  const ledger = await shared.ledger;
  return {
    ledger,
    async release() {
      await ledger.flush();
      if (--shared.users || !stores.lasting) return;
      open.delete(name);
      await ledger.close();
    },
  };
}
