// For trl.py: people as a stranger exports them for a GPU machine.
//   node _export.mjs pilot.jsonl
import { writeFileSync } from "node:fs";
import { loadStudy } from "proband/study";
import { stratified } from "proband/sampling";
import { exportJSONL } from "proband/finetuning";

const { pilot } = stratified(await loadStudy("anes96"), { by: "PID", n: 40, seed: 7 });
writeFileSync(process.argv[2], exportJSONL(pilot, { template: "compact", seed: 7 }));
