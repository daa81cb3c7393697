import { freeBytes } from "../model/free-bytes.ts";
import type { ChunkEntry, Layer, PageRef, PartTable } from "../model/point.ts";
import { MIB } from "../model/units.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { type ChunkPlace, getChunk } from "./chunk.ts";
import { frameEnd } from "./frames.ts";
import type { KeyReader } from "./key.ts";
import { compareKeys, KEY_BYTES_BESIDE, type KeyList } from "./key-list.ts";
import { getPage } from "./page.ts";

/** Where the layers of a table are read from. */
export interface LayerSource {
  readonly store: ObjectStore;
  readonly namingSecret: Buffer;
  readonly place: ChunkPlace;
}

export const layerSource = (
  store: ObjectStore,
  namingSecret: Buffer,
  className: string,
  table: PartTable,
): LayerSource => ({ store, namingSecret, place: { class: className, table: table.id, rows: table.facts.format } });

/** Key range in hex of comparable bytes: from inclusive, to exclusive; empty or undefined is open. */
export interface KeyRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Pages that may hold keys of a range. Hex compares like the bytes it stands for. */
export const pagesIn = (pages: readonly PageRef[], range: KeyRange): readonly PageRef[] =>
  pages.filter((page) => !(range.to && page.first >= range.to) && !(range.from && page.last < range.from));

/** One entry of a layer at a time, in key order: a row with its frame, or a key that is gone. */
export interface Entry {
  readonly keys: KeyList;
  readonly index: number;
  /** Undefined for a key that is gone, and where only keys are read. */
  readonly frames: Buffer | undefined;
  readonly frameStart: number;
  readonly frameEnd: number;
}

/**
 * Walks the pages of one layer (its rows, or its gone keys) entry by entry. Keys of one page and rows of one chunk are in
 * memory, freed when the next take their place. Of a page with more keys than may be held it reads some, and then the page
 * again for those that follow.
 */
export class LayerCursor {
  readonly gone: boolean;
  /** Place of the layer in the chain: the newest wins. */
  readonly rank: number;
  readonly #source: LayerSource;
  readonly #pages: readonly PageRef[];
  readonly #from: Buffer | undefined;
  readonly #to: Buffer | undefined;
  readonly #withRows: boolean;
  readonly #keyBytesMax: number;
  #page = -1;
  /** Those of the page that are held, and how many of it come before them. */
  #keys: KeyList | undefined;
  #keysBefore = 0;
  #chunks: readonly ChunkEntry[] = [];
  #chunk = 0;
  /** Counted in the page. */
  #chunkEnd = 0;
  #index = 0;
  #frames: Buffer | undefined;
  #frameStart = 0;
  #frameEnd = 0;

  constructor(
    source: LayerSource,
    pages: readonly PageRef[],
    options: {
      readonly rank: number;
      readonly gone: boolean;
      readonly withRows: boolean;
      readonly range: KeyRange;
      /** Of keys held at once; all of a page if not given. */
      readonly keyBytesMax?: number;
    },
  ) {
    this.#source = source;
    this.#pages = pagesIn(pages, options.range);
    this.rank = options.rank;
    this.gone = options.gone;
    this.#withRows = options.withRows && !options.gone;
    this.#keyBytesMax = options.keyBytesMax ?? Number.POSITIVE_INFINITY;
    this.#from = options.range.from ? Buffer.from(options.range.from, "hex") : undefined;
    this.#to = options.range.to ? Buffer.from(options.range.to, "hex") : undefined;
  }

  entry(): Entry {
    return {
      keys: this.#keys as KeyList,
      index: this.#index,
      frames: this.#frames,
      frameStart: this.#frameStart,
      frameEnd: this.#frameEnd,
    };
  }

  compare(other: LayerCursor): number {
    const a = this.#keys as KeyList;
    const b = other.#keys as KeyList;
    return compareKeys(
      a.bytes,
      a.start(this.#index),
      a.end(this.#index),
      b.bytes,
      b.start(other.#index),
      b.end(other.#index),
    );
  }

  /** Compares the current key with key bytes of the given length. */
  compareTo(key: Buffer, length: number): number {
    const keys = this.#keys as KeyList;
    return compareKeys(keys.bytes, keys.start(this.#index), keys.end(this.#index), key, 0, length);
  }

  readInto(reader: KeyReader): void {
    const keys = this.#keys as KeyList;
    reader.readKey(keys.bytes, keys.start(this.#index), keys.end(this.#index));
  }

  /** @returns whether there is a next entry; true or false at once unless a page or chunk must be read */
  next(): boolean | Promise<boolean> {
    const keys = this.#keys;
    if (keys === undefined || this.#index + 1 >= keys.count) return this.#nextKeys();
    this.#index++;
    return this.#arrive();
  }

  #arrive(): boolean | Promise<boolean> {
    const keys = this.#keys as KeyList;
    if (this.#to !== undefined) {
      const to = this.#to;
      if (compareKeys(keys.bytes, keys.start(this.#index), keys.end(this.#index), to, 0, to.length) >= 0) {
        this.#keys?.free();
        this.#turnTo(this.#pages.length);
        return false;
      }
    }
    if (!this.#withRows) return true;
    if (this.#keysBefore + this.#index < this.#chunkEnd && this.#frames !== undefined) {
      this.#frameStart = this.#frameEnd;
      this.#frameEnd = frameEnd(this.#frames, this.#frameStart);
      return true;
    }
    return this.#readChunk();
  }

  /** Reads the keys that follow, of the page in hand or else of the next. */
  async #nextKeys(): Promise<boolean> {
    for (;;) {
      const held = this.#keys?.count ?? 0;
      this.#keys?.free();
      this.#keysBefore += held;
      // A page that has fewer keys than it is said to have must not be read for ever.
      const isDone = held === 0 || this.#keysBefore >= (this.#pages[this.#page]?.rows ?? 0);
      if (isDone) this.#turnTo(this.#page + 1);
      const ref = this.#pages[this.#page];
      if (ref === undefined) return false;
      const page = await getPage(this.#source.store, ref, { from: this.#keysBefore, bytesMax: this.#keyBytesMax });
      this.#keys = page.keys;
      this.#chunks = page.chunks;
      this.#index = this.#from === undefined ? 0 : lowerBound(page.keys, this.#from);
      if (this.#index < page.keys.count) return this.#arrive();
    }
  }

  #turnTo(page: number): void {
    this.#page = page;
    this.#keysBefore = 0;
    this.#chunk = 0;
    this.#chunkEnd = 0;
    this.#freeFrames();
  }

  #freeFrames(): void {
    if (this.#frames !== undefined) freeBytes(this.#frames);
    this.#frames = undefined;
  }

  /** Opens the chunk that holds the current entry and finds its frame. */
  async #readChunk(): Promise<boolean> {
    this.#freeFrames();
    const index = this.#keysBefore + this.#index;
    let first = this.#chunkEnd;
    for (;;) {
      const chunk = this.#chunks[this.#chunk++] as ChunkEntry;
      this.#chunkEnd = first + chunk.rows;
      if (index < this.#chunkEnd) {
        const frames = await getChunk(this.#source.store, this.#source.namingSecret, this.#source.place, chunk);
        this.#frames = frames;
        this.#frameEnd = 0;
        for (let i = first; i <= index; i++) {
          this.#frameStart = this.#frameEnd;
          this.#frameEnd = frameEnd(frames, this.#frameStart);
        }
        return true;
      }
      first = this.#chunkEnd;
    }
  }
}

/** Index of the first key that is not below the given one. */
export const lowerBound = (keys: KeyList, key: Uint8Array): number => {
  let low = 0;
  let high = keys.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(keys.bytes, keys.start(middle), keys.end(middle), key, 0, key.length) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Bytes of keys that the cursors of one merge hold together, however many they are and however long their pages. */
const KEY_BYTES_MAX = 16 * MIB;

/** The most that holding all keys of a page takes. */
const keyBytesOf = (pages: readonly PageRef[]): number =>
  pages.reduce((most, page) => Math.max(most, page.rows * (page.last.length / 2 + KEY_BYTES_BESIDE)), 0);

/** Cursors over the rows and gone keys of layers; `firstRank` is the place of the first one in its chain. */
export const layerCursors = (
  source: LayerSource,
  layers: readonly Layer[],
  options: {
    readonly withRows: boolean;
    readonly range: KeyRange;
    readonly firstRank: number;
    readonly keyBytesMax?: number;
  },
): readonly LayerCursor[] => {
  const { withRows, range, firstRank, keyBytesMax = KEY_BYTES_MAX } = options;
  const walks = layers.flatMap((layer, i) => [
    { rank: firstRank + i, gone: false, pages: pagesIn(layer.pages, range) },
    { rank: firstRank + i, gone: true, pages: pagesIn(layer.gone, range) },
  ]);
  // Each gets its share of what all want, so that all read their pages equally often.
  const wanted = walks.reduce((bytes, { pages }) => bytes + keyBytesOf(pages), 0);
  const share = Math.min(1, keyBytesMax / wanted);
  return walks.map(({ pages, ...place }) => {
    const own = share < 1 ? { keyBytesMax: Math.ceil(share * keyBytesOf(pages)) } : {};
    return new LayerCursor(source, pages, { ...place, withRows, range, ...own });
  });
};

/** Merges cursors by key; where several have a key, the newest layer's entry is what counts and the others are passed over. */
export class Merge {
  readonly #heap: LayerCursor[] = [];
  readonly #waiting: LayerCursor[];
  #top: LayerCursor | undefined;

  constructor(cursors: readonly LayerCursor[]) {
    this.#waiting = [...cursors];
  }

  /** The entry that counts at the current key. Valid until the next call of `next`. */
  get current(): LayerCursor {
    return this.#top as LayerCursor;
  }

  /** @returns whether there is a next key; a promise only when a page or chunk must be read */
  next(): boolean | Promise<boolean> {
    if (this.#waiting.length > 0) return this.#start();
    const before = this.#top;
    return before === undefined ? false : this.#pass(before);
  }

  async #start(): Promise<boolean> {
    for (const cursor of this.#waiting.splice(0)) if (await cursor.next()) this.#push(cursor);
    return this.#settle();
  }

  /** Passes over the entry that counted, and the older layers' entries of its key, which come right after it. */
  #pass(before: LayerCursor): boolean | Promise<boolean> {
    while (this.#heap.length > 0 && (this.#heap[0] as LayerCursor).compare(before) === 0) {
      const older = this.#pop();
      const more = older.next();
      if (typeof more !== "boolean") {
        return more.then((yes) => {
          if (yes) this.#push(older);
          return this.#pass(before);
        });
      }
      if (more) this.#push(older);
    }
    const more = before.next();
    if (typeof more !== "boolean") {
      return more.then((yes) => {
        if (yes) this.#push(before);
        return this.#settle();
      });
    }
    if (more) this.#push(before);
    return this.#settle();
  }

  #settle(): boolean {
    this.#top = this.#heap.length === 0 ? undefined : this.#pop();
    return this.#top !== undefined;
  }

  #before(a: LayerCursor, b: LayerCursor): boolean {
    const order = a.compare(b);
    return order < 0 || (order === 0 && a.rank > b.rank);
  }

  #push(cursor: LayerCursor): void {
    const heap = this.#heap;
    let at = heap.push(cursor) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(cursor, heap[parent] as LayerCursor)) break;
      heap[at] = heap[parent] as LayerCursor;
      at = parent;
    }
    heap[at] = cursor;
  }

  #pop(): LayerCursor {
    const heap = this.#heap;
    const top = heap[0] as LayerCursor;
    const last = heap.pop() as LayerCursor;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1] as LayerCursor, heap[child] as LayerCursor)) child++;
      if (!this.#before(heap[child] as LayerCursor, last)) break;
      heap[at] = heap[child] as LayerCursor;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
