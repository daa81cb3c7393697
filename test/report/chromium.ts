import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const VERSION_MS_MAX = 60_000; // 0.1 s on an idle machine.

/** A Chromium of this machine, or undefined. */
export const findChromium = (): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((directory) => NAMES.map((name) => join(directory, name)))
    .find(isExecutable);

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Why reports cannot be looked at here and how that is mended, in one line; undefined if they can. */
export async function browserProblem(): Promise<string | undefined> {
  const chromium = findChromium();
  const needed = "a browser is needed to look at reports (Debian: apt-get install chromium)";
  if (chromium === undefined) return needed;
  try {
    await promisify(execFile)(chromium, ["--version"], { timeout: VERSION_MS_MAX });
    return undefined;
  } catch {
    return `${chromium} does not start; ${needed}`;
  }
}
