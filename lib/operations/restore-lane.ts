import { type RestoreResult, type RestoreTask, runRestoreTask } from "../engine/restore/restore-lane.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { TargetDatabase } from "../ports/target-database.ts";

/** RestoreOpening as it arrives in another thread: Buffers have become plain byte arrays. */
export interface RestoreLaneOpening {
  readonly classes: ReadonlyMap<string, { readonly namingSecret: Uint8Array; readonly hashSeed: string }>;
}

interface OpenRestoreLane extends AsyncDisposable {
  run(task: RestoreTask, progress: (rows: number, bytes: number) => void, signal: AbortSignal): Promise<RestoreResult>;
}

/** A worker of a restore: one session of the target, and the store. */
export const openRestoreLane = async (
  world: { readonly target: TargetDatabase; readonly store: ObjectStore },
  opening: RestoreLaneOpening,
): Promise<OpenRestoreLane> => {
  const session = await world.target.open();
  const classes = new Map(
    [...opening.classes].map(([name, secret]) => [
      name,
      { namingSecret: Buffer.from(secret.namingSecret), hashSeed: secret.hashSeed },
    ]),
  );
  const lane = { session, store: world.store, classes };
  return {
    run: (task, progress, signal) => runRestoreTask(lane, task, progress, signal),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
};
