import type { ObjectFacts, ObjectStore, VaultStores } from "../ports/object-store.ts";
import { chunkPrint } from "./sweep-names.ts";
import { isOurs } from "./unknown-objects.ts";

/** What lies in a vault and nothing names. */
export interface Unnamed {
  readonly objects: number;
  readonly bytes: number;
  /** When the oldest of them was written, by the store's clock; undefined if there is none. */
  readonly oldestAt: number | undefined;
}

/** A wrapped key in the key store, or a part's object in the hot store. */
interface FoundPart {
  readonly name: string;
  readonly isKey: boolean;
}

const STRANGERS_SHOWN_MAX = 20;

/**
 * What there is in a vault by its listings, and what of that was named. Memory: about 50 bytes for each chunk, 200 for each
 * page. Chunks are known by 52 bits of their names, as in a sweep: two that share them count as one.
 */
export class FoundNames {
  /** Objects of both stores. */
  objects = 0;
  bytes = 0;
  /** Names that Lastgood gives to nothing; the first of them. */
  readonly strangers: string[] = [];
  strangersTotal = 0;
  /** Names of all generations of points, lowest first, by point. */
  readonly points = new Map<string, string[]>();
  /** By the print of a chunk its bytes; below zero when it was named. */
  readonly #chunks = new Map<number, number>();
  readonly #others = new Map<string, ObjectFacts>();
  readonly #named = new Set<string>();

  static async list({ hot, keys }: VaultStores): Promise<FoundNames> {
    const found = new FoundNames();
    for await (const facts of hot.list("")) found.#addHot(facts);
    for await (const facts of keys.list("parts/")) found.#others.set(keyId(facts.name), found.#count(facts));
    return found;
  }

  /** Facts of a page or part; undefined if it is younger than the listing or missing. */
  nameObject(name: string): ObjectFacts | undefined {
    this.#named.add(name);
    return this.#others.get(name);
  }

  nameKey(name: string): void {
    this.#named.add(keyId(name));
  }

  /** @returns bytes of the chunk; undefined if it is younger than the listing or missing */
  nameChunk(name: string): number | undefined {
    const print = chunkPrint(name);
    const bytes = print === undefined ? undefined : this.#chunks.get(print);
    if (print === undefined || bytes === undefined) return undefined;
    this.#chunks.set(print, -Math.abs(bytes));
    return Math.abs(bytes);
  }

  /** Wrapped keys and objects of parts, by the points and classes that they are of. */
  *ofParts(isWanted: (point: string, className: string) => boolean): Generator<FoundPart> {
    for (const [id, { name }] of this.#others) {
      const [place, point = "", rest = ""] = name.split("/");
      const isKey = id !== name;
      if (place !== "parts" || !isWanted(point, isKey ? rest : rest.slice(0, rest.lastIndexOf(".")))) continue;
      yield { name, isKey };
    }
  }

  /** Pages, parts and wrapped keys that were found and not named. */
  *othersLeft(): Generator<ObjectFacts & { readonly isKey: boolean }> {
    for (const [id, facts] of this.#others) if (!this.#named.has(id)) yield { ...facts, isKey: id !== facts.name };
  }

  /** Chunks that were found and not named. Listed again, because only then is their age known. */
  async *chunksLeft(hot: ObjectStore): AsyncGenerator<ObjectFacts> {
    if ([...this.#chunks.values()].every((bytes) => bytes < 0)) return;
    for await (const facts of hot.list("chunks/")) {
      const print = chunkPrint(facts.name);
      if (print !== undefined && (this.#chunks.get(print) ?? -1) >= 0) yield facts;
    }
  }

  #addHot(facts: ObjectFacts): void {
    const { name, bytes } = this.#count(facts);
    const print = chunkPrint(name);
    if (print !== undefined) this.#chunks.set(print, bytes);
    else if (!isOurs(name)) {
      if (this.strangers.length < STRANGERS_SHOWN_MAX) this.strangers.push(name);
      this.strangersTotal++;
    } else if (name.startsWith("pages/") || name.startsWith("parts/")) this.#others.set(name, facts);
    else if (name.startsWith("points/")) {
      const id = name.split("/")[1] as string;
      this.points.set(id, [...(this.points.get(id) ?? []), name]);
    }
  }

  #count(facts: ObjectFacts): ObjectFacts {
    this.objects++;
    this.bytes += facts.bytes;
    return facts;
  }
}

/** Wrapped keys and parts of points have the same names, in two stores. */
const keyId = (name: string): string => `key ${name}`;
