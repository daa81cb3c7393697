import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { handler as captureWorker } from "../../lambdas/capture-worker/handler.ts";
import { handler as hotCopy } from "../../lambdas/hot-copy/handler.ts";
import { handler as pointReader } from "../../lambdas/point-reader/handler.ts";
import { handler as releaseSnapshot } from "../../lambdas/release-snapshot/handler.ts";
import { findReceipt } from "../../lib/operations/receipt.ts";
import type { Death, DurableEnd } from "../aws/durable-service.ts";
import { faulty } from "../faults/faulty.ts";
import { pointsOf } from "../operations/capture-machines.ts";
import { newScene } from "../operations/release-world.ts";
import { ENVIRONMENT, execute, openStack, watchLines } from "./memory-stack.ts";

vi.mock("../../lib/wiring/aws.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-snapshots.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/aws-source.ts", () => import("./memory-stack.ts"));
vi.mock("../../lib/wiring/machine.ts", () => import("./memory-stack.ts"));

const RELEASE = { database: "shop", release: "2026.11.3", commit: "4f2c1d9" };
const DAY = { database: "shop", day: "2026-11-20" };
/** The holder's in this small shop; a lane has fewer. */
const WRITES = 12;
const FUNCTIONS = { worker: captureWorker, reader: pointReader };

let lines: readonly string[] = [];
beforeEach(() => {
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  lines = watchLines();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const release = (event: unknown = RELEASE, dies?: (checkpoint: number) => Death) =>
  execute(releaseSnapshot, event, FUNCTIONS, dies);

const resultOf = ({ output }: DurableEnd): unknown => {
  const { Status, Result, Error: error } = output as { Status: string; Result?: string; Error?: object };
  expect({ Status, error }).toEqual({ Status: "SUCCEEDED", error: undefined });
  return JSON.parse(Result ?? "null");
};

const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

test("release-snapshot answers with the receipt that lies in the evidence store", async () => {
  const { scene } = openStack(newScene());
  const end = await release();
  const receipt = resultOf(end);
  expect(receipt).toMatchObject({ ...RELEASE, proof: { level: "read", rows: 65 } });
  expect(await findReceipt(scene.evidence, RELEASE)).toEqual(receipt);
  expect(end.invocations).toBeGreaterThan(3);
  expect(end.history.counted).toBeLessThan(100);
});

test("a second event of the same release, as a new execution, answers with the same receipt", async () => {
  const { scene } = openStack();
  const first = resultOf(await release());
  expect(resultOf(await release())).toEqual(first);
  expect(await pointsOf(scene)).toHaveLength(1);
});

test("fails with RELEASE_TAKEN for another commit, in the answer and in the log", async () => {
  openStack();
  await release();
  const { output } = await release({ ...RELEASE, commit: "0badc0de" });
  const { Error: error } = output as { Error: { ErrorType: string; ErrorMessage: string } };
  expect(error.ErrorType).toBe("RELEASE_TAKEN");
  expect(JSON.parse(error.ErrorMessage)).toMatchObject({
    code: "RELEASE_TAKEN",
    message: "release 2026.11.3 of shop stands for commit 4f2c1d9, not 0badc0de",
    retryable: false,
    facts: { taken: "4f2c1d9" },
  });
  expect(logged()).toContainEqual(expect.objectContaining({ level: "ERROR", code: "RELEASE_TAKEN" }));
});

test("release-snapshot killed at any checkpoint goes on and ends with one receipt, one point and one snapshot", async () => {
  openStack();
  const { checkpoints } = await release();
  expect(checkpoints).toBeGreaterThan(5);
  for (let at = 1; at <= checkpoints; at++) {
    for (const death of ["before it is kept", "after it is kept"] as const) {
      const { scene } = openStack();
      const end = await release(RELEASE, (checkpoint) => (checkpoint === at ? death : undefined));
      const receipt = resultOf(end) as { readonly point: { readonly id: string } };
      const label = `checkpoint ${at}, ${death}`;
      expect(await findReceipt(scene.evidence, RELEASE), label).toEqual(receipt);
      expect(
        (await pointsOf(scene)).map(({ id }) => id),
        label,
      ).toEqual([receipt.point.id]);
      expect(scene.snapshots.ids(), label).toHaveLength(1);
    }
  }
});

test("a worker that dies at any of its writes is called again, and there is one point", async () => {
  let died = 0;
  for (const call of [1, 2, 3]) {
    for (let nth = 1; nth <= WRITES; nth++) {
      const made = newScene(0);
      const dying = faulty(made.stores.hot).stopAfter("put", nth);
      const { scene } = openStack(made, (one) => (one === call ? { ...made.stores, hot: dying } : made.stores));
      expect(resultOf(await release())).toMatchObject(RELEASE);
      expect(await pointsOf(scene), `call ${call}, write ${nth}`).toHaveLength(1);
      if (dying.killed) died++;
    }
  }
  expect(died).toBeGreaterThan(WRITES);
});

test("hot-copy leaves one proven point of a day, however often it is executed, and counts each as one", async () => {
  const { scene } = openStack();
  const first = resultOf(await execute(hotCopy, DAY, FUNCTIONS));
  expect(first).toMatchObject({ ...DAY, point: { rows: 65 } });
  expect(resultOf(await execute(hotCopy, DAY, FUNCTIONS))).toEqual(first);
  expect(await pointsOf(scene)).toHaveLength(1);
  const metrics = logged().filter((line) => "_aws" in line);
  expect(metrics).toHaveLength(2);
  expect(metrics[0]).toEqual({
    _aws: {
      Timestamp: expect.any(Number) as number,
      CloudWatchMetrics: [
        {
          Namespace: "Lastgood",
          Dimensions: [["service", "database"]],
          Metrics: [{ Name: "HotCopies", Unit: "Count" }],
        },
      ],
    },
    service: "Backup",
    database: "shop",
    HotCopies: 1,
  });
});

test("lines of the log are not repeated by replays, and each finds its execution, request and release", async () => {
  openStack(newScene());
  const end = await release();
  expect(end.invocations).toBeGreaterThan(3);
  const own = logged().filter((line) => line["execution"] !== undefined);
  expect(own.map((line) => line["message"])).toEqual(["begun", "done"]);
  for (const line of own)
    expect(line).toMatchObject({
      stack: "Backup",
      execution: "arn:execution",
      traceId: "1-67891233-abcdef012345678912345678",
      ...RELEASE,
    });
  const called = logged().filter((line) => line["message"] === "called");
  expect(new Set(called.map((line) => line["kind"]))).toEqual(new Set(["hold", "copy", "read"]));
  expect(new Set(called.filter((line) => line["kind"] !== "read").map((line) => line["run"])).size).toBe(1);
});
