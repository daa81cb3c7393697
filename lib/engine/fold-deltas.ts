import type { Layer, PartTable } from "../model/point.ts";
import { deltaCutBits } from "./cut.ts";
import { HeldKeys } from "./find-gone.ts";
import type { FoldedTable, FoldPlace } from "./fold.ts";
import { GoneWriter } from "./gone-writer.ts";
import { layerOf } from "./lane.ts";
import { LayerWriter } from "./layer-writer.ts";
import { type LayerSource, layerCursors, layerSource, Merge } from "./layers.ts";
import { FrameBuffer } from "./read-table.ts";

/** A delta's chunks are a quarter of a base's. */
const DELTA_SHARE = 4;

/**
 * Merges neighbouring deltas of a table into one: of each key what the newest says, a row or that it is gone. That a key is gone
 * is said only where the layers below hold it: otherwise the key of a row that came and went between two points that stay
 * would outlive the row.
 * @param deltas  oldest first
 * @param below  all layers under them
 */
export const foldDeltas = async (
  place: FoldPlace,
  table: PartTable,
  { deltas, below }: { readonly deltas: readonly Layer[]; readonly below: readonly Layer[] },
): Promise<FoldedTable> => {
  const { store, entropy, cut, foldId, ...keys } = place;
  const source = layerSource(store, place.namingSecret, place.class, table);
  const merge = new Merge(layerCursors(source, deltas, { withRows: true, range: {}, firstRank: 0 }));
  const { key, format } = table.facts;
  const deltaCut = {
    chunkBytesMin: cut.chunkBytesMin / DELTA_SHARE,
    chunkBytesTarget: cut.chunkBytesTarget / DELTA_SHARE,
    chunkBytesMax: cut.chunkBytesMax / DELTA_SHARE,
  };
  const writer = new LayerWriter(
    store,
    entropy,
    {
      ...keys,
      pointId: foldId,
      table: table.id,
      rows: format,
      key,
      cut: deltaCut,
      cutBits: deltaCutBits(table.cutBits),
    },
    new Map(),
  );
  const lane = { store, entropy, pointId: foldId, classes: new Map([[place.class, place]]) };
  const gone = new GoneWriter(lane, { class: place.class, tableId: table.id });
  const held = new HeldBelow(source, below);
  const out = new FrameBuffer();
  for (;;) {
    const more = merge.next();
    if (!(typeof more === "boolean" ? more : await more)) break;
    const { keys: list, index, frames, frameStart, frameEnd } = merge.current.entry();
    if (!merge.current.gone && frames !== undefined) out.add(frames.subarray(frameStart, frameEnd));
    else if (await held.holds(list.key(index))) await gone.add(list.key(index));
    if (out.full) {
      place.signal?.throwIfAborted();
      await writer.write(out.take());
    }
  }
  if (out.length > 0) await writer.write(out.take());
  const last = deltas.at(-1) as Layer;
  const layer = layerOf("delta", last.pointId, await writer.close(), await gone.close());
  const stored = {
    objects: writer.storedObjects + gone.stored.objects,
    bytes: writer.storedBytes + gone.stored.bytes,
  };
  return { layer, stored, chunksRewritten: 0 };
};

/** Whether layers hold keys as live, asked in key order. Reads key lists, no rows, and nothing before it is asked. */
class HeldBelow {
  readonly #source: LayerSource;
  readonly #layers: readonly Layer[];
  #held: HeldKeys | undefined;

  constructor(source: LayerSource, layers: readonly Layer[]) {
    this.#source = source;
    this.#layers = layers;
  }

  async holds(key: Buffer): Promise<boolean> {
    if (this.#held === undefined) {
      this.#held = new HeldKeys(this.#source, { layers: this.#layers }, { from: key.toString("hex") });
      await this.#held.advance();
    }
    const asked = { bytes: key, length: key.length };
    while (this.#held.active && this.#held.compareTo(asked) < 0) await this.#held.advance();
    return this.#held.active && this.#held.compareTo(asked) === 0;
  }
}
