import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { cpuSecondsOf, watchMemory } from "./process-tree.ts";
import type { Server } from "./server.ts";

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** As the server's operating-system user, not ours. */
  readonly asServer?: boolean;
  /** Exit statuses that say it came to its end; 0 if not given. */
  readonly statuses?: readonly number[];
}

/** What one run of a command cost. */
export interface Usage {
  readonly seconds: number;
  /** Of the command and everything it started. */
  readonly clientCpuSeconds: number | undefined;
  /** Of the server's processes that ended meanwhile, which are those that served the command. */
  readonly serverCpuSeconds: number | undefined;
  readonly peakBytes: number | undefined;
  readonly stdout: string;
}

const TEXT_CHARS_MAX = 4_000_000;
const SERVER_SETTLE_MS = 200; // A backend ends a moment after its client left, and counts as server CPU only then.

// bash says at the end what its children took, exactly; asking /proc while they run would miss their last moments.
const TIMED = '"$@"; status=$?; times >&3; exit $status';

/**
 * Runs a command to its end.
 * @throws if it cannot start, fails, or is not done by the deadline; the end of its messages is in the error
 */
export const measure = async (command: Command, server: Server, deadline: AbortSignal): Promise<Usage> => {
  deadline.throwIfAborted();
  await delay(SERVER_SETTLE_MS);
  const serverBefore = cpuSecondsOf(server.pid);
  const began = performance.now();
  const child = spawn("bash", ["-c", TIMED, "measured", ...command.argv], {
    cwd: server.directory,
    env: { PATH: process.env["PATH"], HOME: server.directory, TZ: "UTC", LC_ALL: "C.UTF-8", ...command.env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true, // A group of its own, so that all of it can be ended.
    ...(command.asServer ? server.user : {}),
  });
  const closed = once(child, "close");
  const texts = child.stdio.slice(1).map((stream) => tail(stream as NodeJS.ReadableStream));
  const memory = watchMemory(child.pid ?? 0);
  const end = () => child.pid !== undefined && child.exitCode === null && process.kill(-child.pid, "SIGTERM");
  deadline.addEventListener("abort", end, { once: true });
  try {
    await closed;
  } finally {
    deadline.removeEventListener("abort", end);
    memory.stop();
  }
  const seconds = (performance.now() - began) / 1000;
  const [stdout = "", stderr = "", times = ""] = texts.map((text) => text());
  deadline.throwIfAborted();
  if (child.exitCode === null || !(command.statuses ?? [0]).includes(child.exitCode)) {
    const said = (stderr.trim() || stdout.trim()).slice(-1500);
    throw new Error(
      `${command.argv.slice(0, 3).join(" ")} … ended with ${child.exitCode ?? child.signalCode}: ${said}`,
    );
  }
  await delay(SERVER_SETTLE_MS);
  const serverAfter = cpuSecondsOf(server.pid);
  return {
    seconds,
    clientCpuSeconds: cpuSecondsFrom(times),
    serverCpuSeconds: serverBefore === undefined || serverAfter === undefined ? undefined : serverAfter - serverBefore,
    peakBytes: memory.stop(),
    stdout,
  };
};

/** Keeps the end of a stream; a chatty command would block on a pipe nobody reads. */
const tail = (stream: NodeJS.ReadableStream): (() => string) => {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (piece: string) => {
    text = (text + piece).slice(-TEXT_CHARS_MAX);
  });
  return () => text;
};

/** The children's line of bash's `times`: `0m1.234s 0m0.567s`, user and system. */
const cpuSecondsFrom = (times: string): number | undefined => {
  const parts = [...(times.trim().split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) return undefined;
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
};
