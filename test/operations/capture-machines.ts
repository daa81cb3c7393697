import { sha256 } from "../../lib/engine/document.ts";
import { layerSource } from "../../lib/engine/layers.ts";
import { getPage } from "../../lib/engine/page.ts";
import { getPart, listPoints, pagesOf } from "../../lib/engine/points.ts";
import { readTable } from "../../lib/engine/read-table.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { Point } from "../../lib/model/point.ts";
import type { CaptureWorkerWorld } from "../../lib/operations/capture-worker.ts";
import { type CapturedPoint, captureByWorkflow, type WorkflowCapture } from "../../lib/operations/capture-workflow.ts";
import { copyRanges } from "../../lib/operations/copy-ranges.ts";
import { holdCapture } from "../../lib/operations/hold-capture.ts";
import type { KeyService } from "../../lib/ports/key-service.ts";
import type { VaultStores } from "../../lib/ports/object-store.ts";
import type { WorkerFunction, Workflow } from "../../lib/ports/workflow.ts";
import { seededEntropy } from "../engine/memory-vault.ts";
import type { ManualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import type { MemoryDatabase, OnRead } from "./memory-source.ts";

export const WINDOW_MS = 900_000;

/** Where a simulated capture runs: time passes only when everybody waits. */
export interface Machines {
  readonly clock: ManualClock;
  readonly stores: VaultStores;
  readonly keys: KeyService;
  readonly database: MemoryDatabase;
}

/** One call of a worker, as a machine of its own: it may have other stores and a source with faults. */
export interface MachineCall {
  readonly kind: "hold" | "copy";
  /** Of a kind, from 1, in the order of calls. */
  readonly nth: number;
  readonly lane: number | undefined;
}

export interface Faults {
  /** The world of one call; by default the machines' own. */
  readonly world?: (call: MachineCall, world: CaptureWorkerWorld) => CaptureWorkerWorld;
  readonly onRead?: (call: MachineCall) => OnRead;
  readonly windowMs?: number;
}

export const SHOP: Omit<WorkflowCapture, "lanes"> = { run: "hot-shop-2026-11-21", database: "shop", tier: "hot" };

export const newMachines = (clock: ManualClock, database: MemoryDatabase): Machines => ({
  clock,
  stores: { hot: memoryStore(clock), keys: memoryStore(clock) },
  keys: memoryKeys(seededEntropy("machines")),
  database,
});

/** A vault with the same naming secret and the same points, to be spoiled in place of the first. */
export const copyMachines = async (machines: Machines): Promise<Machines> => {
  const stores = { hot: memoryStore(machines.clock), keys: memoryStore(machines.clock) };
  for (const store of ["hot", "keys"] as const)
    for await (const { name } of machines.stores[store].list(""))
      await stores[store].put(name, [(await machines.stores[store].get(name)) as Buffer]);
  return { ...machines, stores };
};

let seeds = 0;

/** One trigger: an execution of the workflow of its own. @returns the point and what the workflow did */
export const trigger = async (
  machines: Machines,
  request: Omit<WorkflowCapture, "run" | "database" | "tier"> & Partial<WorkflowCapture>,
  faults: Faults = {},
): Promise<{ readonly point: CapturedPoint; readonly operations: number }> => {
  const entropy = seededEntropy(`trigger ${++seeds}`);
  const { clock, stores, keys } = machines;
  const calls = { hold: 0, copy: 0 };
  let operations = 1;
  const worker =
    (kind: "hold" | "copy"): WorkerFunction =>
    (call) => {
      operations += 1;
      const task = call.task as { lane?: number };
      const machine: MachineCall = { kind, nth: ++calls[kind], lane: task.lane };
      const own: CaptureWorkerWorld = {
        stores,
        keys,
        clock,
        entropy: seededEntropy(`trigger ${seeds} ${kind} ${calls[kind]}`),
        source: async () => machines.database.open(faults.onRead?.(machine)),
        warn: () => undefined,
        ranges: { bytesMin: 1, perLane: 250 },
      };
      const world = faults.world?.(machine, own) ?? own;
      const until = { deadlineMs: faults.windowMs ?? WINDOW_MS };
      return kind === "hold" ? holdCapture(world, call, until) : copyRanges(world, call, until);
    };
  const workflow = openInProcessWorkflow({
    // A pause between two calls is an operation too.
    clock: { ...clock, sleep: (ms, signal) => ((operations += 1), clock.sleep(ms, signal)) },
    workers: { hold: worker("hold"), copy: worker("copy") },
  });
  const counted = counting(workflow, () => (operations += 1));
  const point = await captureByWorkflow({ workflow: counted, entropy }, { ...SHOP, ...request });
  return { point, operations };
};

/** Counts what a durable workflow keeps: each step, each branch, each fan of workers. Their calls count by themselves. */
const counting = (workflow: Workflow, count: () => void): Workflow => ({
  step: (name, act) => (count(), workflow.step(name, act)),
  wait: (name, ms) => (count(), workflow.wait(name, ms)),
  poll: (name, look, pace) => (count(), workflow.poll(name, look, pace)),
  approve: (name, request) => (count(), workflow.approve(name, request)),
  runWorkers: (name, kind, tasks) => (count(), workflow.runWorkers(name, kind, tasks)),
  together: (name, branches) => {
    count();
    const wrapped = Object.entries(branches).map(([branch, act]) => [
      branch,
      (inner: Workflow) => (count(), (act as (workflow: Workflow) => unknown)(counting(inner, count))),
    ]);
    return workflow.together(name, Object.fromEntries(wrapped) as typeof branches);
  },
});

/** Lets time pass until the act has ended. */
export const inTime = async <T>(clock: ManualClock, act: Promise<T>): Promise<T> => {
  let ended = false;
  const end = (): void => void (ended = true);
  act.then(end, end);
  for (let turns = 0; !ended && turns < 200_000; turns++) await clock.advance(250);
  if (!ended) throw new Error("the act did not end in fourteen hours of simulated time");
  return act;
};

export const pointsOf = (machines: Machines): Promise<readonly Point[]> => listPoints(machines.stores.hot);

/** All that must be the same however the point was taken: tables, rows, digests, pages' bounds, chunks, and the rows read back. */
export const contentOf = async (machines: Machines, id: string): Promise<readonly object[]> => {
  const vault = await Vault.open(machines.stores, machines.keys, seededEntropy("reader"));
  const point = (await pointsOf(machines)).find((one) => one.id === id) as Point;
  const content: object[] = [];
  for (const ref of point.parts) {
    const part = await getPart(vault, point, ref);
    const { namingSecret } = await vault.classSecret(ref.class);
    for (const { id: tableId, facts, rows, ranges, taken, layers } of part.tables) {
      const pages = [];
      for (const page of pagesOf({ ...part, tables: part.tables.filter((table) => table.id === tableId) })) {
        const { chunks } = await getPage(vault.hot, page);
        pages.push({ first: page.first, last: page.last, rows: page.rows, chunks: chunks.map((chunk) => chunk.id) });
      }
      const table = part.tables.find((one) => one.id === tableId) as (typeof part.tables)[number];
      const frames: Buffer[] = [];
      for await (const piece of readTable(layerSource(vault.hot, namingSecret, ref.class, table), table))
        frames.push(Buffer.from(piece));
      const sums = layers.map((layer) => [layer.kind, layer.rows, layer.goneRows, layer.sum]);
      content.push({
        name: facts.name,
        tableId,
        rows,
        ranges,
        taken,
        sums,
        pages,
        read: sha256(Buffer.concat(frames)),
      });
    }
  }
  return content;
};
