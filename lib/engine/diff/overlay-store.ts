import { Failure } from "../../model/errors.ts";
import type { ObjectFacts, ObjectStore } from "../../ports/object-store.ts";

/**
 * A store over another: what is written goes to `above`, what is not there is read from `below`, and `below` is never
 * changed. So a capture can be taken against a vault without leaving anything in it. Deleting an object of `below` is
 * STORE_FORBIDDEN.
 */
export const overlayStore = (below: ObjectStore, above: ObjectStore): ObjectStore => ({
  async put(name, pieces) {
    if ((await below.head(name)) !== undefined) return "exists";
    return above.put(name, pieces);
  },

  async get(name, range) {
    return (await above.get(name, range)) ?? below.get(name, range);
  },

  async head(name) {
    return (await above.head(name)) ?? below.head(name);
  },

  list(prefix) {
    return merged(below.list(prefix), above.list(prefix));
  },

  async delete(name) {
    if ((await below.head(name)) !== undefined)
      throw new Failure("STORE_FORBIDDEN", `object ${name} lies in the vault, which is only read here`, {
        facts: { object: name },
      });
    return above.delete(name);
  },
});

/** Names are ASCII, so the order of strings is the order of bytes. */
async function* merged(below: AsyncIterable<ObjectFacts>, above: AsyncIterable<ObjectFacts>) {
  const low = below[Symbol.asyncIterator]();
  const high = above[Symbol.asyncIterator]();
  let one = await low.next();
  let two = await high.next();
  try {
    while (!one.done || !two.done) {
      if (two.done || (!one.done && one.value.name < two.value.name)) {
        if (!one.done) yield one.value;
        one = await low.next();
      } else {
        yield two.value;
        two = await high.next();
      }
    }
  } finally {
    await low.return?.();
    await high.return?.();
  }
}
