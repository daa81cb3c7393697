import { isFailure } from "../model/errors.ts";
import { checkObjectName } from "../model/object-name.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { type DirectoryObjects, FILE_MODE, openDirectoryStore } from "./directory-store.ts";
import { memoryStore } from "./memory-store.ts";

/** A directory store whose directory is made by its first object. Until then it is empty, and looking at it changes nothing. */
export const lateDirectoryStore = (root: string, clock: Clock, fileMode = FILE_MODE): DirectoryObjects => {
  const empty = memoryStore(clock);
  let opened: DirectoryObjects | undefined;
  const make = async (create: boolean): Promise<ObjectStore> => {
    opened ??= await openDirectoryStore(root, { clock, create, fileMode });
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
    async deleteIf(...what) {
      await open();
      return opened === undefined ? "absent" : opened.deleteIf(...what);
    },
  };
};
