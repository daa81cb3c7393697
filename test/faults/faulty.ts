import type { ObjectStore } from "../../lib/ports/object-store.ts";

export type Verb = keyof ObjectStore;

/** What a dead process gets from its store. Code that catches it and goes on is not a dead process: let it through. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export interface FaultyStore extends ObjectStore {
  /** The nth call of a verb (from 1) throws the error instead of reaching the store. */
  on(verb: Verb, nth: number, error: Error): FaultyStore;
  /**
   * The process dies in the nth call of a verb: its effect happens (or not, by option), but nobody hears of it. That
   * call and every later one, of any verb, throws Killed.
   */
  stopAfter(verb: Verb, nth: number, options?: { readonly effect?: boolean }): FaultyStore;
  /** Throws if a fault was planted and never reached: such a test proves nothing. */
  assertAllFaultsFired(): void;
  readonly killed: boolean;
}

interface Fault {
  readonly verb: Verb;
  readonly nth: number;
  readonly error: Error;
  readonly effect: boolean;
  fired: boolean;
}

/** A store that fails where it is told to. */
export function faulty(store: ObjectStore): FaultyStore {
  const faults: Fault[] = [];
  const calls: Record<Verb, number> = { put: 0, get: 0, head: 0, list: 0, delete: 0 };
  let killed = false;

  const checkAlive = () => {
    if (killed) throw new Killed("this process was stopped");
  };
  async function call<T>(verb: Verb, work: () => Promise<T>): Promise<T> {
    checkAlive();
    calls[verb] += 1;
    const fault = faults.find((one) => one.verb === verb && one.nth === calls[verb]);
    if (fault === undefined) {
      const outcome = await work();
      checkAlive(); // It may have died while this call was on its way.
      return outcome;
    }
    fault.fired = true;
    if (fault.error instanceof Killed) killed = true;
    if (fault.effect) await work();
    throw fault.error;
  }
  const plant = (verb: Verb, nth: number, error: Error, effect: boolean): FaultyStore => {
    if (!Number.isSafeInteger(nth) || nth <= calls[verb]) {
      throw new RangeError(`call ${nth} of ${verb} cannot fail: ${calls[verb]} were made`);
    }
    faults.push({ verb, nth, error, effect, fired: false });
    return wrapper;
  };

  const wrapper: FaultyStore = {
    put: (name, pieces) => call("put", () => store.put(name, pieces)),
    get: (name, range) => call("get", () => store.get(name, range)),
    head: (name) => call("head", () => store.head(name)),
    delete: (name) => call("delete", () => store.delete(name)),
    async *list(prefix) {
      await call("list", async () => undefined);
      for await (const facts of store.list(prefix)) {
        checkAlive();
        yield facts;
      }
      checkAlive(); // The end of a listing is an answer too.
    },
    on: (verb, nth, error) => plant(verb, nth, error, false),
    stopAfter: (verb, nth, { effect = true } = {}) =>
      plant(verb, nth, new Killed(`this process was stopped in ${verb} ${nth}`), effect),
    assertAllFaultsFired() {
      const unfired = faults.filter((fault) => !fault.fired).map(({ verb, nth }) => `${verb} ${nth}`);
      if (unfired.length === 0) return;
      throw new Error(`faults were planted and never reached: ${unfired.join(", ")}; calls: ${JSON.stringify(calls)}`);
    },
    get killed() {
      return killed;
    },
  };
  return wrapper;
}
