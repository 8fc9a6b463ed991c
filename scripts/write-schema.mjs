// Writes the codebook's JSON Schema for editors; a test checks that it is current.
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { codebookSchema } from "../dist/study/schema.js";

const json = await format(JSON.stringify(codebookSchema), { parser: "json", printWidth: 120 });
writeFileSync(new URL("../data/codebook.schema.json", import.meta.url), json);
