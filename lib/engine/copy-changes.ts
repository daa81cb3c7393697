import type { Layer, RangeRecord } from "../model/point.ts";
import type { RangeDigest } from "../ports/source-database.ts";
import { DELTA_CUT, deltaCutBits } from "./cut.ts";
import { findGone, type KeySpan } from "./find-gone.ts";
import { GoneWriter } from "./gone-writer.ts";
import {
  assertStill,
  type ChangesTask,
  type Lane,
  type LaneProgress,
  laneClass,
  layerOf,
  type Stored,
  sumOf,
  writerFor,
} from "./lane.ts";
import type { PageSum } from "./layer-writer.ts";

export interface ChangesCopied {
  readonly kind: "changes";
  /** Undefined if nothing changed. */
  readonly layer: Layer | undefined;
  readonly ranges: readonly RangeRecord[];
  readonly rows: number;
  readonly stored: Stored;
}

/** The digests do not add up: the chain cannot be carried on, a base must be taken. */
export interface ChainBroken {
  readonly kind: "broken";
  readonly why: string;
}

/**
 * Copies what changed in a table since the point before.
 *
 * Rows first: every tuple visible now that the point did not show has an xmin at or after the point's horizon. Then the
 * keys: per range the server gives count and hash sum of all live keys (live), and of the changed ones (changed). With
 * `before` from the point's record, a range is proven when
 *   live = before                    no key came or went: the changed rows are updates, or
 *   live - changed = before          the changed rows are all new, and nothing else changed.
 * Any other range is read: its live keys, merged with the keys the layers hold, give the keys that are gone.
 * What was read is held to the digests: the changed rows to those of all ranges, the keys to those of theirs. So the
 * layers with the delta have exactly the live keys, or the chain is broken.
 */
export const copyChanges = async (
  lane: Lane,
  task: ChangesTask,
  progress: LaneProgress,
  signal: AbortSignal,
): Promise<ChangesCopied | ChainBroken> => {
  const { reader } = lane;
  const { hashSeed, role } = laneClass(lane, task.class);
  await assertStill(reader, task.facts);
  const starts = task.ranges.slice(1).map((range) => range.start);
  const digests = await reader.digests({ table: task.facts, role, starts, seed: hashSeed, since: task.since });
  signal.throwIfAborted();

  const changed = await copyChangedRows(lane, task, digests, progress, signal);
  if (changed.broken !== undefined) return { kind: "broken", why: changed.broken };

  const gone = new GoneWriter(lane, task);
  for (const span of spansUnexplained(task.ranges, digests)) {
    signal.throwIfAborted();
    const problem = await findGone(lane, task, span, changed.pages, gone);
    if (problem !== undefined) return { kind: "broken", why: problem };
  }
  const gonePages = await gone.close();
  await assertStill(reader, task.facts);

  const layer = layerOf("delta", lane.pointId, changed.pages, gonePages);
  const ranges = task.ranges.map((range, i) => {
    const digest = digests[i] as RangeDigest;
    return { start: range.start, rows: digest.rows, sum: String(digest.sum) };
  });
  return {
    kind: "changes",
    layer: layer.rows + layer.goneRows === 0 ? undefined : layer,
    ranges,
    rows: ranges.reduce((rows, range) => rows + range.rows, 0),
    stored: { objects: changed.stored.objects + gone.stored.objects, bytes: changed.stored.bytes + gone.stored.bytes },
  };
};

interface ChangedRows {
  readonly pages: readonly PageSum[];
  readonly stored: Stored;
  readonly broken?: string;
}

const NOTHING: ChangedRows = { pages: [], stored: { objects: 0, bytes: 0 } };

/** Copies the changed rows and holds them to the server's own count and hash sum of them. */
const copyChangedRows = async (
  lane: Lane,
  task: ChangesTask,
  digests: readonly RangeDigest[],
  progress: LaneProgress,
  signal: AbortSignal,
): Promise<ChangedRows> => {
  const expectedRows = digests.reduce((rows, digest) => rows + digest.changedRows, 0);
  if (expectedRows === 0) return NOTHING;
  const expectedSum = BigInt.asUintN(
    64,
    digests.reduce((sum, digest) => sum + digest.changedSum, 0n),
  );
  const touched = digests.flatMap((digest, i) => (digest.changedRows > 0 ? [i] : []));
  const from = task.ranges[touched[0] as number]?.start;
  const to = task.ranges[(touched.at(-1) as number) + 1]?.start;
  const writer = writerFor(lane, task, { cut: DELTA_CUT, cutBits: deltaCutBits(task.cutBits), known: new Map() });
  let rows = 0;
  const { role } = laneClass(lane, task.class);
  const query = { table: task.facts, role, since: task.since, from: from === "" ? undefined : from, to };
  for await (const frames of lane.reader.rows(query)) {
    signal.throwIfAborted();
    await writer.write(frames);
    progress(writer.rows - rows, frames.length);
    rows = writer.rows;
  }
  const pages = await writer.close();
  const stored = { objects: writer.storedObjects, bytes: writer.storedBytes };
  if (writer.rows !== expectedRows || sumOf(pages) !== expectedSum)
    return {
      pages,
      stored,
      broken: `the server counts ${expectedRows} changed rows, ${writer.rows} arrived or their keys differ`,
    };
  return { pages, stored };
};

/** Runs of neighbouring ranges whose digests the changed rows alone do not explain. */
const spansUnexplained = (before: readonly RangeRecord[], digests: readonly RangeDigest[]): readonly KeySpan[] => {
  const spans: { from: string; to: string | undefined; last: number; rows: number; sum: bigint }[] = [];
  before.forEach((range, i) => {
    const live = digests[i] as RangeDigest;
    const sum = BigInt(range.sum);
    const onlyUpdates = live.rows === range.rows && live.sum === sum;
    const onlyInserts =
      live.rows - live.changedRows === range.rows && BigInt.asUintN(64, live.sum - live.changedSum) === sum;
    if (onlyUpdates || onlyInserts) return;
    const to = before[i + 1]?.start;
    const span = spans.at(-1);
    if (span?.last !== i - 1) spans.push({ from: range.start, to, last: i, rows: live.rows, sum: live.sum });
    else {
      const sumOfSpan = BigInt.asUintN(64, span.sum + live.sum);
      Object.assign(span, { to, last: i, rows: span.rows + live.rows, sum: sumOfSpan });
    }
  });
  return spans;
};
