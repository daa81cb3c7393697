import { frameEnd } from "./frames.ts";
import type { GoneWriter } from "./gone-writer.ts";
import { KeyReader } from "./key.ts";
import { type ChangesTask, type Lane, laneClass } from "./lane.ts";
import type { PageSum } from "./layer-writer.ts";
import { type KeyRange, LayerCursor, type LayerSource, layerCursors, Merge } from "./layers.ts";

/** A run of ranges, with the server's own count and hash sum of the live keys in it. */
export interface KeySpan extends KeyRange {
  readonly rows: number;
  /** Modulo 2^64. */
  readonly sum: bigint;
}

/**
 * Merges the live keys of a span with those the layers hold. A key that only the layers hold is gone. A key that is live
 * but that neither the layers nor the changed rows hold means that the layers are not what they say they are.
 * The keys read are held to the server's digest: one that was lost on the way would take a live row for a gone one.
 *
 * @param changed  pages of the rows that changed
 * @returns why the chain is broken, or undefined
 */
export const findGone = async (
  lane: Lane,
  task: ChangesTask,
  span: KeySpan,
  changed: readonly PageSum[],
  gone: GoneWriter,
): Promise<string | undefined> => {
  const { namingSecret, hashSeed, role } = laneClass(lane, task.class);
  const place = { class: task.class, table: task.tableId, rows: task.facts.format };
  const source: LayerSource = { store: lane.store, namingSecret, place };
  const held = new HeldKeys(source, task, span);
  const changedKeys = new LayerCursor(
    source,
    changed.map((page) => page.ref),
    { rank: 0, gone: false, withRows: false, range: span },
  );
  const columns = (task.facts.key ?? []).map((column, position) => ({ ...column, position }));
  const live = new KeyReader(columns, task.facts.format, hashSeed);

  let rows = 0;
  let sum = 0n;
  let unknownKeys = 0;
  await held.advance();
  let changedMore = await changedKeys.next();
  const query = { table: task.facts, role, from: span.from === "" ? undefined : span.from, to: span.to };
  for await (const frames of lane.reader.keys(query)) {
    // Halves are added as numbers: one buffer never holds the two million keys that would make them inexact.
    let high = 0;
    let low = 0;
    for (let at = 0; at < frames.length; ) {
      const end = frameEnd(frames, at);
      live.read(frames, at, end);
      at = end;
      rows++;
      high += live.hash.hi;
      low += live.hash.lo;
      while (held.active && held.compareTo(live) < 0) {
        await gone.add(held.key);
        await held.advance();
      }
      if (held.active && held.compareTo(live) === 0) {
        await held.advance();
        continue;
      }
      while (changedMore && changedKeys.compareTo(live.bytes, live.length) < 0) changedMore = await changedKeys.next();
      // Read on to the end: whoever leaves a COPY early loses the connection, and the base is yet to be read on it.
      if (!changedMore || changedKeys.compareTo(live.bytes, live.length) !== 0) unknownKeys++;
    }
    sum += (BigInt(high) << 32n) + BigInt(low);
  }
  while (held.active) {
    await gone.add(held.key);
    await held.advance();
  }
  if (unknownKeys > 0) return `${unknownKeys} live keys are neither in the layers nor among the changed rows`;
  if (rows !== span.rows || BigInt.asUintN(64, sum) !== span.sum)
    return `the server counts ${span.rows} keys, ${rows} arrived or they differ`;
  return undefined;
};

/** The keys that layers hold as live, in order. */
export class HeldKeys {
  active = false;
  readonly #merge: Merge;

  constructor(source: LayerSource, table: Pick<ChangesTask, "layers">, range: KeyRange) {
    this.#merge = new Merge(layerCursors(source, table.layers, { withRows: false, range, firstRank: 0 }));
  }

  /** Moves on; a promise only when a page must be read. */
  advance(): void | Promise<void> {
    for (;;) {
      const more = this.#merge.next();
      if (typeof more !== "boolean") return this.#arrive(more);
      this.active = more;
      if (!more || !this.#merge.current.gone) return;
    }
  }

  async #arrive(more: Promise<boolean>): Promise<void> {
    this.active = await more;
    if (this.active && this.#merge.current.gone) await this.advance();
  }

  compareTo(key: Pick<KeyReader, "bytes" | "length">): number {
    return this.#merge.current.compareTo(key.bytes, key.length);
  }

  /** Reads the current key, its bytes and its hash. */
  readInto(key: KeyReader): void {
    this.#merge.current.readInto(key);
  }

  get key(): Buffer {
    const { keys, index } = this.#merge.current.entry();
    return keys.key(index);
  }
}
