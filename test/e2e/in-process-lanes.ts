import type { CopyResult, LaneOpening } from "../../lib/engine/copy-tables.ts";
import type { CopyTask } from "../../lib/engine/lane.ts";
import { type CopyLane, openCopyLane } from "../../lib/operations/lane.ts";
import type { Entropy } from "../../lib/ports/clock.ts";
import type { Lanes } from "../../lib/ports/lanes.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import type { SourceDatabase } from "../../lib/ports/source-database.ts";

/** Lanes of a capture in this very thread: each has its own connection, all share the processor. */
export const inProcessLanes =
  (world: { readonly source: SourceDatabase; readonly store: ObjectStore; readonly entropy: Entropy }, count: number) =>
  async (opening: LaneOpening): Promise<Lanes<CopyTask, CopyResult>> => {
    const free: CopyLane[] = [];
    const all: CopyLane[] = [];
    for (let i = 0; i < count; i++) {
      const lane = await openCopyLane(world, opening);
      all.push(lane);
      free.push(lane);
    }
    return {
      count,
      async run(task, progress, signal) {
        const lane = free.pop();
        if (lane === undefined) throw new TypeError(`more than ${count} tasks at once`);
        try {
          return await lane.run(task, progress, signal);
        } finally {
          free.push(lane);
        }
      },
      async [Symbol.asyncDispose]() {
        await Promise.all(all.map((lane) => lane[Symbol.asyncDispose]()));
      },
    };
  };
