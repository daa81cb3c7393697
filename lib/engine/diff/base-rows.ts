import type { ChunkEntry, PageRef } from "../../model/point.ts";
import { getChunk } from "../chunk.ts";
import { frameEnd } from "../frames.ts";
import type { KeyList } from "../key-list.ts";
import type { LayerSource } from "../layers.ts";
import { getPage } from "../page.ts";
import type { KeyAt } from "./layer-rows.ts";

/** Chunks fetched ahead of the one in use. */
const CHUNKS_AHEAD = 2;

/** One bit per chunk of a layer, by its place in it: 128 KiB for a terabyte. */
export class ChunkMarks {
  readonly #bits: Uint8Array;

  constructor(pages: readonly PageRef[]) {
    const chunks = pages.reduce((sum, page) => sum + page.chunks, 0);
    this.#bits = new Uint8Array(Math.ceil(chunks / 8));
  }

  mark(place: number): void {
    this.#bits[place >> 3] = (this.#bits[place >> 3] as number) | (1 << (place & 7));
  }

  has(place: number): boolean {
    return ((this.#bits[place >> 3] as number) & (1 << (place & 7))) !== 0;
  }

  hasAll(first: number, count: number): boolean {
    for (let place = first; place < first + count; place++) if (!this.has(place)) return false;
    return true;
  }
}

/** What the pages of a layer say of its chunks, in order, without opening one. */
export async function* chunkEntries(
  source: LayerSource,
  pages: readonly PageRef[],
): AsyncGenerator<{ readonly entry: ChunkEntry; readonly place: number }> {
  let place = 0;
  for (const ref of pages)
    for (const entry of (await getPage(source.store, ref)).chunks) yield { entry, place: place++ };
}

export interface OpenChunk {
  readonly plain: Buffer;
  readonly keys: KeyList;
  /** Index of the chunk's first key in `keys`. */
  readonly first: number;
  readonly rows: number;
}

/** The chunks of a layer that are not marked, opened, in order. A page whose chunks are all marked is not read. */
export async function* unmarkedChunks(
  source: LayerSource,
  pages: readonly PageRef[],
  marks: ChunkMarks,
): AsyncGenerator<OpenChunk> {
  const ahead: Promise<OpenChunk>[] = [];
  let place = 0;
  for (const ref of pages) {
    if (marks.hasAll(place, ref.chunks)) {
      place += ref.chunks;
      continue;
    }
    const { chunks, keys } = await getPage(source.store, ref);
    let first = 0;
    for (const entry of chunks) {
      if (!marks.has(place++)) {
        const chunk = openChunk(source, keys, first, entry);
        // Whoever awaits it gets the error; until then it must not end the process.
        chunk.catch(() => undefined);
        ahead.push(chunk);
        if (ahead.length > CHUNKS_AHEAD) yield await (ahead.shift() as Promise<OpenChunk>);
      }
      first += entry.rows;
    }
  }
  for (const chunk of ahead) yield await chunk;
}

const openChunk = async (source: LayerSource, keys: KeyList, first: number, entry: ChunkEntry): Promise<OpenChunk> => ({
  plain: await getChunk(source.store, source.namingSecret, source.place, entry),
  keys,
  first,
  rows: entry.rows,
});

/** The rows of a layer's unmarked chunks, one at a time, in key order. */
export class BaseRows {
  active = false;
  readonly #chunks: AsyncGenerator<OpenChunk>;
  #chunk: OpenChunk | undefined;
  #index = 0;
  #start = 0;
  #end = 0;

  constructor(source: LayerSource, pages: readonly PageRef[], marks: ChunkMarks) {
    this.#chunks = unmarkedChunks(source, pages, marks);
  }

  /** Moves on; a promise only when a chunk must be read. */
  advance(): void | Promise<void> {
    const chunk = this.#chunk;
    if (chunk === undefined || this.#index + 1 >= chunk.first + chunk.rows) return this.#nextChunk();
    this.#index++;
    this.#start = this.#end;
    this.#end = frameEnd(chunk.plain, this.#start);
  }

  get at(): KeyAt {
    return { keys: (this.#chunk as OpenChunk).keys, index: this.#index };
  }

  get frame(): Buffer {
    return (this.#chunk as OpenChunk).plain.subarray(this.#start, this.#end);
  }

  async #nextChunk(): Promise<void> {
    const next = await this.#chunks.next();
    this.active = next.done !== true;
    if (next.done === true) return;
    this.#chunk = next.value;
    this.#index = next.value.first;
    this.#start = 0;
    this.#end = frameEnd(next.value.plain, 0);
  }
}
