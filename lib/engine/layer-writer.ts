import { crc32 } from "node:zlib";
import { Failure } from "../model/errors.ts";
import type { ChunkEntry, PageRef } from "../model/point.ts";
import type { KeyColumn, RowFormat } from "../model/table.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { chunkId, putChunk } from "./chunk.ts";
import { type CutRule, startsChunk } from "./cut.ts";
import { frameEnd } from "./frames.ts";
import { KeyReader } from "./key.ts";
import { compareKeys, KeyList } from "./key-list.ts";
import { PAGE_CHUNKS_MAX, PAGE_KEY_BYTES_MAX, type PagePlace, putPage } from "./page.ts";

/** Objects on their way to the store at once, per writer: enough to hide a disk's or a bucket's latency. */
const PUTS_MAX = 4;

export interface LayerPlace extends PagePlace {
  readonly namingSecret: Buffer;
  /** Seed of the key hash, a signed 64-bit decimal; the same for every table of a class. */
  readonly hashSeed: string;
  readonly rows: RowFormat;
  readonly key: readonly KeyColumn[] | undefined;
  readonly cut: CutRule;
  readonly cutBits: number;
  /** Schema and name of the table, for messages. */
  readonly name?: string;
}

/** A start of a page whose first key column differs from that of the row before it: digests may be taken from here on. */
export interface PageSum {
  readonly ref: PageRef;
  readonly sum: bigint;
  /** First-column bytes of the page's first key, in hex. */
  readonly firstColumn: string;
  readonly startsRange: boolean;
}

/**
 * Writes one layer, or a key range of one: rows in, sealed chunks and pages out, in the order of the rows.
 * A chunk that is stored already is named, not stored again.
 */
export class LayerWriter {
  rows = 0;
  plainBytes = 0;
  storedBytes = 0;
  storedObjects = 0;
  readonly #store: ObjectStore;
  readonly #entropy: Entropy;
  readonly #place: LayerPlace;
  readonly #known: ReadonlyMap<string, ChunkEntry>;
  readonly #key: KeyReader | undefined;
  readonly #puts = new Set<Promise<void>>();
  readonly #pages: PageSum[] = [];
  #putError: unknown;

  #chunk: Buffer;
  #chunkBytes = 0;
  #chunkRows = 0;

  #entries: ChunkEntry[] = [];
  #keys = new KeyList();
  #sumHigh = 0;
  #sumLow = 0;
  #startsRange = true;
  #firstColumn = "";
  #lastKey: Buffer = Buffer.alloc(0);

  constructor(store: ObjectStore, entropy: Entropy, place: LayerPlace, known: ReadonlyMap<string, ChunkEntry>) {
    this.#store = store;
    this.#entropy = entropy;
    this.#place = place;
    this.#known = known;
    this.#key = place.key === undefined ? undefined : new KeyReader(place.key, place.rows, place.hashSeed);
    this.#chunk = Buffer.allocUnsafe(place.cut.chunkBytesMax);
  }

  /**
   * Takes whole row frames, in key order. Resolves when it is ready for more.
   * @throws DATABASE_ERROR  a key does not follow the one before it
   */
  async write(frames: Buffer): Promise<void> {
    let at = 0;
    let run = 0;
    const { cut, cutBits } = this.#place;
    while (at < frames.length) {
      const end = frameEnd(frames, at);
      let hash = 0;
      if (this.#key !== undefined) {
        this.#key.read(frames, at, end);
        hash = this.#key.hash.lo;
      } else if (this.#chunkBytes + at - run >= cut.chunkBytesMin) {
        hash = crc32(frames.subarray(at, end));
      }
      if (startsChunk(cut, cutBits, this.#chunkBytes + at - run, end - at, hash)) {
        this.#append(frames, run, at);
        run = at;
        this.#finishChunk();
        if (this.#pageIsFull()) await this.#finishPage();
        await this.#ready();
      }
      if (this.#key !== undefined) this.#addKey(this.#key);
      this.#chunkRows++;
      at = end;
    }
    this.#append(frames, run, at);
  }

  /** Takes over a stored chunk and its keys as it is. A chunk that was being filled ends before it. */
  async adopt(entry: ChunkEntry, keys: KeyList, from: number): Promise<void> {
    this.#finishChunk();
    if (this.#pageIsFull()) await this.#finishPage();
    const key = this.#key;
    if (key !== undefined) {
      for (let i = from; i < from + entry.rows; i++) {
        key.readKey(keys.bytes, keys.start(i), keys.end(i));
        this.#addKey(key);
      }
    }
    this.#entries.push(entry);
    this.rows += entry.rows;
    this.plainBytes += entry.plainBytes;
  }

  /** Plaintext bytes of the chunk being filled. */
  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  /** Whether all of a page would still fit into the page being filled. */
  hasRoomFor(page: PageRef): boolean {
    const chunks = this.#entries.length + (this.#chunkRows > 0 ? 1 : 0) + page.chunks;
    return (
      chunks <= PAGE_CHUNKS_MAX && this.#keys.byteLength + (page.rows * page.last.length) / 2 <= PAGE_KEY_BYTES_MAX
    );
  }

  /** Writes what is left and waits until every object is in the store. */
  async close(): Promise<readonly PageSum[]> {
    this.#finishChunk();
    await this.#finishPage();
    await Promise.all(this.#puts);
    this.#check();
    return this.#pages;
  }

  #append(frames: Buffer, start: number, end: number): void {
    const bytes = end - start;
    const next = this.#chunkBytes + bytes;
    if (next > this.#chunk.length) {
      const larger = Buffer.allocUnsafe(Math.max(next, 2 * this.#chunk.length));
      this.#chunk.copy(larger, 0, 0, this.#chunkBytes);
      this.#chunk = larger;
    }
    frames.copy(this.#chunk, this.#chunkBytes, start, end);
    this.#chunkBytes = next;
  }

  #addKey(key: KeyReader): void {
    if (this.#keys.count === 0) {
      const column = key.bytes.subarray(0, key.firstColumnLength);
      this.#firstColumn = column.toString("hex");
      const before = this.#lastKey;
      this.#startsRange =
        compareKeys(before, 0, Math.min(before.length, column.length), column, 0, column.length) !== 0;
    }
    const { bytes, count } = this.#keys;
    const order =
      count === 0
        ? compareKeys(this.#lastKey, 0, this.#lastKey.length, key.bytes, 0, key.length)
        : compareKeys(bytes, this.#keys.start(count - 1), this.#keys.end(count - 1), key.bytes, 0, key.length);
    if (order >= 0) throw outOfOrder(this.#place);
    this.#keys.push(key.bytes, 0, key.length);
    this.#sumHigh += key.hash.hi;
    this.#sumLow += key.hash.lo;
  }

  #finishChunk(): void {
    if (this.#chunkRows === 0) return;
    const place = { class: this.#place.class, table: this.#place.table, rows: this.#place.rows };
    const plain = this.#chunk.subarray(0, this.#chunkBytes);
    const id = chunkId(this.#place.namingSecret, place, plain);
    const keyed = this.#key !== undefined;
    const range = {
      first: keyed ? this.#keys.key(this.#keys.count - this.#chunkRows).toString("hex") : "",
      last: keyed ? this.#keys.key(this.#keys.count - 1).toString("hex") : "",
      rows: this.#chunkRows,
    };
    const known = this.#known.get(id);
    if (known !== undefined && known.rows === range.rows) this.#entries.push({ ...known, ...range });
    else {
      const { entry, stored } = putChunk(this.#store, this.#entropy, place, { id, plain });
      this.#entries.push({ ...entry, ...range });
      this.storedBytes += entry.sealedBytes;
      this.storedObjects++;
      this.#track(stored);
    }
    this.rows += this.#chunkRows;
    this.plainBytes += this.#chunkBytes;
    this.#chunkRows = 0;
    this.#chunkBytes = 0;
    // One huge row must not keep its buffer for the rest of the table.
    if (this.#chunk.length > 2 * this.#place.cut.chunkBytesMax)
      this.#chunk = Buffer.allocUnsafe(this.#place.cut.chunkBytesMax);
  }

  #pageIsFull(): boolean {
    return this.#entries.length >= PAGE_CHUNKS_MAX || this.#keys.byteLength >= PAGE_KEY_BYTES_MAX;
  }

  /** The page goes to the store after all of its chunks: whoever finds a page finds its chunks. */
  async #finishPage(): Promise<void> {
    if (this.#entries.length === 0) return;
    await Promise.all(this.#puts);
    this.#check();
    const ref = await putPage(this.#store, this.#entropy, this.#place, { chunks: this.#entries, keys: this.#keys });
    const sum = BigInt(this.#sumHigh) * 2n ** 32n + BigInt(this.#sumLow);
    this.#pages.push({
      ref,
      sum: BigInt.asUintN(64, sum),
      firstColumn: this.#firstColumn,
      startsRange: this.#startsRange,
    });
    this.storedObjects++;
    this.storedBytes += ref.sealedBytes - this.#entries.reduce((bytes, entry) => bytes + entry.sealedBytes, 0);
    if (this.#keys.count > 0) this.#lastKey = Buffer.from(this.#keys.key(this.#keys.count - 1));
    this.#entries = [];
    this.#keys.clear();
    this.#sumHigh = 0;
    this.#sumLow = 0;
  }

  #track(stored: Promise<void>): void {
    const put = stored.then(
      () => void this.#puts.delete(put),
      (error: unknown) => {
        this.#puts.delete(put);
        this.#putError ??= error;
      },
    );
    this.#puts.add(put);
  }

  async #ready(): Promise<void> {
    while (this.#puts.size >= PUTS_MAX) await Promise.race(this.#puts);
    this.#check();
  }

  #check(): void {
    if (this.#putError !== undefined) throw this.#putError;
  }
}

/** Merging by key believes in the order, and in keys that occur once. A damaged index gives neither. */
const outOfOrder = (place: LayerPlace): Failure =>
  new Failure(
    "DATABASE_ERROR",
    `rows of table ${place.name ?? place.table} do not come in rising order of their primary key`,
    {
      hint: "the index of its primary key is probably damaged: check it with pg_amcheck, REINDEX it, then run again",
    },
  );
