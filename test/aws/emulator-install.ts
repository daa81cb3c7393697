import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const HOME = resolve(import.meta.dirname, "../../.lastgood/emulator");
const INSTALL_MS_MAX = 10 * 60_000; // 12 s with the packages near, a minute over a slow line.
const PROBE = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/** Why the emulator cannot be installed here and how that is mended, in one line; undefined if it can. */
export async function emulatorProblem(): Promise<string | undefined> {
  try {
    await run("python3", ["-c", PROBE]);
    return undefined;
  } catch {
    return "the AWS emulator needs Python 3.10 or later with venv (Debian: apt-get install python3-venv)";
  }
}

/** The Python that can import moto. */
export const emulatorPython = (): string => join(installed(), "bin", "python");

/** vitest runs this before the suite: once for all of its files, so that no two of them install at once. */
export default async function installEmulator(): Promise<void> {
  const problem = await emulatorProblem();
  if (problem !== undefined) throw new Error(problem);
  if (existsSync(emulatorPython())) return;
  await mkdir(HOME, { recursive: true });
  // Built aside and renamed when it is whole: a run that was stopped, or another one beside it, leaves no half of it.
  const aside = `${installed()}.${process.pid}`;
  try {
    await run("python3", ["-m", "venv", aside]);
    // Wheels only: nothing that was downloaded runs before its hash is checked.
    const pip = ["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"];
    const pinned = ["--require-hashes", "--only-binary", ":all:", "-r", REQUIREMENTS];
    await run(join(aside, "bin", "python"), [...pip, ...pinned], { timeout: INSTALL_MS_MAX });
    await rename(aside, installed()).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // Else another run was first.
    });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() || String(error);
    throw new Error(`could not install the AWS emulator into ${HOME}: ${said}`, { cause: error });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  await removeOthers();
}

/** Named by what is in it: other requirements are another installation. */
function installed(): string {
  return join(HOME, createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 16));
}

async function removeOthers(): Promise<void> {
  for (const name of await readdir(HOME)) {
    const path = join(HOME, name);
    if (/^[0-9a-f]{16}$/.test(name) && path !== installed()) await rm(path, { recursive: true });
  }
}
