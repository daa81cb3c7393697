import { checkRange, clipRange } from "../model/byte-range.ts";
import { checkObjectName, checkObjectPrefix } from "../model/object-name.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";

interface Held {
  readonly content: Buffer;
  readonly writtenAt: number;
}

/** A store that lives as long as the process. Every answer is a copy: nobody can change what is stored. */
export function memoryStore(clock: Clock): ObjectStore {
  const objects = new Map<string, Held>();
  const directories = new Map<string, number>();

  // The same refusal as on a disk, so that what works here works there.
  const checkBesideOthers = (name: string) => {
    const directory = directoriesOf(name).find((one) => objects.has(one));
    if (directory !== undefined) throw new TypeError(`${name} cannot be stored: ${directory} is an object`);
    if (directories.has(name)) throw new TypeError(`${name} cannot be stored: there are objects under ${name}/`);
  };
  const countDirectories = (name: string, step: 1 | -1) => {
    for (const directory of directoriesOf(name)) {
      const count = (directories.get(directory) ?? 0) + step;
      if (count === 0) directories.delete(directory);
      else directories.set(directory, count);
    }
  };

  return {
    async put(name, pieces) {
      checkObjectName(name);
      if (objects.has(name)) return "exists";
      checkBesideOthers(name);
      objects.set(name, { content: Buffer.concat(pieces), writtenAt: clock.now() });
      countDirectories(name, 1);
      return "created";
    },

    async get(name, range) {
      checkObjectName(name);
      checkRange(range);
      const held = objects.get(name);
      if (held === undefined) return undefined;
      const { start, end } = clipRange(range, held.content.length);
      return Buffer.from(held.content.subarray(start, end));
    },

    async head(name) {
      checkObjectName(name);
      const held = objects.get(name);
      return held && { name, bytes: held.content.length, writtenAt: held.writtenAt };
    },

    async *list(prefix) {
      checkObjectPrefix(prefix);
      // Names are ASCII, so the order of strings is the order of bytes.
      const names = [...objects.keys()].filter((name) => name.startsWith(prefix)).sort();
      for (const name of names) {
        const held = objects.get(name);
        if (held !== undefined) yield { name, bytes: held.content.length, writtenAt: held.writtenAt };
      }
    },

    async delete(name) {
      checkObjectName(name);
      if (!objects.delete(name)) return "absent";
      countDirectories(name, -1);
      return "deleted";
    },
  };
}

/** `a/b/c` has the directories `a` and `a/b`. */
function directoriesOf(name: string): string[] {
  const segments = name.split("/").slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join("/"));
}
