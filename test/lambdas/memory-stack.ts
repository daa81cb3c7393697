import type { DurableLambdaHandler } from "@aws/durable-execution-sdk-js";
import type { Context } from "aws-lambda";
import { vi } from "vitest";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import { STACK_ENV } from "../../lib/model/stack.ts";
import type { VaultStores } from "../../lib/ports/object-store.ts";
import type { Plain } from "../../lib/ports/workflow.ts";
import type { WorkflowStarter } from "../../lib/ports/workflow-starter.ts";
import type { StackEnvironment } from "../../lib/wiring/stack-environment.ts";
import { type Death, type DurableEnd, executeDurably } from "../aws/durable-service.ts";
import type { ManualClock } from "../faults/manual-clock.ts";
import { inTime } from "../operations/capture-machines.ts";
import { newScene, type Scene, SIGNER } from "../operations/release-world.ts";

// What lib/wiring makes of AWS, made of memory: the tests of handlers put this module in its place, everything between
// the event and the ports is the real thing.

let scene: Scene = newScene(0);
let executions = new Map<string, Plain>();
let vaultsOpened = 0;
let storesOf: (nth: number) => VaultStores = () => scene.stores;

/** A vault for one call of a worker: of a machine of its own, which may die. */
export const stackVault = () => ({ ...scene, stores: storesOf(++vaultsOpened), entropy: systemEntropy });
export const stackEvidence = () => scene.evidence;
export const stackSigner = () => SIGNER;
export const stackSnapshots = () => scene.snapshots;
export const machineEntropy = systemEntropy;
export const machineClock = {
  now: () => scene.clock.now(),
  elapsedMs: () => scene.clock.elapsedMs(),
  sleep: (ms: number, signal?: AbortSignal) => scene.clock.sleep(ms, signal),
};
export const stackSources = (stack: StackEnvironment) => async (name: string) => {
  stack.database(name);
  return scene.database.open();
};
export const hotCopyStarter = (): WorkflowStarter => ({
  start(name, input) {
    const known = executions.has(name);
    if (!known) executions.set(name, input);
    return Promise.resolve(known ? "known" : "accepted");
  },
});

/**
 * A stack of its own for one test.
 * @param stores  what the nth call of a worker writes to, from 1
 */
export const openStack = (
  made = newScene(0),
  stores: (nth: number) => VaultStores = () => made.stores,
): { readonly scene: Scene; readonly started: ReadonlyMap<string, Plain> } => {
  scene = made;
  executions = new Map();
  vaultsOpened = 0;
  storesOf = stores;
  return { scene, started: executions };
};

export const WORKER = "arn:aws:lambda:eu-central-1:123456789012:function:worker:7";
export const READER = "arn:aws:lambda:eu-central-1:123456789012:function:reader:7";

const SHOP = {
  name: "shop",
  host: "shop.example.internal",
  port: 5432,
  database: "shop",
  user: "lastgood",
  login: { by: "iam" },
  instance: { kind: "instance", id: "shop-1" },
};

/** What a stack tells all of its functions together. */
export const ENVIRONMENT = {
  [STACK_ENV.stack]: "Backup",
  [STACK_ENV.databases]: JSON.stringify([SHOP]),
  [STACK_ENV.workers]: JSON.stringify({ hold: WORKER, copy: WORKER, read: READER }),
  [STACK_ENV.lanes]: "2",
  AWS_SECRET_ACCESS_KEY: "planted-secret-key",
  _X_AMZN_TRACE_ID: "Root=1-67891233-abcdef012345678912345678;Sampled=1",
};

type Function = (event: unknown, context: Context) => Promise<unknown>;

export const contextOf = (functionName: string): Context =>
  ({
    functionName,
    functionVersion: "7",
    awsRequestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    getRemainingTimeInMillis: () => 900_000,
  }) as Context;

export const callPlain = (handler: Function, event: unknown): Promise<unknown> =>
  inTime(scene.clock, handler(event, contextOf("function-of-this-test")));

/** The end of an execution of a durable function, with the functions that it calls. */
export const execute = (
  handler: DurableLambdaHandler,
  input: unknown,
  { worker, reader }: { readonly worker: Function; readonly reader: Function },
  dies: (checkpoint: number) => Death = () => undefined,
): Promise<DurableEnd> => {
  const functions = {
    [WORKER]: (event: unknown) => worker(event, contextOf("worker")),
    [READER]: (event: unknown) => reader(event, contextOf("reader")),
  };
  return besideTimers(scene.clock, executeDurably(handler, { input, functions, dies }));
};

/**
 * Moves simulated time until an act ends, a millisecond of real time for each second of it: the durable SDK has timers of
 * its own, and while one of them runs, a holder must not see its fifteen minutes go by.
 */
const besideTimers = async <T>(clock: ManualClock, act: Promise<T>): Promise<T> => {
  let ended = false;
  const end = (): void => void (ended = true);
  act.then(end, end);
  while (!ended) {
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return act;
};

/** The same for an event that is refused before anything is called. */
export const executeAlone = (handler: DurableLambdaHandler, input: unknown): Promise<DurableEnd> => {
  const nobody = () => Promise.reject(new Error("nobody is to be called"));
  return execute(handler, input, { worker: nobody, reader: nobody });
};

/** Every line that is written while a test runs. */
export const watchLines = (): readonly string[] => {
  const lines: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    lines.push(
      ...String(chunk)
        .split("\n")
        .filter((line) => line !== ""),
    );
    return true;
  });
  return lines;
};
