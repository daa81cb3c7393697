import { checkRange, clipRange } from "../../lib/model/byte-range.ts";
import { Failure } from "../../lib/model/errors.ts";
import { checkObjectName, checkObjectPrefix } from "../../lib/model/object-name.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import type { Clock } from "../../lib/ports/clock.ts";
import type { RetainedStore, Retention } from "../../lib/ports/retained-store.ts";

interface Held {
  readonly version: string;
  readonly content: Buffer;
  readonly retention: Retention;
  readonly writtenAt: EpochMs;
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
    async put(name, pieces, retention) {
      checkObjectName(name);
      if (objects.has(name)) return "exists";
      versions += 1;
      const version = `v${versions}`;
      const held = { version, content: Buffer.concat(pieces), retention: toSecond(retention), writtenAt: clock.now() };
      objects.set(name, held);
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

    async *list(prefix) {
      checkObjectPrefix(prefix);
      // Names are ASCII: the order of strings is the order of bytes.
      for (const name of [...objects.keys()].filter((one) => one.startsWith(prefix)).toSorted()) {
        const held = objects.get(name);
        if (held === undefined) continue;
        yield { name, version: held.version, bytes: held.content.length, writtenAt: held.writtenAt };
      }
    },

    async retention(name, version) {
      const retention = find(name, version)?.retention;
      return retention?.mode === "none" ? undefined : retention;
    },

    async delete(name, version) {
      const held = find(name, version);
      if (held === undefined) return "absent";
      if (held.retention.mode !== "none" && clock.now() < held.retention.until) {
        throw new Failure("OBJECT_RETAINED", `${name} is kept until ${new Date(held.retention.until).toISOString()}`);
      }
      objects.delete(name);
      return "deleted";
    },
  };
}

const toSecond = (retention: Retention): Retention =>
  retention.mode === "none" ? retention : { ...retention, until: Math.ceil(retention.until / 1000) * 1000 };
