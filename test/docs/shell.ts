import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";

const ROOT = resolve(import.meta.dirname, "../..");

/** A reader's terminal: one bash in an empty directory, with `lastgood` in PATH. */
export interface Shell extends AsyncDisposable {
  readonly directory: string;
  /**
   * Runs a command as if it were typed; variables and `$?` stay for the next one.
   * @returns what it said on standard error, then what it printed on standard output
   */
  run(command: string): Promise<{ readonly status: number; readonly lines: readonly string[] }>;
}

// Progress on standard error: a phase, and how far it is. On a terminal this line is rewritten in place and taken away at
// the end, so no reader finds it in his scrollback. Notes and failures have a colon in their first words.
const PROGRESS = /^[a-zA-Z]+( [a-zA-Z]+)*( {2}.*)?$/;

export const openShell = (): Shell => {
  const directory = mkdtempSync(join(tmpdir(), "lastgood-docs-"));
  const home = mkdtempSync(join(tmpdir(), "lastgood-docs-home-"));
  symlinkSync(join(ROOT, "bin/launcher.js"), join(home, "lastgood"));
  const path = [home, join(ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter);
  const bash = spawn("bash", ["--noprofile", "--norc"], {
    cwd: directory,
    // Nothing of the machine's own settings: PG*, LASTGOOD_*, locale. The cache takes a start from 0.45 s of CPU to 0.13 s.
    env: {
      PATH: path,
      HOME: home,
      LANG: "C.UTF-8",
      NO_COLOR: "1",
      TERM: "dumb",
      NODE_COMPILE_CACHE: join(home, "compiled"),
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const statuses = createInterface({ input: bash.stdout })[Symbol.asyncIterator]();
  const [out, err] = [join(home, "out"), join(home, "err")];
  return {
    directory,
    async run(command) {
      // In braces, not in a subshell, so that `export` lasts; the last line gives `$?` to the next command.
      bash.stdin.write(`{ ${command}\n} </dev/null >${out} 2>${err}\n_status=$?; echo $_status; (exit $_status)\n`);
      const { value, done } = await statuses.next();
      if (done === true) throw new Error(`the shell ended at: ${command}`);
      const said = readFileSync(err, "utf8").split("\n").slice(0, -1);
      const told = said.filter((line) => !PROGRESS.test(line));
      return { status: Number(value), lines: [...told, ...readFileSync(out, "utf8").split("\n")] };
    },
    async [Symbol.asyncDispose]() {
      const closed = once(bash, "close");
      bash.stdin.end();
      await closed;
      for (const made of [directory, home]) rmSync(made, { recursive: true, force: true });
    },
  };
};
