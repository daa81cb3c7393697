import { BASE_CUT } from "./cut.ts";
import {
  assertStill,
  type BaseTask,
  chunksKnown,
  type Lane,
  type LaneProgress,
  laneClass,
  type Stored,
  writerFor,
} from "./lane.ts";
import type { PageSum } from "./layer-writer.ts";

export interface BaseCopied {
  readonly kind: "base";
  readonly pages: readonly PageSum[];
  readonly rows: number;
  readonly stored: Stored;
}

/**
 * Copies a table, or a range of it, into pages.
 * @throws SOURCE_MOVED  somebody truncated or rewrote the table while it was read
 */
export const copyBase = async (
  lane: Lane,
  task: BaseTask,
  progress: LaneProgress,
  signal: AbortSignal,
): Promise<BaseCopied> => {
  await assertStill(lane.reader, task.facts);
  const known = await chunksKnown(lane.store, task.known);
  const writer = writerFor(lane, task, { cut: BASE_CUT, cutBits: task.cutBits, known });
  let rows = 0;
  const { role } = laneClass(lane, task.class);
  for await (const frames of lane.reader.rows({ table: task.facts, role, from: task.from, to: task.to })) {
    signal.throwIfAborted();
    await writer.write(frames);
    progress(writer.rows - rows, frames.length);
    rows = writer.rows;
  }
  const pages = await writer.close();
  progress(writer.rows - rows, 0);
  await assertStill(lane.reader, task.facts);
  return {
    kind: "base",
    pages,
    rows: writer.rows,
    stored: { objects: writer.storedObjects, bytes: writer.storedBytes },
  };
};
