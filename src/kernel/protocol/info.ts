import { typescriptVersion, version } from "../package-root.js";
import { protocolVersion } from "./wire.js";

let info: Record<string, unknown> | undefined;

/** What the kernel says of itself. */
export function kernelInfo(): Record<string, unknown> {
  return (info ??= {
    status: "ok",
    protocol_version: protocolVersion,
    implementation: "proband",
    implementation_version: version(),
    language_info: {
      name: "typescript",
      version: typescriptVersion(),
      mimetype: "application/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: { name: "javascript", typescript: true },
      nbconvert_exporter: "script",
    },
    banner: `Proband ${version()}: TypeScript on Node ${process.versions.node}`,
    debugger: true,
    help_links: [
      { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest/api/" },
      { text: "Observable Plot", url: "https://observablehq.com/plot/" },
    ],
    supported_features: ["debugger", "kernel subshells"],
  });
}
