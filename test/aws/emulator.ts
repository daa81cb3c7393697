import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { emulatorPython } from "./emulator-install.ts";

/** An AWS of its own in a process on this machine: empty, in memory, gone with `stop` or with the process that started it. */
export interface Emulator {
  /** For `endpoint` of every client, whatever its service. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly account: string;
  /** The same for whoever reads the environment: the SDK's defaults, a bundled Lambda, the command line. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const REGION = "eu-central-1";
const ACCOUNT = "123456789012"; // moto's own.
const CREDENTIALS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "emulated" };
const START_MS_MAX = 60_000; // 0.5 s on an idle machine, the first time 1 s.
const LOG_CHARS_MAX = 4000;

/** Starts moto on 127.0.0.1 and a free port, and resolves when it answers. */
export async function startEmulator(): Promise<Emulator> {
  const python = emulatorPython();
  if (!existsSync(python)) throw new Error("the AWS emulator is not installed: the suite `aws` installs it");
  // What the user has set for his own AWS and Python must not decide what a test sees.
  const child = spawn(python, ["-I", join(import.meta.dirname, "emulator.py")], {
    env: { PATH: process.env["PATH"], TZ: "UTC" },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true, // Ctrl-C is for us; emulator.py ends with its standard input.
  });
  const port = await portOf(child);
  child.unref();
  for (const pipe of child.stdio) (pipe as { unref?(): void } | null)?.unref?.();
  const endpoint = `http://127.0.0.1:${port}`;
  let stopped: Promise<unknown> | undefined;
  return {
    endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    account: ACCOUNT,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      stopped ??= once(child, "exit");
      child.ref();
      child.stdin.end();
      await stopped;
    },
  };
}

/** An emulator for one test file (or one describe), stopped after its last test. Call it outside of tests. */
export function testEmulator(): () => Emulator {
  let emulator: Emulator | undefined;
  beforeAll(async () => {
    emulator = await startEmulator();
  }, START_MS_MAX);
  afterAll(() => emulator?.stop());
  return () => {
    if (emulator === undefined) throw new TypeError("the emulator starts before the first test, not before that");
    return emulator;
  };
}

type Started = ChildProcess & {
  stdout: NonNullable<ChildProcess["stdout"]>;
  stderr: NonNullable<ChildProcess["stderr"]>;
};

function portOf(child: Started): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = "";
    let answer = "";
    const fail = (reason: string) => {
      child.kill();
      reject(new Error(`the AWS emulator did not start: ${reason}\n${log}`));
    };
    const timer = setTimeout(() => fail(`no answer after ${START_MS_MAX} ms`), START_MS_MAX);
    child.once("error", (error) => fail(String(error)));
    child.once("exit", (status) => fail(`ended with status ${status}`));
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      answer += piece;
      if (!answer.includes("\n")) return;
      clearTimeout(timer);
      resolve((JSON.parse(answer) as { port: number }).port);
    });
    // Read on to the end, or a chatty server would block on a full pipe.
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      log = (log + piece).slice(-LOG_CHARS_MAX);
    });
  });
}
