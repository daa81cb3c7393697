import { type Attempt, Board } from "../engine/board.ts";
import { LOOK_MS, openBoardLanes } from "../engine/board-lanes.ts";
import type { CopyWork } from "../engine/copy-tables.ts";
import { LEASE_MS, listIntents } from "../engine/intent.ts";
import { newestGeneration, preventPoint } from "../engine/points.ts";
import { isVault, Vault } from "../engine/vault.ts";
import { Failure, isFailure } from "../model/errors.ts";
import { type Point, tablesIn } from "../model/point.ts";
import { MIB } from "../model/units.ts";
import type { WorkerAnswer, WorkerCall } from "../ports/workflow.ts";
import { captureDatabase } from "./capture.ts";
import { CallTime, type CaptureWorkerWorld } from "./capture-worker.ts";
import type { CapturedPoint, HeldCapture, HoldResult, HoldTask } from "./capture-workflow.ts";

/** Kept for sealing the parts and the point when the last row is read. */
const RESERVE_MS = 45_000;
/**
 * What one lane reads in a second, for want of a measurement: a quarter of what a core did here with the server beside it
 * (docs/architecture.md), because a bucket and a network lie in between.
 */
const LANE_BYTES_PER_S = 32 * MIB;
/** Pause of who waits for another run. */
const TURN_MS = 10_000;
/** How long a run waits for other captures of its database before it fails. */
const WAIT_MS_MAX = 3_600_000;
/** An attempt begins only with so much of a call's time before it; a call that has waited longer is called again. */
const WHOLE_CALL = 0.9;
/** Finding what changed reads a table on the server and sends little: a third of the time of reading it whole, measured. */
const CHANGES_SHARE = 1 / 3;

/**
 * The worker kind `hold`: keeps the view, plans, gives tasks to the lanes, seals the parts and the point. A call is one
 * attempt of its run, unless the run has its point already or another series is at it; then it waits for that one.
 *
 * @param until  how long this call may take, from now on
 * @returns the point; a cursor only after waiting for another series, or another capture of the database
 * @throws CAPTURE_TOO_LARGE  it does not fit into one call; and what capture throws
 */
export const holdCapture = async (
  world: CaptureWorkerWorld,
  call: WorkerCall,
  until: { readonly deadlineMs: number },
): Promise<WorkerAnswer> => {
  const task = call.task as HoldTask;
  const time = new CallTime(world.clock, until.deadlineMs);
  const { stores, keys, entropy } = world;
  const board = new Board(stores.hot, task.run);
  if (task.act === "give up") {
    if (await isVault(stores.hot)) await board.close(task.series, task.code);
    return { result: null };
  }
  // First of all: nothing is written into a store that is not ours.
  const vault = await Vault.openOrCreate(stores, keys, entropy);
  try {
    const point = await new Hold(world, vault, board, task, time).point();
    if (point !== undefined) {
      await board.close(task.series, null);
      return { result: summaryOf(point) satisfies HoldResult };
    }
    const gaveUp = await board.closedWith(task.series);
    if (gaveUp !== undefined && gaveUp !== null) return { result: { gaveUp } satisfies HoldResult };
    return { cursor: waitedOn(call, time.passedMs) };
  } catch (error) {
    // Nobody will call again; the lanes need not wait for it.
    if (isFailure(error) && !error.retryable) await board.close(task.series, error.code).catch(() => undefined);
    throw error;
  }
};

/** @throws CAPTURE_RUNNING  it has waited for others long enough */
const waitedOn = (call: WorkerCall, passedMs: number): Waited => {
  const waitedMs = ((call.cursor as Waited | null)?.waitedMs ?? 0) + passedMs;
  if (waitedMs <= WAIT_MS_MAX) return { waitedMs };
  const { run } = call.task as HoldTask;
  throw new Failure("CAPTURE_RUNNING", `run ${run} has waited ${minutes(waitedMs)} for other captures of its database`);
};

/** A cursor: time that went by in waiting. */
type Waited = { readonly waitedMs: number };

type CaptureTask = Extract<HoldTask, { readonly act: "capture" }>;

class Hold {
  readonly #world: CaptureWorkerWorld;
  readonly #vault: Vault;
  readonly #board: Board;
  readonly #series: string;
  readonly #capture: HeldCapture;
  readonly #time: CallTime;
  /** Whether another call has taken this one's place. From then on it only takes it back from the dead. */
  #overtaken = false;

  constructor(world: CaptureWorkerWorld, vault: Vault, board: Board, task: CaptureTask, time: CallTime) {
    this.#world = world;
    this.#vault = vault;
    this.#board = board;
    this.#series = task.series;
    this.#capture = task.capture;
    this.#time = time;
  }

  /** The run's point, found or made. Undefined if the series was closed, or this call's time went by while others were at it. */
  async point(): Promise<Point | undefined> {
    for (;;) {
      const attempts = await this.#board.attempts();
      const made = await this.#madeBy(attempts);
      if (made !== undefined) return made;
      if (await this.#board.isClosed(this.#series)) return undefined;
      const last = attempts.at(-1);
      // An earlier attempt of this series is dead, or the workflow would not have called again. Of two calls that live
      // because one call was made twice, the first one steps back.
      const others = last !== undefined && (this.#overtaken || last.series !== this.#series);
      if (others && !(await this.#isOver(last))) {
        if (this.#time.leftMs <= RESERVE_MS) return undefined;
        await this.#world.clock.sleep(LOOK_MS);
        continue;
      }
      if (this.#time.leftMs < this.#time.windowMs * WHOLE_CALL) return undefined;
      // From here on no earlier attempt gets a point, whether or not its process lives.
      const late = await this.#supersede(attempts);
      if (late !== undefined) return late;
      const mine = await this.#attempt(attempts);
      if (mine !== undefined) return mine;
    }
  }

  async #madeBy(attempts: readonly Attempt[]): Promise<Point | undefined> {
    for (const { pointId } of attempts.toReversed()) {
      const point = await newestGeneration(this.#world.stores.hot, pointId);
      if (point !== undefined) return point;
    }
    return undefined;
  }

  /** Whether an attempt of another series has ended, or its lease has. */
  async #isOver(attempt: Attempt): Promise<boolean> {
    const { stores, clock } = this.#world;
    if ((await this.#board.posted(attempt.pointId)).ended) return true;
    const intent = (await listIntents(stores.hot)).find(({ id }) => id === attempt.pointId);
    // It takes its intent right after it was written down.
    return (intent?.leaseUntil ?? attempt.startedAt + LEASE_MS) <= clock.now();
  }

  async #supersede(attempts: readonly Attempt[]): Promise<Point | undefined> {
    for (const { pointId } of attempts) {
      const point = await preventPoint(this.#world.stores.hot, pointId);
      if (point !== undefined) return point;
    }
    const last = attempts.at(-1);
    if (last !== undefined) await this.#board.end(last.pointId, "CAPTURE_RUNNING");
    return undefined;
  }

  /** @returns undefined if somebody else's attempt came first, or took this one's place, or another run is at the database */
  async #attempt(before: readonly Attempt[]): Promise<Point | undefined> {
    const { clock, entropy } = this.#world;
    const vault = this.#vault;
    const number = (before.at(-1)?.number ?? 0) + 1;
    const stop = new AbortController();
    const done = new AbortController();
    this.#time.abortBefore(RESERVE_MS, stop, this.#timeUp(), done.signal);
    const run = new Running(this.#board, number, this.#series, clock.now());
    try {
      const { lanes, database, ...options } = this.#capture;
      const boardWorld = { store: vault.hot, clock, entropy, board: this.#board, lanes, series: this.#series };
      const report = await captureDatabase(
        {
          vault,
          clock,
          source: await this.#world.source(database),
          openLanes: openBoardLanes(boardWorld),
          mayRead: (work) => this.#assertFits(work),
          ...(this.#world.ranges === undefined ? {} : { ranges: this.#world.ranges }),
          progress: () => undefined,
          warn: this.#world.warn,
          signal: stop.signal,
        },
        {
          ...options,
          base: false,
          policy: this.#world.policy,
          attempt: { begin: (id) => run.begin(id), over: new Set(before.map(({ pointId }) => pointId)) },
        },
      );
      await this.#board.end(report.point.id, null);
      return report.point;
    } catch (error) {
      if (error instanceof NotFirst) {
        this.#overtaken = true;
        return undefined;
      }
      if (isFailure(error, "CAPTURE_RUNNING") && run.pointId === undefined) {
        await clock.sleep(TURN_MS);
        return undefined;
      }
      if (isFailure(error) && run.pointId !== undefined) {
        await this.#board.end(run.pointId, error.code).catch(() => undefined);
        const newest = (await this.#board.attempts()).at(-1);
        this.#overtaken = newest?.pointId !== run.pointId;
        if (this.#overtaken || (await this.#board.isClosed(this.#series))) return undefined;
      }
      throw error;
    } finally {
      done.abort();
    }
  }

  #assertFits(work: CopyWork): void {
    const leftMs = this.#time.leftMs - RESERVE_MS;
    const estimate = estimateMs(work);
    if (estimate <= leftMs) return;
    const gib = ((work.wholeBytes + work.changesBytes) / (1024 * MIB)).toFixed(1);
    throw new Failure(
      "CAPTURE_TOO_LARGE",
      `reading ${gib} GiB over ${work.lanes} lanes takes about ${minutes(estimate)}, and ${minutes(leftMs)} are left`,
      { facts: { estimateMs: estimate, windowMs: leftMs, ...work } },
    );
  }

  #timeUp(): Failure {
    return new Failure(
      "CAPTURE_TOO_LARGE",
      `the capture was not done after ${minutes(this.#time.windowMs - RESERVE_MS)}, which is all the time it has`,
      { facts: { windowMs: this.#time.windowMs, lanes: this.#capture.lanes } },
    );
  }
}

/** Somebody else wrote down an attempt of this number. */
class NotFirst extends Error {}

class Running {
  pointId: string | undefined;
  readonly #board: Board;
  readonly #attempt: { readonly number: number; readonly series: string; readonly startedAt: number };

  constructor(board: Board, number: number, series: string, startedAt: number) {
    this.#board = board;
    this.#attempt = { number, series, startedAt };
  }

  async begin(pointId: string): Promise<void> {
    if (!(await this.#board.begin({ ...this.#attempt, pointId }))) throw new NotFirst("another attempt was first");
    this.pointId = pointId;
  }
}

/** How long reading takes, by the planner's sizes and the rate of a lane. */
export const estimateMs = ({ lanes, wholeBytes, changesBytes }: CopyWork): number =>
  Math.ceil(((wholeBytes + changesBytes * CHANGES_SHARE) / (lanes * LANE_BYTES_PER_S)) * 1000);

const minutes = (ms: number): string => `${Math.max(1, Math.round(ms / 60_000))} min`;

const summaryOf = (point: Point): CapturedPoint => ({
  pointId: point.id,
  startedAt: point.startedAt,
  finishedAt: point.finishedAt,
  tables: tablesIn(point.parts),
  rows: point.parts.reduce((rows, part) => rows + part.rows, 0),
  plainBytes: point.parts.reduce((bytes, part) => bytes + part.plainBytes, 0),
  storedObjects: point.stored.objects,
  storedBytes: point.stored.bytes,
});
