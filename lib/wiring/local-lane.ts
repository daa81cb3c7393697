import { join } from "node:path";
import { openDirectoryStore } from "../local/directory-store.ts";
import { systemClock } from "../local/system-clock.ts";
import { systemEntropy } from "../local/system-entropy.ts";
import { type ServedLane, serveLane } from "../local/thread-lane.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { SourceDatabase } from "../ports/source-database.ts";
import { postgresSource } from "../postgres/source.ts";
import type { LocalLaneOpening } from "./local.ts";

export interface LaneWorld {
  readonly source: SourceDatabase;
  readonly store: ObjectStore;
  readonly entropy: Entropy;
}

/** Serves a lane of this thread: chooses its adapters and hands them to the act it was opened for. */
export const serveLocalLane = <Task, Result>(openers: {
  readonly copy: (world: LaneWorld, act: unknown) => Promise<ServedLane<Task, Result>>;
}): Promise<void> =>
  serveLane(async (opening: LocalLaneOpening) => {
    const store = await openDirectoryStore(join(opening.vault, "hot"), { clock: systemClock, create: false });
    const world = { source: await postgresSource(opening.databaseUrl), store, entropy: systemEntropy };
    return openers[opening.kind](world, opening.act);
  });
