import type { ByteRange } from "../model/byte-range.ts";
import type { Failure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";

/**
 * A store whose objects nobody deletes or changes before their date, whatever rights he has in Lastgood: whoever runs the
 * store keeps every version of them, and locks it. Archives rest in one.
 *
 * What every adapter promises, and test/contracts/retained-store.ts holds it to:
 *
 * - Names, and `put` being create-only, whole, durable and seen by every read after it, are as in object-store.ts.
 * - A version stands for its bytes for ever. Reading it sees neither what was put under the name since, nor that somebody
 *   deleted the name: readers take the version from a signed manifest and never ask for the latest.
 * - Deleting a version before its date is OBJECT_RETAINED and changes nothing; after it, final. Two deletes at once may both
 *   say `deleted`. No call of this port shortens a date or takes a lock away.
 * - `none` locks nothing: such a version can be deleted at any time, unless the store was set up to lock every version for a
 *   while, which `retention` then tells. `governance` can be lifted by an administrator of the store outside Lastgood,
 *   `compliance` by nobody before its date (by nobody but its administrator where the store is a directory).
 */
export interface RetainedStore {
  /** Stores round the date up to a second. */
  put(name: string, pieces: readonly Uint8Array[], retention: Retention): Promise<RetainedVersion | "exists">;

  /** The version's bytes, or those of a range (clipped at the end), or undefined if absent. */
  get(name: string, version: string, range?: ByteRange): Promise<Buffer | undefined>;

  /** Every version of the name that is still there, the latest first. */
  versions(name: string): Promise<readonly string[]>;

  /**
   * Every version of every name that starts with the prefix, in byte order of names, the latest of a name first. What somebody
   * else put there is listed with the rest: one file that is not ours must not hide all others.
   */
  list(prefix: string): AsyncIterable<RetainedFacts>;

  /** What locks a version; undefined if it is absent or nothing locks it. A date that has passed is still told. */
  retention(name: string, version: string): Promise<Retention | undefined>;

  delete(name: string, version: string): Promise<"deleted" | "absent">;
}

export type Retention =
  | { readonly mode: "none" }
  | { readonly mode: "governance" | "compliance"; readonly until: EpochMs };

export interface RetainedVersion {
  readonly version: string;
}

export interface RetainedFacts extends RetainedVersion {
  readonly name: string;
  readonly bytes: number;
  /** When the store says it was written, epoch ms; the store's clock, not ours. */
  readonly writtenAt: EpochMs;
  /**
   * Why the store cannot tell which version this is and what locks it; left out where it can. Every other call about the
   * name fails with it: nobody may say that nothing locks such an object.
   */
  readonly unlabelled?: Failure;
}
