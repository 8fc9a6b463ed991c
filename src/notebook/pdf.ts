// A page as PDF, printed by a Chromium or Chrome that is on the machine; Proband ships no browser.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const candidates = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** Prints the page. Throws with what to do when there is no browser or it fails. */
export async function htmlToPdf(html: string): Promise<Uint8Array> {
  const browser = candidates.find((path) => path && existsSync(path));
  if (!browser)
    throw new Error(
      "PDF needs Chromium or Chrome, and none was found. Install one, set CHROMIUM to its path, or export --to html and print that from any browser",
    );
  const folder = await mkdtemp(join(tmpdir(), "proband-pdf-"));
  try {
    const page = join(folder, "page.html"),
      output = join(folder, "page.pdf");
    await writeFile(page, html);
    const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : []; // Chromium refuses its sandbox to root
    const args = [
      "--headless",
      ...sandbox,
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      `--user-data-dir=${join(folder, "profile")}`,
      "--no-pdf-header-footer",
      `--print-to-pdf=${output}`,
      pathToFileURL(page).href,
    ];
    await new Promise<void>((resolve, reject) => {
      const child = spawn(browser, args, { stdio: ["ignore", "ignore", "pipe"], timeout: 60_000 });
      let errors = "";
      child.stderr.on("data", (d) => (errors += d));
      child.on("error", reject);
      child.on("exit", (code) =>
        code === 0 && existsSync(output)
          ? resolve()
          : reject(new Error(`${browser} did not print the page (exit ${code}): ${errors.slice(-300)}`)),
      );
    });
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
