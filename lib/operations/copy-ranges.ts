import { type Attempt, Board, failureOf, type Posted, type RoundName } from "../engine/board.ts";
import { LOOK_MS } from "../engine/board-lanes.ts";
import { decodeTasks, encodeResult, type PostedResult, type PostedTask } from "../engine/board-work.ts";
import { getObject } from "../engine/chunk.ts";
import type { LaneClass } from "../engine/lane.ts";
import { isVault, Vault } from "../engine/vault.ts";
import { Failure, isFailure, sentFailure } from "../model/errors.ts";
import type { WorkerAnswer, WorkerCall } from "../ports/workflow.ts";
import { CallTime, type CaptureWorkerWorld } from "./capture-worker.ts";
import type { CopyLaneTask, LaneCounts } from "./capture-workflow.ts";
import { type CopyLane, openCopyLane } from "./lane.ts";

/** Kept for stopping a task and answering. */
const RESERVE_MS = 15_000;
/** A task that began with so much of the call's time before it had as much as any call can give it. */
const WHOLE_CALL = 0.9;
/** Who is at a task looks less often whether it is still wanted. */
const WATCH_MS = 5 * LOOK_MS;
/** A source that is lost or throttles is tried again here, before the workflow calls again after longer pauses. */
const TRIES_MAX = 3;

/** More than all of a workflow's pauses between calls of a holder that fails. */
const NO_VAULT_MS = 180_000;

const NOTHING: LaneCounts = { tasks: 0, rows: 0, bytes: 0 };

/**
 * The worker kind `copy`: one lane. It joins the newest take of its series' newest attempt, does the tasks that are given to
 * it and have no result yet, and goes home when the holder says so. What a later call would fail at again goes onto the
 * board as the task's result, so that the holder decides.
 *
 * @param until  how long this call may take, from now on
 * @returns what it did, or a cursor when its time is over before the capture is
 * @throws a failure that may be gone later (DATABASE_LOST, STORE_UNREACHABLE, ...)
 */
export const copyRanges = async (
  world: CaptureWorkerWorld,
  call: WorkerCall,
  until: { readonly deadlineMs: number },
): Promise<WorkerAnswer> => {
  await using lane = new BoardLane(world, call, new CallTime(world.clock, until.deadlineMs));
  return await lane.serve();
};

/** The lane's connection, and the take that it shows. */
interface Joined {
  readonly take: string;
  readonly lane: CopyLane;
  readonly classes: ReadonlyMap<string, LaneClass>;
  /** Own tasks by the names of their rounds. */
  readonly tasks: Map<string, readonly PostedTask[]>;
  /** Names of results that are there. */
  readonly done: Set<string>;
}

class BoardLane implements AsyncDisposable {
  readonly #world: CaptureWorkerWorld;
  readonly #task: CopyLaneTask;
  readonly #board: Board;
  readonly #time: CallTime;
  #counts: LaneCounts;
  #joined: Joined | undefined;

  constructor(world: CaptureWorkerWorld, call: WorkerCall, time: CallTime) {
    this.#world = world;
    this.#task = call.task as CopyLaneTask;
    this.#counts = (call.cursor as LaneCounts | null) ?? NOTHING;
    this.#board = new Board(world.stores.hot, this.#task.run);
    this.#time = time;
  }

  async serve(): Promise<WorkerAnswer> {
    for (let tries = 1; ; ) {
      if (this.#time.leftMs <= RESERVE_MS) return { cursor: this.#counts };
      if ((await this.#board.isClosed(this.#task.series)) || (await this.#isNowhere())) return { result: this.#counts };
      try {
        if (await this.#work()) tries = 1;
        else await this.#world.clock.sleep(LOOK_MS);
      } catch (error) {
        if (!isFailure(error) || !error.retryable || tries === TRIES_MAX) throw error;
        await this.#leave();
        await this.#world.clock.sleep(LOOK_MS * 2 ** tries++);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
  }

  /** Whether the holder has had long enough to make the vault: in a store that is not one it writes nothing, not even an end. */
  async #isNowhere(): Promise<boolean> {
    return this.#time.passedMs > NO_VAULT_MS && !(await isVault(this.#world.stores.hot));
  }

  /** Does what there is to do now. @returns whether there was anything */
  async #work(): Promise<boolean> {
    const attempt = (await this.#board.attempts()).findLast(({ series }) => series === this.#task.series);
    if (attempt === undefined) return false;
    const posted = await this.#board.posted(attempt.pointId);
    if (posted.ended || posted.rounds.length === 0) return false;
    const joined = await this.#join(attempt, posted.take);
    const left: { readonly round: RoundName; readonly posted: PostedTask }[] = [];
    for (const round of posted.rounds)
      for (const task of await this.#ownTasks(joined, round))
        if (!joined.done.has(this.#resultName(attempt.pointId, round, task))) left.push({ round, posted: task });
    if (left.length === 0) return false;
    const stop = new AbortController();
    const over = new AbortController();
    this.#time.abortBefore(RESERVE_MS, stop, TIME_UP, over.signal);
    const watching = this.#watch(attempt, posted, stop, over.signal);
    try {
      for (const { round, posted: task } of left) {
        if (stop.signal.aborted || this.#joined !== joined) break;
        await this.#copy(joined, this.#resultName(attempt.pointId, round, task), task, stop.signal);
      }
    } finally {
      over.abort();
      await watching;
    }
    return true;
  }

  async #copy(joined: Joined, name: string, { task }: PostedTask, signal: AbortSignal): Promise<void> {
    const leftMs = this.#time.leftMs;
    let [rows, bytes] = [0, 0];
    const onRead = (moreRows: number, moreBytes: number): void => {
      rows += moreRows;
      bytes += moreBytes;
    };
    let answer: PostedResult;
    try {
      const result = await untilAborted(joined.lane.run(task, onRead, signal), signal);
      answer = { result, rows, bytes };
      this.#counts = {
        tasks: this.#counts.tasks + 1,
        rows: this.#counts.rows + rows,
        bytes: this.#counts.bytes + bytes,
      };
    } catch (error) {
      // The connection is of no more use after a COPY that did not end.
      await this.#leave();
      if (signal.aborted) {
        if (signal.reason !== TIME_UP || leftMs < this.#time.windowMs * WHOLE_CALL) return;
        answer = { failure: sentFailure(tooLarge(task.facts, this.#time.windowMs)) };
      } else {
        // A source that moved is moved for good as long as the holder keeps this view.
        if (!isFailure(error) || (error.retryable && error.code !== "SOURCE_MOVED")) throw error;
        answer = { failure: sentFailure(failureOf(error)) };
      }
    }
    const { partKey } = joined.classes.get(task.class) as LaneClass;
    const seal = { class: task.class, partKey, entropy: this.#world.entropy };
    // If another call of this lane was first, its result counts: both read the same snapshot.
    await this.#world.stores.hot.put(name, encodeResult(seal, name, answer));
    joined.done.add(name);
  }

  /** Stops the task at hand when nobody waits for it any more. */
  async #watch(attempt: Attempt, now: Posted, stop: AbortController, over: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#world.clock.sleep(WATCH_MS, over);
        const { take, ended } = await this.#board.posted(attempt.pointId);
        if (take === now.take && !ended && !(await this.#board.isClosed(this.#task.series))) continue;
        stop.abort(MOVED_ON);
        return;
      }
    } catch (error) {
      // A store that cannot be looked at will say so where a result is written.
      if (!over.aborted && !isFailure(error)) stop.abort(error);
    }
  }

  async #join(attempt: Attempt, number: number): Promise<Joined> {
    const key = `${attempt.pointId}/${number}`;
    if (this.#joined?.take === key) return this.#joined;
    await this.#leave();
    const { stores, keys, entropy } = this.#world;
    const vault = await Vault.open(stores, keys, entropy);
    const take = await this.#board.take(attempt.pointId, number);
    if (take === undefined) throw new TypeError(`take ${key} was listed and is not there`);
    const classes = new Map<string, LaneClass>();
    for (const name of take.classes) {
      const secret = await vault.classSecret(name);
      classes.set(name, { ...secret, partKey: await vault.partKey(attempt.pointId, name) });
    }
    const world = { source: await this.#world.source(this.#task.database), store: vault.hot, entropy };
    const done = await this.#resultsOf(attempt.pointId, number);
    const lane = await openCopyLane(world, { token: take.token, pointId: attempt.pointId, classes });
    const joined = { take: key, lane, classes, tasks: new Map<string, readonly PostedTask[]>(), done };
    this.#joined = joined;
    return joined;
  }

  async #ownTasks(joined: Joined, round: RoundName): Promise<readonly PostedTask[]> {
    const before = joined.tasks.get(round.name);
    if (before !== undefined) return before;
    const { partKey } = joined.classes.get(round.class) as LaneClass;
    const bytes = await getObject(this.#world.stores.hot, round.name);
    const tasks = decodeTasks({ class: round.class, partKey }, round.name, bytes);
    const own = tasks.filter(({ lane }) => lane === this.#task.lane);
    joined.tasks.set(round.name, own);
    return own;
  }

  async #resultsOf(pointId: string, take: number): Promise<Set<string>> {
    const names = new Set<string>();
    for await (const { name } of this.#world.stores.hot.list(this.#board.resultsPrefix(pointId, take))) names.add(name);
    return names;
  }

  #resultName(pointId: string, { take, round }: RoundName, { number }: PostedTask): string {
    return this.#board.resultName(pointId, { take, round, task: number });
  }

  async #leave(): Promise<void> {
    const joined = this.#joined;
    this.#joined = undefined;
    await joined?.lane[Symbol.asyncDispose]();
  }
}

/** A query that sorts for minutes before its first row does not look at a signal. Leaving the lane ends it. */
const untilAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });

const TIME_UP = new Error("the time of this call is over");
const MOVED_ON = new Error("the holder does not wait for this task any more");

const tooLarge = (table: { readonly schema: string; readonly name: string }, windowMs: number): Failure =>
  new Failure(
    "CAPTURE_TOO_LARGE",
    `one range of table ${table.schema}.${table.name} was not read in the ${Math.round(windowMs / 60_000)} min that a worker has`,
    { facts: { schema: table.schema, table: table.name, windowMs } },
  );
