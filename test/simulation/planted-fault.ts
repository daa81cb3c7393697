import { Failure } from "../../lib/model/errors.ts";
import { Killed } from "../faults/faulty.ts";

/** What goes wrong in a run of a command: its process dies, a store does not answer once, or one refuses every delete. */
export interface Fault {
  readonly kind: "killed" | "unreachable" | "refuses";
  readonly store: "hot" | "keys" | "evidence" | "archive";
  readonly verb: "put" | "get" | "list" | "delete";
  readonly nth: number;
}

const MESSAGE = "planted by the simulation";

/** A fault of one run of a command. Who is dead reaches no store any more, whichever of them he died in. */
export class PlantedFault {
  readonly #fault: Fault | undefined;
  #calls = 0;
  #dead = false;
  fired = false;

  constructor(fault: Fault | undefined) {
    this.#fault = fault;
  }

  get description(): string {
    if (this.#fault === undefined) return "";
    const { kind, store, verb, nth } = this.#fault;
    return kind === "refuses" ? `${store} refuses to delete` : `${kind} in ${verb} ${nth} of ${store}`;
  }

  /** The store as the run sees it. */
  in<S extends object>(name: Fault["store"], store: S): S {
    if (this.#fault === undefined) return store;
    const faced = { ...store } as Record<string, unknown>;
    for (const [verb, call] of Object.entries(store) as [string, (...args: unknown[]) => unknown][])
      faced[verb] = (...args: unknown[]) => this.#call(name, verb, () => call(...args));
    return faced as S;
  }

  /** Whoever wraps a failure keeps what it failed by. */
  caused(error: unknown): boolean {
    if (error instanceof Killed) return true;
    return error instanceof Error && (error.message.includes(MESSAGE) || this.caused(error.cause));
  }

  #call(name: Fault["store"], verb: string, call: () => unknown): unknown {
    // A listing gives its answers one by one, and each of them may be the one that never comes.
    if (verb === "list") return this.#listing(name, call as () => AsyncIterable<unknown>);
    return this.#answer(name, verb, call as () => Promise<unknown>);
  }

  async *#listing(name: Fault["store"], call: () => AsyncIterable<unknown>): AsyncGenerator {
    await this.#answer(name, "list", async () => undefined);
    for await (const facts of call()) {
      this.#checkAlive();
      yield facts;
    }
  }

  async #answer(name: Fault["store"], verb: string, call: () => Promise<unknown>): Promise<unknown> {
    this.#checkAlive();
    const { kind, store, verb: faulty, nth } = this.#fault as Fault;
    const isHit = name === store && verb === (kind === "refuses" ? "delete" : faulty);
    if (!isHit || (kind !== "refuses" && ++this.#calls !== nth)) {
      const answer = await call();
      this.#checkAlive();
      return answer;
    }
    this.fired = true;
    if (kind === "refuses") throw new Failure("STORE_FORBIDDEN", `the store refuses to delete: ${MESSAGE}`);
    if (kind === "unreachable") throw new Failure("STORE_UNREACHABLE", `the store does not answer: ${MESSAGE}`);
    this.#dead = true;
    // The effect happens, and nobody hears of it.
    await call();
    throw new Killed(MESSAGE);
  }

  #checkAlive(): void {
    if (this.#dead) throw new Killed(MESSAGE);
  }
}
