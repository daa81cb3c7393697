import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { FINGERPRINTS } from "../../../bin/demo/shop.ts";
import { query } from "../../postgres.ts";
import type { World } from "./world.ts";

const LAUNCHER = resolve(import.meta.dirname, "../../../bin/launcher.js");

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a process of its own that has these variables and no others. */
export async function runCommand(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<Ran> {
  const env = { PATH: process.env["PATH"], ...variables };
  const child = spawn(process.execPath, [LAUNCHER, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { status: child.exitCode, stdout, stderr };
}

/** The same with the stack as its vault. */
export const lastgood = ({ emulator, front, stack }: World, ...args: readonly string[]): Promise<Ran> =>
  runCommand([...args, "--vault", `aws:${stack.name}`], { ...emulator.environment, AWS_ENDPOINT_URL: front.endpoint });

/** What a command that must end well printed under --json. */
export async function told(ran: Promise<Ran>): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await ran;
  if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Every table of a database as its server sums it up. */
export const contentOf = (world: World, database: string) => query(world.url(database), FINGERPRINTS);

/** Restores a point into a new database, by plan. */
export async function restore(world: World, point: string, database: string): Promise<void> {
  await query(world.url("postgres"), `CREATE DATABASE ${database}`);
  const plan = join(world.directory, `${database}.json`);
  const into = ["--database", world.url(database), "--json"];
  await told(lastgood(world, "restore", "plan", point, "--out", plan, ...into));
  await told(lastgood(world, "restore", "apply", plan, ...into));
}
