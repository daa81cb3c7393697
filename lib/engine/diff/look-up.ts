import type { ChunkEntry, Layer, PageRef } from "../../model/point.ts";
import { getChunk } from "../chunk.ts";
import { frameEnd } from "../frames.ts";
import { compareKeys, type KeyList } from "../key-list.ts";
import { type LayerSource, lowerBound } from "../layers.ts";
import { getPage, type Page } from "../page.ts";

/**
 * Looks rows up in layers by keys that only ascend. A page is read only if a key lies between its first and its last, a
 * chunk only if it holds the row that counts. Memory: one page and one chunk per layer.
 */
export class LookUp {
  readonly #layers: readonly { readonly rows: PageSeeker; readonly gone: PageSeeker }[];

  constructor(source: LayerSource, layers: readonly Layer[]) {
    this.#layers = layers.toReversed().map((layer) => ({
      rows: new PageSeeker(source, layer.pages),
      gone: new PageSeeker(source, layer.gone),
    }));
  }

  /** The row of a key, or undefined if the layers hold none. */
  async find(key: Buffer): Promise<Buffer | undefined> {
    for (const { rows, gone } of this.#layers) {
      if (await rows.seek(key)) return rows.frame();
      if (await gone.seek(key)) return undefined;
    }
    return undefined;
  }
}

/** Pages of one layer, walked forward. */
class PageSeeker {
  readonly #source: LayerSource;
  readonly #pages: readonly PageRef[];
  #next = 0;
  #first: Buffer = EMPTY;
  #last: Buffer | undefined;
  #page: Page | undefined;
  /** Index of the key last found in the page's keys. */
  #found = 0;
  #chunk = -1;
  /** Index of the first key of the open chunk's, and of the row after the last one read in it. */
  #chunkFirst = 0;
  #row = 0;
  #frames: Buffer = EMPTY;
  #frameStart = 0;
  #frameEnd = 0;

  constructor(source: LayerSource, pages: readonly PageRef[]) {
    this.#source = source;
    this.#pages = pages;
  }

  async seek(key: Buffer): Promise<boolean> {
    while (this.#last === undefined || compareBuffers(this.#last, key) < 0) {
      const ref = this.#pages[this.#next];
      if (ref === undefined) return false;
      this.#next++;
      this.#first = Buffer.from(ref.first, "hex");
      this.#last = Buffer.from(ref.last, "hex");
      this.#page = undefined;
    }
    if (compareBuffers(key, this.#first) < 0) return false;
    const { keys } = await this.#open();
    const index = lowerBound(keys, key);
    if (index >= keys.count || !holdsAt(keys, index, key)) return false;
    this.#found = index;
    return true;
  }

  /** The row of the key last found. */
  async frame(): Promise<Buffer> {
    const { chunks } = await this.#open();
    while (this.#found >= this.#chunkFirst + (chunks[this.#chunk]?.rows ?? 0)) {
      this.#chunkFirst += chunks[this.#chunk]?.rows ?? 0;
      this.#chunk++;
      this.#frames = EMPTY;
    }
    const { store, namingSecret, place } = this.#source;
    if (this.#frames.length === 0) {
      this.#frames = await getChunk(store, namingSecret, place, chunks[this.#chunk] as ChunkEntry);
      this.#row = this.#chunkFirst;
      this.#frameEnd = 0;
    }
    for (; this.#row <= this.#found; this.#row++) {
      this.#frameStart = this.#frameEnd;
      this.#frameEnd = frameEnd(this.#frames, this.#frameStart);
    }
    return this.#frames.subarray(this.#frameStart, this.#frameEnd);
  }

  async #open(): Promise<Page> {
    if (this.#page === undefined) {
      this.#page = await getPage(this.#source.store, this.#pages[this.#next - 1] as PageRef);
      this.#chunk = -1;
      this.#chunkFirst = 0;
      this.#frames = EMPTY;
    }
    return this.#page;
  }
}

const EMPTY = Buffer.alloc(0);

const compareBuffers = (a: Buffer, b: Buffer): number => compareKeys(a, 0, a.length, b, 0, b.length);

const holdsAt = (keys: KeyList, index: number, key: Buffer): boolean =>
  compareKeys(keys.bytes, keys.start(index), keys.end(index), key, 0, key.length) === 0;
