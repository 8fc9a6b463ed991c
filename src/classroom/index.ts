// For teaching: checks with hints that autograders understand, and a seed for each student.
export { check, CheckFailed } from "./check.js";
export type { CheckOptions } from "./check.js";
export { studentSeed } from "./seed.js";
