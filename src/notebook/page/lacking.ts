/** What a kernel's cells have and a page cannot have: a Node API, a module, the network. The page keeps the published output. */
export class NotInThisPage extends Error {
  override name = "NotInThisPage";
  constructor(
    /** What the cell asked for: `the Node API "node:fs"`. */
    readonly what: string,
    message = `This cell needs ${what}, which a page does not have; its published output stays. Run the notebook in JupyterLab for it.`,
  ) {
    super(message);
  }
}
