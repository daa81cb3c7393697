import { copyBase } from "../engine/copy-base.ts";
import { copyChanges } from "../engine/copy-changes.ts";
import type { CopyResult } from "../engine/copy-tables.ts";
import type { CopyTask, LaneProgress } from "../engine/lane.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { SourceDatabase } from "../ports/source-database.ts";

export interface CopyLane extends AsyncDisposable {
  run(task: CopyTask, progress: LaneProgress, signal: AbortSignal): Promise<CopyResult>;
}

/** LaneOpening as it arrives in another thread: Buffers have become plain byte arrays. */
export interface CopyLaneOpening {
  readonly token: string;
  readonly pointId: string;
  readonly classes: ReadonlyMap<
    string,
    {
      readonly namingSecret: Uint8Array;
      readonly hashSeed: string;
      readonly partKey: Uint8Array;
      readonly role?: string | undefined;
    }
  >;
}

/** A worker of a capture: one connection that has joined the view, and the store. */
export const openCopyLane = async (
  world: { readonly source: SourceDatabase; readonly store: ObjectStore; readonly entropy: Entropy },
  opening: CopyLaneOpening,
): Promise<CopyLane> => {
  const reader = await world.source.join(opening.token);
  const classes = new Map(
    [...opening.classes].map(([name, keys]) => [
      name,
      {
        namingSecret: Buffer.from(keys.namingSecret),
        hashSeed: keys.hashSeed,
        partKey: Buffer.from(keys.partKey),
        role: keys.role,
      },
    ]),
  );
  const lane = { ...world, reader, pointId: opening.pointId, classes };
  return {
    run: (task, progress, signal) =>
      task.kind === "base" ? copyBase(lane, task, progress, signal) : copyChanges(lane, task, progress, signal),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
};
