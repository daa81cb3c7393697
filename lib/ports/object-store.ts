import type { ByteRange } from "../model/byte-range.ts";

/**
 * One store of a vault: a flat map from name to immutable bytes. A directory, a bucket, or memory.
 *
 * What every adapter promises, and test/contracts/object-store.ts holds it to:
 *
 * - Names are 1 to 512 bytes of `a-z A-Z 0-9 . _ - /`, in segments of 1 to 255 bytes, none of them `.` or `..`; anything
 *   else is a programmer error and throws TypeError before the store is touched (model/object-name.ts checks it).
 * - No name is another's directory: where `a/b` is stored, nobody stores `a` or `a/b/c`. A store that can tell (a disk,
 *   memory) throws TypeError; a bucket cannot.
 * - Create-only: `put` never changes an object that exists. Of two racing puts of one name exactly one says `created`.
 * - Whole or absent: a reader sees all bytes of an object or none of it, whatever dies in the middle of a put.
 * - Durable: when `put` has resolved, the object survives the loss of power of the writer's machine.
 * - Read-after-write: when `put` or `delete` has resolved, every later `get`, `head` and `list`, from anywhere, shows it.
 * - Three answers: an absent object is the value `undefined`; one that may not be read is STORE_FORBIDDEN; a store that
 *   cannot answer is STORE_UNREACHABLE (retryable), and STORE_FULL when it is out of space. Never one for the other.
 * - `delete` is final and idempotent. Deleting what is absent says `absent`.
 * - An answer may be lost after the act: a `put` or `delete` that failed may have been done, and a `delete` over a network may
 *   say `absent` of what it deleted itself. It never says `deleted` of what it did not.
 * - Calls may run at once without limit; adapters bound their own parallelism.
 */
export interface ObjectStore {
  /** Stores bytes under a new name. The pieces are concatenated. `exists` means another object has the name: nothing was written. */
  put(name: string, pieces: readonly Uint8Array[]): Promise<"created" | "exists">;

  /** The object's bytes, or those of a range (clipped at the end), or undefined if absent. */
  get(name: string, range?: ByteRange): Promise<Buffer | undefined>;

  /** Facts about an object without its bytes, or undefined if absent. */
  head(name: string): Promise<ObjectFacts | undefined>;

  /** Every object whose name starts with the prefix, in byte order of names. Objects that come or go during the listing may or may not show. */
  list(prefix: string): AsyncIterable<ObjectFacts>;

  delete(name: string): Promise<"deleted" | "absent">;
}

export interface ObjectFacts {
  readonly name: string;
  readonly bytes: number;
  /** When the store says it was written, epoch ms; the store's clock, not ours. */
  readonly writtenAt: number;
}

/** The stores of one vault (their rules differ; see docs/architecture.md). */
export interface VaultStores {
  /** Chunks, pages, parts and points of tiers release and hot. A delete is final. */
  readonly hot: ObjectStore;
  /** Wrapped data keys and naming secrets. */
  readonly keys: ObjectStore;
}
