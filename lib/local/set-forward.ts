import type { Clock } from "../ports/clock.ts";
import type { ObjectFacts, ObjectStore } from "../ports/object-store.ts";

/** A clock that is ahead of another one. */
export const clockAhead = (clock: Clock, aheadMs: number): Clock => ({
  now: () => clock.now() + aheadMs,
  elapsedMs: () => clock.elapsedMs(),
  sleep: (ms, signal) => clock.sleep(ms, signal),
});

/** A store as it looks on a machine whose clock is ahead: what it tells of time agrees with that clock. */
export const storeAhead = (store: ObjectStore, aheadMs: number): ObjectStore => {
  const ahead = (facts: ObjectFacts): ObjectFacts => ({ ...facts, writtenAt: facts.writtenAt + aheadMs });
  return {
    put: (name, pieces) => store.put(name, pieces),
    get: (name, range) => store.get(name, range),
    async head(name) {
      const facts = await store.head(name);
      return facts && ahead(facts);
    },
    async *list(prefix) {
      for await (const facts of store.list(prefix)) yield ahead(facts);
    },
    delete: (name) => store.delete(name),
  };
};
