import { isFailure } from "../model/errors.ts";
import { checkObjectName } from "../model/object-name.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { openDirectoryStore } from "./directory-store.ts";
import { memoryStore } from "./memory-store.ts";

/** A directory store whose directory is made by its first object. Until then it is empty, and looking at it changes nothing. */
export const lateDirectoryStore = (root: string, clock: Clock): ObjectStore => {
  const empty = memoryStore(clock);
  let opened: ObjectStore | undefined;
  const make = async (create: boolean): Promise<ObjectStore> => {
    opened ??= await openDirectoryStore(root, { clock, create });
    return opened;
  };
  const open = (): Promise<ObjectStore> =>
    make(false).catch((error: unknown) => {
      if (isFailure(error, "VAULT_NOT_FOUND")) return empty;
      throw error;
    });
  return {
    async put(name, pieces) {
      checkObjectName(name);
      return (await make(true)).put(name, pieces);
    },
    get: async (name, range) => (await open()).get(name, range),
    head: async (name) => (await open()).head(name),
    async *list(prefix) {
      yield* (await open()).list(prefix);
    },
    delete: async (name) => (await open()).delete(name),
  };
};
