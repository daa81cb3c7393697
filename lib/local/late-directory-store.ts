import { isFailure } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { openDirectoryStore } from "./directory-store.ts";

/** A directory store whose directory is made by its first object. Until then it is empty, and looking at it changes nothing. */
export const lateDirectoryStore = (root: string, clock: Clock): ObjectStore => {
  let opened: ObjectStore | undefined;
  const make = async (create: boolean): Promise<ObjectStore> => {
    opened ??= await openDirectoryStore(root, { clock, create });
    return opened;
  };
  const open = async (): Promise<ObjectStore | undefined> => {
    try {
      return await make(false);
    } catch (error) {
      if (isFailure(error, "VAULT_NOT_FOUND")) return undefined;
      throw error;
    }
  };
  return {
    put: async (name, pieces) => (await make(true)).put(name, pieces),
    get: async (name, range) => (await open())?.get(name, range),
    head: async (name) => (await open())?.head(name),
    async *list(prefix) {
      const store = await open();
      if (store !== undefined) yield* store.list(prefix);
    },
    delete: async (name) => (await open())?.delete(name) ?? "absent",
  };
};
