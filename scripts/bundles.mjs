// The bundles: outputs that must be one file. Each entry names its inputs, so that it is rebuilt only when stale.
/** @type {{name: string, stale(): boolean, build(): Promise<void>}[]} */
const list = [];

export async function bundles() {
  for (const bundle of list) if (bundle.stale()) await bundle.build();
}
