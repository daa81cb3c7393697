import type { ObjectStore } from "../../lib/ports/object-store.ts";
import type { Verb } from "./faulty.ts";

export interface Count {
  readonly calls: number;
  /** Bytes of objects created, or of objects got. A head, list or delete moves none. */
  readonly bytes: number;
}

export interface CountingStore extends ObjectStore {
  readonly counts: Readonly<Record<Verb, Count>>;
  /** Starts again from zero. */
  reset(): void;
}

const none = (): Record<Verb, Count> => {
  const zero = { calls: 0, bytes: 0 };
  return { put: zero, get: zero, head: zero, list: zero, delete: zero };
};

/** A store that counts its calls, also those that fail, and the bytes that went through. */
export function counting(store: ObjectStore): CountingStore {
  let counts = none();
  const add = (verb: Verb, calls: number, bytes: number) => {
    counts = { ...counts, [verb]: { calls: counts[verb].calls + calls, bytes: counts[verb].bytes + bytes } };
  };
  return {
    async put(name, pieces) {
      add("put", 1, 0);
      const outcome = await store.put(name, pieces);
      if (outcome === "created") {
        add(
          "put",
          0,
          pieces.reduce((sum, piece) => sum + piece.length, 0),
        );
      }
      return outcome;
    },
    async get(name, range) {
      add("get", 1, 0);
      const content = await store.get(name, range);
      add("get", 0, content?.length ?? 0);
      return content;
    },
    head(name) {
      add("head", 1, 0);
      return store.head(name);
    },
    list(prefix) {
      add("list", 1, 0);
      return store.list(prefix);
    },
    delete(name) {
      add("delete", 1, 0);
      return store.delete(name);
    },
    get counts() {
      return counts;
    },
    reset() {
      counts = none();
    },
  };
}
