import { checkRange } from "../model/byte-range.ts";
import { Failure, isFailure } from "../model/errors.ts";
import type { Clock, Entropy } from "../ports/clock.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import { lateDirectoryStore } from "./late-directory-store.ts";
import { LOCK_BYTES, type Lock, lockLine, readLockLine } from "./lock-line.ts";

const READ_ONLY = 0o444;
const VERSION_BYTES = 16;
/** Stands where a file does not say its version, which no file has. */
const UNLABELLED = "unlabelled";

/**
 * The store in a directory: one file per object under its own name (directory-store.ts), which begins with a line that names
 * its version and what locks it (lock-line.ts), so that neither is ever seen, copied or lost without the other. A name has one
 * version at a time, and its next one another name for ever.
 *
 * What locks here is Lastgood, which refuses to delete before the date, and files that nobody may write to. Whoever may write
 * to the directory, or set the machine's clock, can still remove them: both modes mean the same. Where that will not do, archive
 * to a bucket.
 *
 * @param root  made with the first object
 */
export function directoryRetainedStore(
  root: string,
  { clock, entropy }: { readonly clock: Clock; readonly entropy: Entropy },
): RetainedStore {
  const files = lateDirectoryStore(root, clock, READ_ONLY);

  const lockOf = async (name: string): Promise<Lock | undefined> => {
    const line = await files.get(name, { offset: 0, length: LOCK_BYTES });
    return line && readLockLine(name, line);
  };
  const heldLock = async (name: string, version: string): Promise<Lock | undefined> => {
    const lock = await lockOf(name);
    return lock?.version === version ? lock : undefined;
  };

  return {
    async put(name, pieces, retention) {
      const version = entropy.bytes(VERSION_BYTES).toString("hex");
      const outcome = await files.put(name, [lockLine({ version, retention }), ...pieces]);
      return outcome === "exists" ? "exists" : { version };
    },

    async get(name, version, range) {
      checkRange(range);
      const { offset, length } = range ?? { offset: 0, length: Number.MAX_SAFE_INTEGER };
      const start = Math.min(offset, Number.MAX_SAFE_INTEGER - LOCK_BYTES) + LOCK_BYTES;
      const bytes = await files.get(name, { offset: start, length });
      // Asked afterwards: a version that is still there was there while its bytes were read.
      return (await heldLock(name, version)) && bytes;
    },

    async versions(name) {
      const lock = await lockOf(name);
      return lock === undefined ? [] : [lock.version];
    },

    async *list(prefix) {
      for await (const { name, bytes, writtenAt } of files.list(prefix)) {
        try {
          const lock = await lockOf(name);
          if (lock !== undefined) yield { name, version: lock.version, bytes: bytes - LOCK_BYTES, writtenAt };
        } catch (error) {
          if (!isFailure(error, "OBJECT_CORRUPT") && !isFailure(error, "STORE_FORBIDDEN")) throw error;
          yield { name, version: UNLABELLED, bytes, writtenAt, unlabelled: error };
        }
      }
    },

    async retention(name, version) {
      const lock = await heldLock(name, version);
      return lock?.retention.mode === "none" ? undefined : lock?.retention;
    },

    async delete(name, version) {
      const lock = await heldLock(name, version);
      if (lock === undefined) return "absent";
      if (lock.retention.mode !== "none" && clock.now() < lock.retention.until) {
        throw new Failure("OBJECT_RETAINED", `${name} is kept until ${new Date(lock.retention.until).toISOString()}`);
      }
      // The name may be another version's by now, which may be locked.
      return files.deleteIf(name, LOCK_BYTES, (line) => readLockLine(name, line).version === version);
    },
  };
}
