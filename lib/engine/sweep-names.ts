import type { ObjectFacts, ObjectStore, VaultStores } from "../ports/object-store.ts";
import { partKeyName } from "./vault.ts";

const CHUNK_NAME = /^chunks\/[^/]+\/[0-9a-f]{2}\/([0-9a-f]{64})\.([0-9a-f]{8})$/;

export const isChunkName = (name: string): boolean => CHUNK_NAME.test(name);

/**
 * What there is in a vault, less what is named. Chunks are kept as 52-bit fingerprints of their names: two that share one
 * (a chance of 1 in 10 000 among a million) are both spared, never both deleted. A set holds 16 million of them, which
 * is 16 TiB of rows.
 */
export class SweepNames {
  readonly #chunks = new Set<number>();
  readonly #chunksNamed = new Set<number>();
  readonly #pages = new Map<string, ObjectFacts>();
  readonly #parts = new Map<string, ObjectFacts>();
  readonly #keys = new Map<string, ObjectFacts>();
  readonly #own = new Set<string>();

  private constructor() {}

  static async list({ hot, keys }: VaultStores): Promise<SweepNames> {
    const names = new SweepNames();
    for await (const facts of hot.list("pages/")) names.#pages.set(facts.name, facts);
    for await (const { name } of hot.list("chunks/")) {
      const print = chunkPrint(name);
      if (print !== undefined) names.#chunks.add(print);
    }
    await collect(names.#parts, hot);
    await collect(names.#keys, keys);
    return names;
  }

  /** Pages, parts and keys under the id of an intent that is alive are not left. */
  spareOwn(id: string): void {
    this.#own.add(id);
  }

  ownPages(): readonly string[] {
    return [...this.#pages.keys()].filter((name) => this.isOwnPage(name));
  }

  isOwnPage(name: string): boolean {
    return this.#own.has(name.split("/")[2] ?? "");
  }

  namePage(name: string): void {
    this.#pages.delete(name);
  }

  namePart(name: string): void {
    this.#parts.delete(name);
  }

  nameKey(point: string, className: string): void {
    this.#keys.delete(partKeyName(point, className));
  }

  /** @returns whether it is on the list; if not, it is younger than the list or missing */
  nameChunk(name: string): boolean {
    const print = chunkPrint(name);
    if (print === undefined || !this.#chunks.has(print)) return false;
    this.#chunksNamed.add(print);
    return true;
  }

  isChunkLeft(name: string): boolean {
    const print = chunkPrint(name);
    return print !== undefined && this.#chunks.has(print) && !this.#chunksNamed.has(print);
  }

  pagesLeft(): readonly ObjectFacts[] {
    return [...this.#pages.values()].filter(({ name }) => !this.isOwnPage(name));
  }

  partsLeft(): readonly ObjectFacts[] {
    return [...this.#parts.values()].filter(({ name }) => !this.#own.has(name.split("/")[1] ?? ""));
  }

  keysLeft(): readonly ObjectFacts[] {
    return [...this.#keys.values()].filter(({ name }) => !this.#own.has(name.split("/")[1] ?? ""));
  }
}

const collect = async (into: Map<string, ObjectFacts>, store: ObjectStore): Promise<void> => {
  for await (const facts of store.list("parts/")) into.set(facts.name, facts);
};

/** 52 bits by which a chunk is known among millions; undefined of what is no chunk. */
export const chunkPrint = (name: string): number | undefined => {
  const [, id, salt] = CHUNK_NAME.exec(name) ?? [];
  return id === undefined ? undefined : Number.parseInt(`${id.slice(0, 5)}${salt}`, 16);
};
