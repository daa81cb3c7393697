import { checkRange, clipRange } from "../../lib/model/byte-range.ts";
import { Failure } from "../../lib/model/errors.ts";
import { checkObjectName } from "../../lib/model/object-name.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type { RetainedStore } from "../../lib/ports/retained-store.ts";

interface Held {
  readonly version: string;
  readonly content: Buffer;
  readonly retainUntil: EpochMs;
}

/** A store that lives as long as the process and keeps its objects until their date. */
export function memoryRetainedStore(clock: Clock): RetainedStore {
  const objects = new Map<string, Held>();
  let versions = 0;
  const find = (name: string, version: string): Held | undefined => {
    checkObjectName(name);
    const held = objects.get(name);
    return held?.version === version ? held : undefined;
  };

  return {
    async put(name, pieces, retainUntil) {
      checkObjectName(name);
      if (objects.has(name)) return "exists";
      versions += 1;
      const version = `v${versions}`;
      objects.set(name, { version, content: Buffer.concat(pieces), retainUntil });
      return { version };
    },

    async get(name, version, range) {
      checkRange(range);
      const held = find(name, version);
      if (held === undefined) return undefined;
      const { start, end } = clipRange(range, held.content.length);
      return Buffer.from(held.content.subarray(start, end));
    },

    async versions(name) {
      checkObjectName(name);
      const held = objects.get(name);
      return held === undefined ? [] : [held.version];
    },

    async retainedUntil(name, version) {
      return find(name, version)?.retainUntil;
    },

    async delete(name, version) {
      const held = find(name, version);
      if (held === undefined) return "absent";
      if (clock.now() < held.retainUntil) {
        throw new Failure("OBJECT_RETAINED", `${name} is kept until ${new Date(held.retainUntil).toISOString()}`);
      }
      objects.delete(name);
      return "deleted";
    },
  };
}
