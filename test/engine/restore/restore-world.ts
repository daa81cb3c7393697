import type { CopyResult } from "../../../lib/engine/copy-tables.ts";
import type { CopyTask } from "../../../lib/engine/lane.ts";
import { getPart, listPoints, putPart, putPoint } from "../../../lib/engine/points.ts";
import type { RestoreReport } from "../../../lib/engine/restore/apply-restore.ts";
import type { RestoreResult, RestoreTask } from "../../../lib/engine/restore/restore-lane.ts";
import type { RestorePlan, RestoreScope } from "../../../lib/engine/restore/restore-plan.ts";
import { Vault } from "../../../lib/engine/vault.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { systemEntropy } from "../../../lib/local/system-entropy.ts";
import type { Part, PartRef, Point } from "../../../lib/model/point.ts";
import type { Policy } from "../../../lib/model/policy.ts";
import { captureDatabase } from "../../../lib/operations/capture.ts";
import { openCopyLane } from "../../../lib/operations/lane.ts";
import { type ApplyWorld, applyPlan, planOfRestore, pointToSql } from "../../../lib/operations/restore.ts";
import { openRestoreLane } from "../../../lib/operations/restore-lane.ts";
import type { Clock } from "../../../lib/ports/clock.ts";
import type { Lanes } from "../../../lib/ports/lanes.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import type { TargetDatabase, TargetSession, TargetTable } from "../../../lib/ports/target-database.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { targetDatabase } from "../../../lib/postgres/target/target-database.ts";
import { memoryKeys } from "../../local/memory-keys.ts";

export const WHOLE: RestoreScope = { schemas: [], tables: [] };

interface OneLane<Task, Result> extends AsyncDisposable {
  run(task: Task, progress: (rows: number, bytes: number) => void, signal: AbortSignal): Promise<Result>;
}

/** Lanes in this very thread. */
export const lanesHere = async <Task, Result>(
  count: number,
  open: () => Promise<OneLane<Task, Result>>,
): Promise<Lanes<Task, Result>> => {
  const lanes = await Promise.all(Array.from({ length: count }, open));
  const free = [...lanes];
  return {
    count,
    async run(task, progress, signal) {
      const lane = free.pop();
      if (lane === undefined) throw new TypeError("more tasks than lanes");
      try {
        return await lane.run(task, progress, signal);
      } finally {
        free.push(lane);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const lane of lanes) await lane[Symbol.asyncDispose]();
    },
  };
};

export interface RestoreVault {
  readonly vault: Vault;
  readonly hot: ObjectStore;
  capture(url: string, policy?: Policy): Promise<Point>;
  /** @param shiftMs  how far the clock of the plan is off */
  plan(url: string, scope?: RestoreScope, shiftMs?: number): Promise<RestorePlan>;
  apply(url: string, plan: RestorePlan, options?: ApplyOptions): Promise<RestoreReport>;
  restore(url: string, scope?: RestoreScope, options?: ApplyOptions): Promise<RestoreReport>;
  sql(scope?: RestoreScope): Promise<Buffer>;
}

export interface ApplyOptions {
  readonly lanes?: number;
  readonly proof?: "full" | "counts";
  /** In place of the database's own. */
  readonly target?: TargetDatabase;
  readonly signal?: AbortSignal;
  readonly progress?: ApplyWorld["progress"];
  readonly warn?: ApplyWorld["warn"];
}

/** A vault in memory whose captures and restores run here. */
export const restoreVault = async (
  hot: ObjectStore = memoryStore(systemClock),
  clock: Clock = systemClock,
): Promise<RestoreVault> => {
  const stores = { hot, keys: memoryStore(clock) };
  const vault = await Vault.openOrCreate(stores, memoryKeys(), systemEntropy);
  const quiet = { clock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  const made: RestoreVault = {
    vault,
    hot,
    async capture(url, policy) {
      const source = await postgresSource(url);
      const openLanes = (opening: Parameters<typeof openCopyLane>[1]) =>
        lanesHere<CopyTask, CopyResult>(2, () => openCopyLane({ source, store: hot, entropy: systemEntropy }, opening));
      await captureDatabase({ ...quiet, vault, source, openLanes }, { tier: "hot", base: false, policy });
      return (await listPoints(hot)).at(-1) as Point;
    },
    plan(url, scope = WHOLE, shiftMs = 0) {
      const shifted = { ...clock, now: () => clock.now() + shiftMs };
      return planOfRestore({ vault, target: targetDatabase(url), clock: shifted }, "latest", { scope });
    },
    apply(url, plan, { lanes = 2, proof = "full", target = targetDatabase(url), ...rest } = {}) {
      const openLanes: ApplyWorld["openLanes"] = (opening) =>
        lanesHere<RestoreTask, RestoreResult>(lanes, () => openRestoreLane({ target, store: hot }, opening));
      return applyPlan({ ...quiet, ...rest, vault, target, openLanes }, plan, { proof });
    },
    restore: async (url, scope = WHOLE, options = {}) => made.apply(url, await made.plan(url, scope), options),
    async sql(scope = WHOLE) {
      const pieces: Buffer[] = [];
      const write = async (bytes: Buffer) => void pieces.push(Buffer.from(bytes));
      await pointToSql({ ...quiet, vault, write }, "latest", scope);
      return Buffer.concat(pieces);
    },
  };
  return made;
};

/** Writes a point again with one part's manifest changed, as a bug of ours would have written it. */
export const rewritten = async (
  { vault, hot }: RestoreVault,
  point: Point,
  change: (part: Part) => Part,
  className = point.parts[0]?.class,
): Promise<void> => {
  const generation = point.generation + 1;
  const again = async (ref: PartRef): Promise<PartRef> => {
    if (ref.class !== className) return ref;
    const partKey = await vault.partKey(point.id, ref.class);
    return putPart(hot, systemEntropy, change(await getPart(vault, point, ref)), { partKey, generation });
  };
  await putPoint(hot, { ...point, generation, parts: await Promise.all(point.parts.map(again)) });
};

/** The target itself, with some of its sessions' calls replaced. */
export const targetWith = (url: string, change: (session: TargetSession) => Partial<TargetSession>): TargetDatabase => {
  const target = targetDatabase(url);
  return {
    facts: () => target.facts(),
    async open() {
      const session = await target.open();
      const own: TargetSession = {
        run: (sql, doing) => session.run(sql, doing),
        load: (table, frames, options) => session.load(table, frames, options),
        rows: (table, pages) => session.rows(table, pages),
        pages: (table) => session.pages(table),
        count: (table) => session.count(table),
        abandon: () => session.abandon(),
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
      return { ...own, ...change(session) };
    },
  };
};

/** A target that tells of every load. */
export const spied = (url: string, loading: (table: TargetTable, freeze: boolean) => void): TargetDatabase =>
  targetWith(url, (session) => ({
    load(table, frames, options) {
      loading(table, options.freeze);
      return session.load(table, frames, options);
    },
  }));
