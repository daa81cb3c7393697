import { Failure } from "../model/errors.ts";
import type { ChunkEntry, Layer, PageRef, PartTable } from "../model/point.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { getChunk } from "./chunk.ts";
import type { CutRule } from "./cut.ts";
import type { LaneClass, Stored } from "./lane.ts";
import { LayerWriter } from "./layer-writer.ts";
import { type LayerSource, layerCursors, layerSource, Merge } from "./layers.ts";
import { getPage } from "./page.ts";
import { FrameBuffer, mergeChunk, Overlay } from "./read-table.ts";
import { digestKeys, firstDifference } from "./verify-keys.ts";

/** Where a fold writes, and with which keys. */
export interface FoldPlace extends LaneClass {
  readonly store: ObjectStore;
  readonly entropy: Entropy;
  readonly class: string;
  /** Id under which new pages lie: the fold's own. */
  readonly foldId: string;
  readonly cut: CutRule;
  readonly signal?: AbortSignal | undefined;
}

export interface FoldedTable {
  readonly layer: Layer;
  readonly stored: Stored;
  /** Chunks of the base that had to be opened and written anew. */
  readonly chunksRewritten: number;
}

/**
 * Merges all deltas of a table into its base, without a database. What no delta touches is named again as it is: whole
 * pages, and in other pages whole chunks. Only chunks that hold superseded or deleted rows, or stand where rows came in,
 * are opened and written anew, by the same cut rule, so that the result is cut as a fresh base would be.
 *
 * @param table  as a point records it; the point's own range digests prove the result
 * @throws DIGEST_MISMATCH  the folded base does not hold exactly the keys of the point; nothing names it yet
 */
export const foldTable = async (place: FoldPlace, table: PartTable): Promise<FoldedTable> => {
  const [base, ...deltas] = table.layers;
  const last = deltas.at(-1);
  if (base === undefined || last === undefined) throw new TypeError(`table ${table.id} has no delta to fold`);
  const source = layerSource(place.store, place.namingSecret, place.class, table);
  const overlay = new Overlay(new Merge(layerCursors(source, deltas, { withRows: true, range: {}, firstRank: 1 })));
  const run = new FoldRun(place, source, table, overlay);
  await overlay.advance();
  for (const [i, ref] of base.pages.entries()) {
    place.signal?.throwIfAborted();
    const next = base.pages[i + 1];
    const border = next === undefined ? undefined : Buffer.from(next.first, "hex");
    if (overlay.before(border) || run.takesIn(ref)) await run.rewrite(ref, border);
    else await run.keep(ref);
  }
  await run.addInserted(undefined);
  const { pages, stored, chunksRewritten } = await run.close();

  const proven = await digestKeys(source, [{ ...base, pages }], table.facts, {
    hashSeed: place.hashSeed,
    starts: table.ranges.map((range) => range.start),
    signal: place.signal,
  });
  const rows = pages.reduce((sum, page) => sum + page.rows, 0);
  if (firstDifference(table.ranges, proven) !== undefined || rows !== table.rows)
    throw new Failure(
      "DIGEST_MISMATCH",
      `table ${table.facts.schema}.${table.facts.name}: the folded base has ${rows} rows or other keys, the point has ${table.rows} rows`,
      { hint: "nothing was changed; run verify --level read and take a new capture with --base" },
    );
  const sum = BigInt.asUintN(
    64,
    proven.reduce((total, range) => total + BigInt(range.sum), 0n),
  );
  // It is the state at the last delta's point, and says so: a later run finds it there and need not fold again.
  const layer: Layer = { kind: "base", pointId: last.pointId, rows, sum: String(sum), pages, goneRows: 0, gone: [] };
  return { layer, stored, chunksRewritten };
};

/** Pages of the new base in order: kept ones, and between them runs of rewritten ones. */
class FoldRun {
  readonly #place: FoldPlace;
  readonly #source: LayerSource;
  readonly #table: PartTable;
  readonly #overlay: Overlay;
  readonly #out = new FrameBuffer();
  readonly #pages: PageRef[] = [];
  /** Chunks of the page in hand: one that comes out as it was is named again, not stored again. */
  readonly #known = new Map<string, ChunkEntry>();
  #writer: LayerWriter | undefined;
  #objects = 0;
  #bytes = 0;
  #chunksRewritten = 0;

  constructor(place: FoldPlace, source: LayerSource, table: PartTable, overlay: Overlay) {
    this.#place = place;
    this.#source = source;
    this.#table = table;
    this.#overlay = overlay;
  }

  /**
   * Whether a page that nothing touches is rewritten all the same: because the run before it would end in a chunk below
   * the minimum, or in a page small enough to share one object with it. Without this, chunks and pages crumble fold by fold.
   */
  takesIn(ref: PageRef): boolean {
    return this.#writer !== undefined && (this.#chunkIsSmall || this.#writer.hasRoomFor(ref));
  }

  async keep(ref: PageRef): Promise<void> {
    await this.#endRun();
    this.#pages.push(ref);
  }

  async rewrite(ref: PageRef, pageBorder: Buffer | undefined): Promise<void> {
    const { store, namingSecret } = this.#place;
    const page = await getPage(store, ref);
    this.#known.clear();
    for (const entry of page.chunks) this.#known.set(entry.id, entry);
    let first = 0;
    for (const entry of page.chunks) {
      const end = first + entry.rows;
      const border = end < page.keys.count ? page.keys.key(end) : pageBorder;
      const touched = this.#overlay.before(border);
      if (touched || this.#chunkIsSmall) {
        const plain = await getChunk(store, namingSecret, this.#source.place, entry);
        this.#chunksRewritten++;
        if (!touched) await this.#open().write(plain);
        else {
          for await (const frames of mergeChunk(plain, page.keys, first, end - 1, this.#overlay, this.#out))
            await this.#open().write(frames);
          await this.addInserted(border);
        }
      } else await this.#open().adopt(entry, page.keys, first);
      first = end;
    }
  }

  /** Rows that the deltas put before the border, after everything written so far. */
  async addInserted(border: Buffer | undefined): Promise<void> {
    while (this.#overlay.before(border)) {
      this.#out.add(this.#overlay.row);
      await this.#overlay.advance();
      if (this.#out.full) await this.#open().write(this.#out.take());
    }
    if (this.#out.length > 0) await this.#open().write(this.#out.take());
  }

  async close(): Promise<{ pages: readonly PageRef[]; stored: Stored; chunksRewritten: number }> {
    await this.#endRun();
    const stored = { objects: this.#objects, bytes: this.#bytes };
    return { pages: this.#pages, stored, chunksRewritten: this.#chunksRewritten };
  }

  get #chunkIsSmall(): boolean {
    const bytes = this.#writer?.chunkBytes ?? 0;
    return bytes > 0 && bytes < this.#place.cut.chunkBytesMin;
  }

  #open(): LayerWriter {
    const { store, entropy, cut, foldId, ...place } = this.#place;
    const { key, format } = this.#table.facts;
    this.#writer ??= new LayerWriter(
      store,
      entropy,
      { ...place, pointId: foldId, table: this.#table.id, rows: format, key, cut, cutBits: this.#table.cutBits },
      this.#known,
    );
    return this.#writer;
  }

  async #endRun(): Promise<void> {
    if (this.#writer === undefined) return;
    for (const { ref } of await this.#writer.close()) this.#pages.push(ref);
    this.#objects += this.#writer.storedObjects;
    this.#bytes += this.#writer.storedBytes;
    this.#writer = undefined;
  }
}
