import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { SMALL_SHOP } from "../../e2e/crash/small-shop.ts";
import { tlsServer } from "../../postgres/tls-server.ts";
import { query } from "../../postgres.ts";
import { type Emulator, testEmulator } from "../emulator.ts";
import { type Deployment, deploy } from "./deployment.ts";
import type { Dies, Execution } from "./durable-functions.ts";
import { type Front, openFront } from "./front.ts";

/** A shop on a PostgreSQL with TLS, and a stack that protects it. */
export interface World {
  readonly emulator: Emulator;
  readonly stack: Deployment;
  readonly front: Front;
  /** For files of this test. */
  readonly directory: string;
  /** For who owns the server: databases are made and looked into by this, never by Lastgood. */
  url(database: string): string;
}

const SETUP_MS_MAX = 120_000; // 9 s on an idle machine.

/**
 * One for a test file, gone after its last test. Call it outside of tests.
 * @param names  under each of which the stack protects the shop
 */
export function testWorld(names: readonly string[] = ["shop"]): () => World {
  const emulator = testEmulator();
  const { server, authoritiesFile } = tlsServer(18);
  const directory = mkdtempSync(join(tmpdir(), "lastgood-world-"));
  let world: World | undefined;
  beforeAll(async () => {
    const running = await server();
    const url = (database: string): string => running.url(database);
    const password = randomBytes(12).toString("hex");
    await query(url("postgres"), `CREATE ROLE lastgood LOGIN PASSWORD '${password}' IN ROLE pg_read_all_data`);
    await query(url("postgres"), "CREATE DATABASE shop");
    await query(url("shop"), SMALL_SHOP);
    // By the name that its certificate is for.
    const place = { host: "localhost", port: Number(new URL(url("shop")).port), database: "shop", user: "lastgood" };
    const stack = await deploy(emulator(), { ...place, password, names });
    // The one thing here that a Lambda finds elsewhere: its runtime has Amazon's authorities, this server's is our own.
    const front = await openFront(emulator(), stack, { LASTGOOD_DATABASE_CA: authoritiesFile });
    world = { emulator: emulator(), stack, front, directory, url };
  }, SETUP_MS_MAX);
  afterAll(async () => {
    await world?.front[Symbol.asyncDispose]();
    await world?.stack[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });
  return () => {
    if (world === undefined) throw new TypeError("the stack is deployed before the first test, not before that");
    return world;
  };
}

/** How an execution ended. */
export type Ended =
  | { readonly result: unknown }
  | { readonly failed: { readonly type: string; readonly told: unknown } };

/** Runs a durable function to its end. */
export async function execute(
  { stack, front }: World,
  verb: "release-snapshot" | "hot-copy",
  name: string,
  input: unknown,
  dies?: Dies,
): Promise<Ended & { readonly cost: NonNullable<Execution["cost"]> }> {
  if (dies !== undefined) front.functions.dies = dies;
  const arn = verb === "hot-copy" ? stack.outputs.hotCopyWorkflow : stack.outputs.releaseFunction;
  const execution = front.functions.start(verb, arn, name, JSON.stringify(input));
  await execution.ended;
  return { ...endOf(execution), cost: execution.cost as NonNullable<Execution["cost"]> };
}

const endOf = ({ output }: Execution): Ended => {
  const { Result, Error } = output as { Result?: string; Error?: { ErrorType?: string; ErrorMessage?: string } };
  if (Error === undefined) return { result: JSON.parse(Result ?? "null") };
  return { failed: { type: Error.ErrorType ?? "", told: JSON.parse(Error.ErrorMessage ?? "null") } };
};
