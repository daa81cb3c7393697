import { memoryStore } from "../../../lib/local/memory-store.ts";
import type { Clock } from "../../../lib/ports/clock.ts";
import type { ObjectFacts, ObjectStore, VaultStores } from "../../../lib/ports/object-store.ts";

/** Every store of a vault as a part of one, so that a process dies at its nth write, whichever store that goes to. */
export const storesIn = (store: ObjectStore): VaultStores => ({
  hot: under(store, "hot/"),
  keys: under(store, "keys/"),
});

const under = (store: ObjectStore, prefix: string): ObjectStore => {
  const inner = ({ name, ...facts }: ObjectFacts): ObjectFacts => ({ ...facts, name: name.slice(prefix.length) });
  return {
    put: (name, pieces) => store.put(prefix + name, pieces),
    get: (name, range) => store.get(prefix + name, range),
    async head(name) {
      const facts = await store.head(prefix + name);
      return facts && inner(facts);
    },
    async *list(start) {
      for await (const facts of store.list(prefix + start)) yield inner(facts);
    },
    delete: (name) => store.delete(prefix + name),
  };
};

export const namesIn = async (store: ObjectStore, prefix = ""): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
};

/** What stays when all else that nothing names is swept: records of what was done, and tombstones of keys. */
const STAYS = /^(evidence|keys\/tombstones)\//;

/** Names of what a sweep must leave only if something names it. */
export const sweptNamesIn = async (store: ObjectStore): Promise<readonly string[]> =>
  (await namesIn(store)).filter((name) => !STAYS.test(name));

/** A store in memory with the same objects, to be spoiled in place of the first. */
export const copyOf = async (store: ObjectStore, clock: Clock): Promise<ObjectStore> => {
  const copy = memoryStore(clock);
  for (const name of await namesIn(store)) await copy.put(name, [(await store.get(name)) ?? Buffer.alloc(0)]);
  return copy;
};
