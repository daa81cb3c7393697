import type { ByteRange } from "../model/byte-range.ts";
import type { EpochMs } from "../model/units.ts";

/**
 * A store whose objects nobody deletes or changes before their date, whatever rights he has in Lastgood: whoever runs the
 * store keeps every version of them, and locks it. Archives and evidence rest in one.
 *
 * What every adapter promises, and test/contracts/retained-store.ts holds it to:
 *
 * - Names, and `put` being create-only, whole, durable and seen by every read after it, are as in object-store.ts.
 * - A version stands for its bytes for ever. Reading it sees neither what was put under the name since, nor that somebody
 *   deleted the name: readers take the version from a signed manifest and never ask for the latest.
 * - Deleting a version before its date is OBJECT_RETAINED and changes nothing; after it, final. Two deletes at once may both
 *   say `deleted`.
 */
export interface RetainedStore {
  /** @param retainUntil  not before this; stores round up to a second */
  put(name: string, pieces: readonly Uint8Array[], retainUntil: EpochMs): Promise<RetainedVersion | "exists">;

  /** The version's bytes, or those of a range (clipped at the end), or undefined if absent. */
  get(name: string, version: string, range?: ByteRange): Promise<Buffer | undefined>;

  /** Every version of the name that is still there, the latest first. */
  versions(name: string): Promise<readonly string[]>;

  /** Until when a version is kept; undefined if it is absent or has no date. */
  retainedUntil(name: string, version: string): Promise<EpochMs | undefined>;

  delete(name: string, version: string): Promise<"deleted" | "absent">;
}

export interface RetainedVersion {
  readonly version: string;
}
