import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";

const PROGRAM = resolve(import.meta.dirname, "../../../bin/lastgood.ts");
const LOOK_MS = 5;

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** The command line as a process of its own. */
export const start = (args: readonly string[]): Running => {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = async (): Promise<Ended> => {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { status: child.exitCode, signal: child.signalCode, stdout, stderr };
  };
  return { child, ended: ended() };
};

export const run = (args: readonly string[]): Promise<Ended> => start(args).ended;

/** Resolves when a running command has written this many files below a directory; fails if it ends before. */
export const untilFiles = async ({ child }: Running, directory: string, count: number): Promise<void> => {
  while ((await filesBelow(directory)) < count) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} before ${count} files were there`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
};

export const filesBelow = async (directory: string): Promise<number> => {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes("~")).length;
  } catch (error) {
    // Not made yet, or a directory went while we looked: look again.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw error;
  }
};
