import { attemptPoint } from "../../lib/engine/board.ts";
import { sha256 } from "../../lib/engine/document.ts";
import { layerSource } from "../../lib/engine/layers.ts";
import { getPage } from "../../lib/engine/page.ts";
import { getPart, listPoints, pagesOf } from "../../lib/engine/points.ts";
import { readTable } from "../../lib/engine/read-table.ts";
import { sweep } from "../../lib/engine/sweep.ts";
import { Vault } from "../../lib/engine/vault.ts";
import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { Point } from "../../lib/model/point.ts";
import type { CaptureWorkerWorld } from "../../lib/operations/capture-worker.ts";
import { type CapturedPoint, captureByWorkflow, type WorkflowCapture } from "../../lib/operations/capture-workflow.ts";
import { copyRanges } from "../../lib/operations/copy-ranges.ts";
import { holdCapture } from "../../lib/operations/hold-capture.ts";
import type { KeyService } from "../../lib/ports/key-service.ts";
import type { ObjectStore, VaultStores } from "../../lib/ports/object-store.ts";
import type { Plain, WorkerFunction, Workflow } from "../../lib/ports/workflow.ts";
import { seededEntropy } from "../engine/memory-vault.ts";
import { type ManualClock, manualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { type MemoryDatabase, memoryDatabase, type OnRead } from "./memory-source.ts";

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
  /** How long a call may take; a quarter of an hour by default. */
  readonly windowMs?: (call: MachineCall) => number;
  /** The workflow's process dies whenever an operation's result was kept, and is replayed. */
  readonly replays?: boolean;
  /** It also dies at these times after it began; calls of workers that are under way then are made a second time. */
  readonly diesAtMs?: readonly number[];
}

export const SHOP: Omit<WorkflowCapture, "lanes"> = { run: "hot-shop-2026-11-21", database: "shop", tier: "hot" };

export const newMachines = (clock: ManualClock, database: MemoryDatabase): Machines => ({
  clock,
  stores: { hot: memoryStore(clock), keys: memoryStore(clock) },
  keys: memoryKeys(seededEntropy("machines")),
  database,
});

let seeds = 0;

/** One trigger: an execution of the workflow of its own. @returns the point and what the workflow did */
export const trigger = async (
  machines: Machines,
  request: { readonly lanes: number } & Partial<WorkflowCapture>,
  faults: Faults = {},
): Promise<{ readonly point: CapturedPoint; readonly operations: number; readonly calls: Calls }> => {
  const seed = `trigger ${++seeds}`;
  const entropy = seededEntropy(seed);
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
        entropy: seededEntropy(`${seed} ${kind} ${calls[kind]}`),
        source: async () => machines.database.open(faults.onRead?.(machine)),
        warn: () => undefined,
        ranges: { bytesMin: 1, perLane: 250 },
      };
      const world = faults.world?.(machine, own) ?? own;
      const until = { deadlineMs: faults.windowMs?.(machine) ?? WINDOW_MS };
      return kind === "hold" ? holdCapture(world, call, until) : copyRanges(world, call, until);
    };
  const workflow = openInProcessWorkflow({
    // A pause between two calls is an operation too.
    clock: { ...clock, sleep: (ms, signal) => ((operations += 1), clock.sleep(ms, signal)) },
    workers: { hold: worker("hold"), copy: worker("copy") },
  });
  const kept = new Map<string, Plain>();
  const dies = new Set(faults.diesAtMs);
  for (;;) {
    const death = Promise.withResolvers<never>();
    const onKept = (): void => {
      operations += 1;
      if (faults.replays === true) death.reject(new ProcessDied());
    };
    for (const ms of dies)
      void clock.sleep(ms).then(() => (dies.delete(ms) ? death.reject(new ProcessDied()) : undefined));
    const replaying = keeping(workflow, kept, "", onKept);
    const run = captureByWorkflow({ workflow: replaying, entropy }, { ...SHOP, ...request });
    try {
      const point = await Promise.race([run, death.promise]);
      return { point, operations, calls };
    } catch (error) {
      // What runs goes on, as machines do whose caller died.
      run.catch(() => undefined);
      if (!(error instanceof ProcessDied)) throw error;
    }
  }
};

export interface Calls {
  readonly hold: number;
  readonly copy: number;
}

class ProcessDied extends Error {}

/** A workflow that keeps results by name, as a durable one does, so that its body can run again from the start. */
const keeping = (workflow: Workflow, kept: Map<string, Plain>, path: string, onKept: () => void): Workflow => {
  const once = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    const key = `${path}/${name}`;
    const before = kept.get(key);
    if (before !== undefined) return before as T;
    const result = await act();
    kept.set(key, result as Plain);
    onKept();
    return result;
  };
  const names = new Set<string>();
  // The inner handle sees the same name once for each run of the body.
  const fresh = (name: string): string => {
    if (names.has(name)) throw new TypeError(`two operations are named ${name}`);
    names.add(name);
    return `${name} ${++runs}`;
  };
  return {
    step: (name, act) => once(name, () => workflow.step(fresh(name), act)),
    wait: (name, ms) => workflow.wait(fresh(name), ms),
    poll: (name, look, pace) => workflow.poll(fresh(name), look, pace),
    approve: (name, request) => workflow.approve(fresh(name), request),
    runWorkers: (name, kind, tasks) => once(name, () => workflow.runWorkers(fresh(name), kind, tasks)),
    together: (name, branches) =>
      once(name, () => {
        const wrapped = Object.entries(branches).map(([branch, act]) => [
          branch,
          (inner: Workflow) =>
            (act as (workflow: Workflow) => unknown)(keeping(inner, kept, `${path}/${name}/${branch}`, onKept)),
        ]);
        return workflow.together(fresh(name), Object.fromEntries(wrapped) as typeof branches);
      }),
  };
};

let runs = 0;

export const rowsOf = (count: number, word: string): ReadonlyMap<number, string> =>
  new Map(Array.from({ length: count }, (_, i) => [i * 3, `${word} ${i}`]));

/** Tables `table_00`, `table_01`, ... */
export const machinesWith = (tables: number, rows: number, readMs = 100): Machines => {
  const clock = manualClock();
  const names = Array.from({ length: tables }, (_, i) => `table_${String(i).padStart(2, "0")}`);
  const contents = Object.fromEntries(names.map((name) => [name, rowsOf(rows, name)]));
  return newMachines(clock, memoryDatabase(clock, contents, readMs));
};

export const withHot = (world: CaptureWorkerWorld, hot: ObjectStore): CaptureWorkerWorld => ({
  ...world,
  stores: { ...world.stores, hot },
});

/** Everything of the vault that is not there for a point, a class, or the run that made a point, after all leases and a sweep. */
export const orphansAfterSweep = async (machines: Machines): Promise<readonly string[]> => {
  const { clock, stores, keys } = machines;
  await clock.advance(2 * 3_600_000);
  const signal = new AbortController().signal;
  const { postponed } = await sweep({ stores, clock, progress: () => undefined, signal }, { dryRun: false });
  if (postponed !== undefined) throw new Error(`the sweep was postponed: ${postponed}`);
  const vault = await Vault.open(stores, keys, seededEntropy("reader"));
  const named = new Set(["vault.json", "classes/default"]);
  const points = await pointsOf(machines);
  for (const point of points) {
    named.add(`points/${point.id}/000001.json`);
    for (const ref of point.parts) {
      named.add(ref.name).add(`parts/${point.id}/${ref.class}`);
      for (const page of pagesOf(await getPart(vault, point, ref))) {
        named.add(page.name);
        for (const chunk of (await getPage(vault.hot, page)).chunks) named.add(chunk.name);
      }
    }
  }
  const ids = points.map(({ id }) => id);
  const left: string[] = [];
  for (const store of [stores.hot, stores.keys])
    for await (const { name } of store.list("")) {
      // What says that a key was destroyed stays for good.
      if (name.startsWith("tombstones/") && (await store.head(name.slice("tombstones/".length))) === undefined)
        continue;
      const ofAttempt = /^work\/[^/]+\/[0-9]{6}\.json$/.test(name) ? await attemptPoint(store, name) : undefined;
      if (!named.has(name) && (ofAttempt === undefined || !ids.includes(ofAttempt))) left.push(name);
    }
  return left;
};

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
