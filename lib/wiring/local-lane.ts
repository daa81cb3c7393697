import { openDirectoryStore } from "../local/directory-store.ts";
import { systemClock } from "../local/system-clock.ts";
import { systemEntropy } from "../local/system-entropy.ts";
import { type ServedLane, serveLane } from "../local/thread-lane.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { SourceDatabase } from "../ports/source-database.ts";
import type { TargetDatabase } from "../ports/target-database.ts";
import { postgresSource } from "../postgres/source.ts";
import { targetDatabase } from "../postgres/target/target-database.ts";
import type { LocalLaneOpening } from "./local.ts";
import { openHotStore } from "./vault-place.ts";

interface CopyWorld {
  readonly source: SourceDatabase;
  readonly store: ObjectStore;
  readonly entropy: Entropy;
}

export interface LaneOpeners {
  readonly copy: (world: CopyWorld, act: unknown) => Promise<ServedLane<never, unknown>>;
  readonly scratch: (
    world: CopyWorld & { readonly scratch: ObjectStore },
    act: unknown,
  ) => Promise<ServedLane<never, unknown>>;
  readonly restore: (
    world: { readonly target: TargetDatabase; readonly store: ObjectStore },
    act: unknown,
  ) => Promise<ServedLane<never, unknown>>;
}

/** Serves a lane of this thread: chooses its adapters and hands them to the act it was opened for. */
export const serveLocalLane = (openers: LaneOpeners): Promise<void> =>
  serveLane(async (opening: LocalLaneOpening) => {
    const store = await openHotStore(opening.vault);
    if (opening.kind === "restore")
      return openers.restore({ target: targetDatabase(opening.databaseUrl), store }, opening.act);
    const world = { source: await postgresSource(opening.databaseUrl), store, entropy: systemEntropy };
    if (opening.kind === "copy") return openers.copy(world, opening.act);
    const scratch = await openDirectoryStore(opening.scratch as string, { clock: systemClock, create: false });
    return openers.scratch({ ...world, scratch }, opening.act);
  });
