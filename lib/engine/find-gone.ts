import { frameEnd } from "./frames.ts";
import type { GoneWriter } from "./gone-writer.ts";
import { KeyReader } from "./key.ts";
import { type ChangesTask, type Lane, laneClass } from "./lane.ts";
import type { PageSum } from "./layer-writer.ts";
import { type KeyRange, LayerCursor, type LayerSource, layerCursors, Merge } from "./layers.ts";

/**
 * Merges the live keys of a span with those the layers hold. A key that only the layers hold is gone. A key that is live
 * but that neither the layers nor the changed rows hold means that the layers are not what they say they are.
 *
 * @param changed  pages of the rows that changed
 * @returns why the chain is broken, or undefined
 */
export const findGone = async (
  lane: Lane,
  task: ChangesTask,
  span: KeyRange,
  changed: readonly PageSum[],
  gone: GoneWriter,
): Promise<string | undefined> => {
  const { namingSecret, hashSeed } = laneClass(lane, task.class);
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

  await held.advance();
  let changedMore = await changedKeys.next();
  const query = { table: task.facts, from: span.from === "" ? undefined : span.from, to: span.to };
  for await (const frames of lane.reader.keys(query)) {
    for (let at = 0; at < frames.length; ) {
      const end = frameEnd(frames, at);
      live.read(frames, at, end);
      at = end;
      while (held.active && held.compareTo(live) < 0) {
        await gone.add(held.key);
        await held.advance();
      }
      if (held.active && held.compareTo(live) === 0) {
        await held.advance();
        continue;
      }
      while (changedMore && changedKeys.compareTo(live.bytes, live.length) < 0) changedMore = await changedKeys.next();
      if (!changedMore || changedKeys.compareTo(live.bytes, live.length) !== 0)
        return "a live key is neither in the layers nor among the changed rows";
    }
  }
  while (held.active) {
    await gone.add(held.key);
    await held.advance();
  }
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

  compareTo(key: KeyReader): number {
    return this.#merge.current.compareTo(key.bytes, key.length);
  }

  get key(): Buffer {
    const { keys, index } = this.#merge.current.entry();
    return keys.key(index);
  }
}
