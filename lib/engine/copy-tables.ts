import type { Layer, Part, PartTable, RangeRecord } from "../model/point.ts";
import type { ReportProgress } from "../model/progress.ts";
import type { TableFacts } from "../model/table.ts";
import type { Clock } from "../ports/clock.ts";
import type { Lanes, RoundLanes, RoundTask } from "../ports/lanes.ts";
import type { SourceView } from "../ports/source-database.ts";
import type { BaseCopied } from "./copy-base.ts";
import type { ChainBroken, ChangesCopied } from "./copy-changes.ts";
import { type CopyTask, type LaneClass, layerOf, type Stored } from "./lane.ts";
import type { PageSum } from "./layer-writer.ts";
import { baseTasks, type Earlier, inOrder, type RangeRule, type TablePlan } from "./plan-capture.ts";

export type CopyResult = BaseCopied | ChangesCopied | ChainBroken;

export type CopyLanes = Lanes<CopyTask, CopyResult> | RoundLanes<CopyTask, CopyResult>;

/** What a copy is going to read, by the planner's sizes. */
export interface CopyWork {
  readonly lanes: number;
  /** Tables whose rows are all read. */
  readonly wholeBytes: number;
  /** Tables of which the server reads all and sends what changed. */
  readonly changesBytes: number;
}

/** What copying needs of the world. */
export interface CopyWorld {
  readonly clock: Clock;
  /** Lanes that have joined the view. */
  readonly openLanes: (opening: LaneOpening) => Promise<CopyLanes>;
  /** Told what is to be read before the first row is; what it throws ends the copy. */
  readonly mayRead?: (work: CopyWork) => void;
  /** How tables are split into ranges. Only tests give another rule. */
  readonly ranges?: RangeRule;
  readonly progress: ReportProgress;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** What a lane needs to know to join in. */
export interface LaneOpening {
  readonly token: string;
  readonly pointId: string;
  readonly classes: ReadonlyMap<string, LaneClass>;
}

export interface CopiedTables {
  readonly tables: readonly { readonly class: string; readonly record: PartTable; readonly layer: Layer | undefined }[];
  readonly stored: Stored;
}

/** Copies every table as planned over all lanes, the largest first. A table whose chain proves broken is taken whole. */
export const copyTables = async (
  world: CopyWorld,
  take: { readonly id: string; readonly began: number; readonly view: SourceView },
  classes: ReadonlyMap<string, LaneClass>,
  plans: readonly TablePlan[],
  earlier: Earlier,
): Promise<CopiedTables> => {
  const { clock } = world;
  const bytesTotal = plans.reduce((bytes, plan) => bytes + (plan.why === undefined ? 0 : plan.size.bytes), 0);
  const rowsTotal = plans.reduce((rows, plan) => rows + (plan.why === undefined ? 0 : plan.size.rows), 0);
  // A table that is divided by age is one table.
  const tablesTotal = new Set(plans.map(({ facts }) => facts.oid)).size;
  const done = { tables: 0, rows: 0, bytes: 0 };
  const tell = (phase: string): void =>
    world.progress({
      phase,
      tablesDone: done.tables,
      tablesTotal,
      rowsDone: done.rows,
      rowsTotal: rowsTotal === 0 ? undefined : rowsTotal,
      bytesDone: done.bytes,
      bytesTotal: bytesTotal === 0 ? undefined : bytesTotal,
      elapsedMs: clock.elapsedMs() - take.began,
    });
  const onRead = (rows: number, bytes: number): void => {
    done.rows += rows;
    done.bytes += bytes;
    tell("reading rows");
  };
  tell("planning");
  await using lanes = await world.openLanes({ token: take.view.token, pointId: take.id, classes });
  const results = new Map<string, CopyResult[]>();
  const stored = { objects: 0, bytes: 0 };
  const runAll = async (tasks: readonly SlotTask[]): Promise<void> => {
    const copied = await runRound(lanes, tasks, onRead, world.signal);
    tasks.forEach(({ task, slot }, i) => {
      const result = copied[i] as CopyResult;
      const slots = results.get(task.tableId) ?? [];
      slots[slot] = result;
      results.set(task.tableId, slots);
      if (result.kind === "broken") return;
      stored.objects += result.stored.objects;
      stored.bytes += result.stored.bytes;
    });
  };

  const tasksOf = async (plan: TablePlan) => {
    if (plan.unchanged) return [];
    if (plan.why === undefined && plan.before !== undefined) {
      const { layers, ranges } = plan.before;
      const since = (earlier.parts.get(plan.class) as Part).snapshot.xmin;
      const task: CopyTask = { kind: "changes", ...taskFacts(plan), since, layers, ranges };
      return [{ task, bytes: plan.size.bytes, slot: 0 }];
    }
    const adopted = earlier.adopted.get(`${plan.class}/${plan.tableId}`) ?? [];
    const splits = (facts: TableFacts, parts: number) => take.view.splits(facts, parts, classes.get(plan.class)?.role);
    const tasks = await baseTasks(plan, { lanes: lanes.count, bytesTotal, adopted, splits, rule: world.ranges });
    return tasks.map((task, slot) => ({ task, bytes: plan.size.bytes / tasks.length, slot }));
  };

  const changesBytes = plans.reduce(
    (bytes, plan) => bytes + (plan.why === undefined && !plan.unchanged ? plan.size.bytes : 0),
    0,
  );
  world.mayRead?.({ lanes: lanes.count, wholeBytes: bytesTotal, changesBytes });
  const tasks = (await Promise.all(plans.map(tasksOf))).flat();
  tell("reading rows");
  await runAll(inOrder(tasks));
  const broken = plans.flatMap((plan) => {
    const [result] = results.get(plan.tableId) ?? [];
    return result?.kind === "broken" ? [{ ...plan, why: result.why }] : [];
  });
  for (const plan of broken) {
    world.warn(`table ${plan.facts.schema}.${plan.facts.name}: ${plan.why}; taking a base`);
    results.delete(plan.tableId);
  }
  const again = new Map(broken.map((plan) => [plan.tableId, plan]));
  await runAll(inOrder((await Promise.all(broken.map(tasksOf))).flat()));
  done.tables = tablesTotal;
  tell("sealing");
  const tables = plans.map((plan) => {
    const final = again.get(plan.tableId) ?? plan;
    return { class: plan.class, ...tableRecord(take.id, final, results.get(plan.tableId) ?? []) };
  });
  return { tables, stored };
};

interface SlotTask extends RoundTask<CopyTask> {
  /** Which of its table's tasks it is, in the order of keys. */
  readonly slot: number;
}

/** Tasks over lanes that take one after the other, or all at once. One failure ends the others: a capture is whole or it is not. */
const runRound = async (
  lanes: CopyLanes,
  tasks: readonly SlotTask[],
  onRead: (rows: number, bytes: number) => void,
  signal: AbortSignal,
): Promise<readonly CopyResult[]> => {
  if ("runRound" in lanes) return tasks.length === 0 ? [] : lanes.runRound(tasks, onRead, signal);
  const results: CopyResult[] = [];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const queue = [...tasks.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      either.throwIfAborted();
      results[next[0]] = await lanes.run(next[1].task, onRead, either);
    }
  };
  const running = Array.from({ length: lanes.count }, lane);
  for (const one of running) one.catch((error: unknown) => stop.abort(error));
  const ended = await Promise.allSettled(running);
  signal.throwIfAborted();
  const failed = ended.find((end) => end.status === "rejected");
  if (failed !== undefined) throw stop.signal.aborted ? stop.signal.reason : failed.reason;
  return results;
};

const taskFacts = (plan: TablePlan) => ({
  class: plan.class,
  tableId: plan.tableId,
  facts: plan.facts,
  cutBits: plan.cutBits,
});

const tableRecord = (
  id: string,
  plan: TablePlan,
  results: readonly CopyResult[],
): { readonly record: PartTable; readonly layer: Layer | undefined } => {
  const common = { id: plan.tableId, facts: plan.facts, cutBits: plan.cutBits };
  if (plan.unchanged && plan.before !== undefined) {
    const { rows, layers, ranges } = plan.before;
    return { record: { ...common, rows, taken: "delta", layers, ranges }, layer: undefined };
  }
  const [first] = results;
  if (first?.kind === "changes") {
    const layers = [...(plan.before?.layers ?? []), ...(first.layer === undefined ? [] : [first.layer])];
    const record = { ...common, rows: first.rows, taken: "delta", layers, ranges: first.ranges };
    return { record, layer: first.layer };
  }
  const pages = results.flatMap((result) => (result.kind === "base" ? result.pages : []));
  const layer = layerOf("base", id, pages);
  const ranges = plan.facts.key === undefined ? [] : rangesOf(pages);
  return { record: { ...common, rows: layer.rows, taken: plan.why ?? "", layers: [layer], ranges }, layer };
};

/** Ranges begin where pages do, but only where the first key column changes: a server can tell them apart by it alone. */
const rangesOf = (pages: readonly PageSum[]): readonly RangeRecord[] => {
  const ranges: { start: string; rows: number; sum: bigint }[] = [{ start: "", rows: 0, sum: 0n }];
  pages.forEach((page, i) => {
    if (i > 0 && page.startsRange) ranges.push({ start: page.firstColumn, rows: 0, sum: 0n });
    const range = ranges.at(-1) as (typeof ranges)[number];
    range.rows += page.ref.rows;
    range.sum += page.sum;
  });
  return ranges.map(({ start, rows, sum }) => ({ start, rows, sum: String(BigInt.asUintN(64, sum)) }));
};
