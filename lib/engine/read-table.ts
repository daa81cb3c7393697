import { freeBytes } from "../model/free-bytes.ts";
import type { ChunkEntry, PageRef, PartTable } from "../model/point.ts";
import { KIB, MIB } from "../model/units.ts";
import { getChunk } from "./chunk.ts";
import { frameEnd } from "./frames.ts";
import { compareKeys, type KeyList } from "./key-list.ts";
import { type KeyRange, type LayerSource, layerCursors, lowerBound, Merge, pagesIn } from "./layers.ts";
import { getEntries, getPage } from "./page.ts";

/** Chunks fetched ahead of the one in use. */
const CHUNKS_AHEAD = 2;
const OUT_BYTES = MIB;

/**
 * Reads a table of a point: its base merged with its deltas by key, the newest wins. A chunk that no delta touches goes
 * through whole. Memory: one page, the chunks fetched ahead, and one small chunk per delta.
 *
 * @param range  borders must be first keys of base pages (see splitsOf), so that no chunk lies across one
 * @returns whole row frames in key order; every row exactly once
 */
export async function* readTable(source: LayerSource, table: PartTable, range: KeyRange = {}): AsyncGenerator<Buffer> {
  const [base, ...deltas] = table.layers;
  if (base === undefined) return;
  const basePages = base.pages.filter(
    (page) => !(range.from && page.first < range.from) && !(range.to && page.first >= range.to),
  );
  const touching = deltas.filter((layer) => pagesIn([...layer.pages, ...layer.gone], range).length > 0);
  if (touching.length === 0) {
    yield* wholeChunksOf(source, basePages);
    return;
  }
  const overlay = new Overlay(new Merge(layerCursors(source, touching, { withRows: true, range, firstRank: 1 })));
  const out = new FrameBuffer();
  await overlay.advance();
  for await (const { plain, keys, first, entry } of chunksOf(source, basePages)) {
    const last = first + entry.rows - 1;
    while (overlay.active && overlay.compare(keys, first) < 0) {
      out.add(overlay.row);
      await overlay.advance();
      if (out.full) yield out.take();
    }
    if (!overlay.active || overlay.compare(keys, last) > 0) {
      if (out.length > 0) yield out.take();
      yield plain;
      continue;
    }
    yield* mergeChunk(plain, keys, first, last, overlay, out);
    freeBytes(plain);
  }
  while (overlay.active) {
    out.add(overlay.row);
    await overlay.advance();
    if (out.full) yield out.take();
  }
  if (out.length > 0) yield out.take();
}

/** One base chunk with the overlay's entries up to its last key merged in. What is left in `out` belongs before what comes next. */
export async function* mergeChunk(
  plain: Buffer,
  keys: KeyList,
  first: number,
  last: number,
  overlay: Overlay,
  out: FrameBuffer,
): AsyncGenerator<Buffer> {
  let run = 0;
  let at = 0;
  let index = first;
  while (overlay.active && overlay.compare(keys, last) <= 0) {
    const target = overlay.positionIn(keys, index);
    for (; index < target; index++) at = frameEnd(plain, at);
    out.add(plain.subarray(run, at));
    run = at;
    if (index <= last && overlay.compare(keys, index) === 0) {
      at = frameEnd(plain, at);
      run = at;
      index++;
    }
    out.add(overlay.row);
    await overlay.advance();
    if (out.full) yield out.take();
  }
  out.add(plain.subarray(run));
  if (out.full) yield out.take();
}

/** The chunks of pages in order. */
async function* wholeChunksOf(source: LayerSource, pages: readonly PageRef[]): AsyncGenerator<Buffer> {
  const { store, namingSecret, place } = source;
  const ahead = new Ahead<Buffer>();
  for (const ref of pages)
    for (const entry of await getEntries(store, ref)) {
      const chunk = ahead.push(getChunk(store, namingSecret, place, entry));
      if (chunk !== undefined) yield await chunk;
    }
  for (const chunk of ahead.rest()) yield await chunk;
}

/** Chunks that are being fetched, in order. */
class Ahead<Chunk> {
  readonly #chunks: Promise<Chunk>[] = [];

  /** @returns the one that is due, once enough are on their way */
  push(chunk: Promise<Chunk>): Promise<Chunk> | undefined {
    // Whoever awaits it gets the error; until then it must not end the process.
    chunk.catch(() => undefined);
    this.#chunks.push(chunk);
    return this.#chunks.length > CHUNKS_AHEAD ? this.#chunks.shift() : undefined;
  }

  rest(): readonly Promise<Chunk>[] {
    return this.#chunks;
  }
}

interface BaseChunk {
  readonly plain: Buffer;
  readonly keys: KeyList;
  /** Index of the chunk's first key in `keys`. */
  readonly first: number;
  readonly entry: ChunkEntry;
}

/** The chunks of pages in order, opened, fetched a little ahead, with their keys. */
async function* chunksOf(source: LayerSource, pages: readonly PageRef[]): AsyncGenerator<BaseChunk> {
  const ahead = new Ahead<BaseChunk>();
  for (const ref of pages) {
    const page = await getPage(source.store, ref);
    let first = 0;
    for (const entry of page.chunks) {
      const chunk = ahead.push(openChunk(source, page.keys, first, entry));
      first += entry.rows;
      if (chunk !== undefined) yield* lastUseOfKeys(await chunk);
    }
  }
  for (const chunk of ahead.rest()) yield* lastUseOfKeys(await chunk);
}

/** A page's keys are needed until its last chunk is. */
function* lastUseOfKeys(chunk: BaseChunk): Generator<BaseChunk> {
  yield chunk;
  if (chunk.first + chunk.entry.rows === chunk.keys.count) chunk.keys.free();
}

const openChunk = async (source: LayerSource, keys: KeyList, first: number, entry: ChunkEntry): Promise<BaseChunk> => ({
  plain: await getChunk(source.store, source.namingSecret, source.place, entry),
  keys,
  first,
  entry,
});

/** The merged deltas: rows that take the place of base rows, or keys that are gone. */
export class Overlay {
  active = false;
  readonly #merge: Merge;

  constructor(merge: Merge) {
    this.#merge = merge;
  }

  async advance(): Promise<void> {
    const more = this.#merge.next();
    this.active = typeof more === "boolean" ? more : await more;
  }

  /** The frame of the current row; empty for a key that is gone. */
  get row(): Buffer {
    const { gone } = this.#merge.current;
    const { frames, frameStart, frameEnd: end } = this.#merge.current.entry();
    return gone || frames === undefined ? EMPTY : frames.subarray(frameStart, end);
  }

  /** Whether there is an entry below the border; without a border, whether there is one. */
  before(border: Buffer | undefined): boolean {
    if (!this.active || border === undefined) return this.active;
    return this.#merge.current.compareTo(border, border.length) < 0;
  }

  compare(keys: KeyList, index: number): number {
    const mine = this.#merge.current.entry();
    const { bytes } = mine.keys;
    const start = mine.keys.start(mine.index);
    return compareKeys(bytes, start, mine.keys.end(mine.index), keys.bytes, keys.start(index), keys.end(index));
  }

  /** Index in `keys`, from `from` on, of the first key that is not below the current one. */
  positionIn(keys: KeyList, from: number): number {
    const mine = this.#merge.current.entry();
    return Math.max(from, lowerBound(keys, mine.keys.key(mine.index)));
  }
}

const EMPTY = Buffer.alloc(0);

/** What the first buffer of a small table needs. */
const OUT_BYTES_FIRST = 64 * KIB;

/** Gathers small pieces, so that a row of its own never becomes a write of its own. What was added may be freed at once. */
export class FrameBuffer {
  length = 0;
  #bytes = EMPTY;
  #capacity = OUT_BYTES_FIRST;

  add(piece: Buffer): void {
    const length = this.length + piece.length;
    if (length > this.#bytes.length) this.#makeRoom(length);
    piece.copy(this.#bytes, this.length);
    this.length = length;
  }

  get full(): boolean {
    return this.length >= OUT_BYTES;
  }

  /** The bytes are the caller's own. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.#bytes = EMPTY;
    this.length = 0;
    return taken;
  }

  #makeRoom(bytes: number): void {
    while (this.#capacity < bytes) this.#capacity *= 2;
    const larger = Buffer.allocUnsafeSlow(this.#capacity);
    this.#bytes.copy(larger, 0, 0, this.length);
    freeBytes(this.#bytes);
    this.#bytes = larger;
  }
}

/** Borders that divide a table into about `parts` ranges by base pages: first keys of pages, in hex, without the first page's. */
export const splitsOf = (table: PartTable, parts: number): readonly string[] => {
  const pages = table.facts.key === undefined ? [] : (table.layers[0]?.pages ?? []);
  const splits: string[] = [];
  for (let part = 1; part < parts; part++) {
    const page = pages[Math.floor((part * pages.length) / parts)];
    if (page !== undefined && page !== pages[0] && page.first !== splits.at(-1)) splits.push(page.first);
  }
  return splits;
};
