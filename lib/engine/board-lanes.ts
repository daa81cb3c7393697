import { receivedFailure } from "../model/errors.ts";
import type { Clock, Entropy } from "../ports/clock.ts";
import type { RoundLanes, RoundTask } from "../ports/lanes.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Board } from "./board.ts";
import { decodeResult, encodeTasks, type PostedTask, shareOut } from "./board-work.ts";
import { getObject, putFresh } from "./chunk.ts";
import type { CopyResult, LaneOpening } from "./copy-tables.ts";
import type { CopyTask, LaneClass } from "./lane.ts";

/** How often who waits looks at the board. */
export const LOOK_MS = 1_000;

export interface BoardWorld {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly board: Board;
  readonly lanes: number;
  readonly series: string;
}

/**
 * Lanes on other machines, as the holder of the view sees them: tasks go onto the board, results come from it. Each lane
 * does the tasks that are given to it, so there is nothing to claim and nothing to lease; who is called again goes on with
 * those that have no result yet.
 */
export const openBoardLanes =
  (world: BoardWorld) =>
  async (opening: LaneOpening): Promise<RoundLanes<CopyTask, CopyResult>> => {
    const { pointId, token } = opening;
    const take = await world.board.openTake({ pointId, token, classes: [...opening.classes.keys()] });
    let round = 0;
    return {
      count: world.lanes,
      runRound: (tasks, progress, signal) =>
        new Round(world, opening, { take, round: ++round }).run(tasks, progress, signal),
      // The next take, or the end of the attempt, sends the lanes away.
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };

class Round {
  readonly #world: BoardWorld;
  readonly #opening: LaneOpening;
  readonly #at: { readonly take: number; readonly round: number };

  constructor(world: BoardWorld, opening: LaneOpening, at: { readonly take: number; readonly round: number }) {
    this.#world = world;
    this.#opening = opening;
    this.#at = at;
  }

  async run(
    tasks: readonly RoundTask<CopyTask>[],
    progress: (rows: number, bytes: number) => void,
    signal: AbortSignal,
  ): Promise<readonly CopyResult[]> {
    const { board, clock, series } = this.#world;
    const { pointId } = this.#opening;
    await this.#post(tasks);
    const results = new Map<number, CopyResult>();
    for (;;) {
      await this.#collect(tasks, results, progress);
      if (results.size === tasks.length) return tasks.map((_, i) => results.get(i) as CopyResult);
      await board.assertWanted(pointId, series);
      await clock.sleep(LOOK_MS, signal);
    }
  }

  async #post(tasks: readonly RoundTask<CopyTask>[]): Promise<void> {
    const { store, board, entropy, lanes } = this.#world;
    const { pointId } = this.#opening;
    const shares = shareOut(
      tasks.map((task) => task.bytes),
      lanes,
    );
    const byClass = new Map<string, PostedTask[]>();
    tasks.forEach(({ task }, number) => {
      const posted = byClass.get(task.class) ?? [];
      posted.push({ number, lane: shares[number] as number, task });
      byClass.set(task.class, posted);
    });
    for (const [className, posted] of byClass) {
      const name = board.tasksName(pointId, this.#at.take, this.#at.round, className);
      const seal = { class: className, partKey: this.#partKey(className), entropy };
      await putFresh(store, name, encodeTasks(seal, name, posted));
    }
  }

  async #collect(
    tasks: readonly RoundTask<CopyTask>[],
    results: Map<number, CopyResult>,
    progress: (rows: number, bytes: number) => void,
  ): Promise<void> {
    const { store, board } = this.#world;
    const { pointId } = this.#opening;
    const there = new Set<string>();
    for await (const { name } of store.list(board.resultsPrefix(pointId, this.#at.take))) there.add(name);
    for (const [number, { task }] of tasks.entries()) {
      const name = board.resultName(pointId, { ...this.#at, task: number });
      if (results.has(number) || !there.has(name)) continue;
      const seal = { class: task.class, partKey: this.#partKey(task.class) };
      const posted = decodeResult(seal, name, await getObject(store, name));
      if ("failure" in posted) throw receivedFailure(posted.failure);
      results.set(number, posted.result);
      progress(posted.rows, posted.bytes);
    }
  }

  #partKey(className: string): Buffer {
    return (this.#opening.classes.get(className) as LaneClass).partKey;
  }
}
