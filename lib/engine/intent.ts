import { Failure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { putFresh } from "./chunk.ts";
import { decodeDocument, encodeDocument } from "./document.ts";

/**
 * An intent says: a capture (or a fold) is writing under this id, or a restore is reading, and needs these pages of others
 * to stay. A sweep spares all of it while the lease lives. It is renewed while the work goes on, and released at its end.
 * All of that is writing new documents; only a sweep removes them (decisions/0017).
 */
export interface Intent {
  readonly format: 1;
  readonly kind: "intent";
  readonly id: string;
  /** Database name: one capture of a database at a time. Empty for a fold; its own id for a restore, which waits for nobody. */
  readonly database: string;
  readonly startedAt: EpochMs;
  readonly leaseUntil: EpochMs;
  /** False until `needs` is complete: while an intent is not settled, nothing is swept at all. */
  readonly settled: boolean;
  /** Pages of other points and of dead captures that this one may name. */
  readonly needs: readonly string[];
}

const FORMAT = 1;
const PREFIX = "intents/";
export const LEASE_MS = 60_000;
const RENEW_MS = 15_000;

const RELEASED = "released.json";
const NEEDS = ".needs.json";

const documentName = (id: string, number: number, ending: ".json" | typeof NEEDS): string =>
  `${PREFIX}${id}/${String(number).padStart(6, "0")}${ending}`;

/** An intent is there as long as its first document is: whoever takes the holder for dead removes that one first. */
const firstName = (id: string): string => documentName(id, 1, ".json");

/** A lease held on the vault: renewed in the background until it is released. */
export class HeldIntent {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #intent: Intent;
  /** Number of the last document that was tried. */
  #number = 1;
  #renewing: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();
  /** Set when a renewal failed: what follows must not trust the lease. */
  #lost: unknown;

  private constructor(store: ObjectStore, clock: Clock, intent: Intent) {
    this.#store = store;
    this.#clock = clock;
    this.#intent = intent;
  }

  static async take(store: ObjectStore, clock: Clock, intent: Pick<Intent, "id" | "database">): Promise<HeldIntent> {
    const now = clock.now();
    const full: Intent = {
      format: FORMAT,
      kind: "intent",
      ...intent,
      startedAt: now,
      leaseUntil: now + LEASE_MS,
      settled: false,
      needs: [],
    };
    await putFresh(store, firstName(intent.id), [encodeDocument(full)]);
    const held = new HeldIntent(store, clock, full);
    held.#renewing = held.#renew();
    return held;
  }

  /** Says which pages must stay. From then on a sweep may run beside this intent. */
  async need(pages: readonly string[]): Promise<void> {
    await this.#write({ needs: [...new Set(pages)] });
  }

  /** @throws whatever made the lease impossible to renew */
  assertHeld(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  /**
   * Whether the intent is still in the vault. Asked after the point was written: a process that slept past its lease may
   * have been swept, and then what it wrote may name what is gone. A sweep removes a dead intent before it looks at points,
   * so an intent that is there now means that every sweep to come sees the point.
   */
  async isThere(): Promise<boolean> {
    return (await this.#store.head(firstName(this.#intent.id))) !== undefined;
  }

  /** Ends the intent: nothing of it is to be spared or taken over any more. Its documents go with the next sweep. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    const ended: Intent = { ...this.#intent, leaseUntil: this.#clock.now(), needs: [] };
    await this.#store.put(`${PREFIX}${this.#intent.id}/${RELEASED}`, [encodeDocument(ended)]);
  }

  /** Ends the intent and leaves nothing of it. For who may delete. */
  async remove(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    await removeIntent(this.#store, this.#intent.id);
  }

  /** Ends the lease and leaves the intent: what was stored under it can be taken over by the next run, at once. */
  async giveUp(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    await this.#write({ leaseUntil: this.#clock.now() });
  }

  async #renew(): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(RENEW_MS, this.#stop.signal);
        await this.#write();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#lost = error;
    }
  }

  /** One after the other: of two documents the later one holds. */
  #write(change: { readonly needs?: readonly string[]; readonly leaseUntil?: EpochMs } = {}): Promise<void> {
    const written = this.#writing.then(() => this.#writeNext(change.leaseUntil, change.needs));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #writeNext(leaseUntil = this.#clock.now() + LEASE_MS, needs?: readonly string[]): Promise<void> {
    this.#intent = { ...this.#intent, leaseUntil, settled: this.#intent.settled || needs !== undefined };
    // A write that failed may have been done or not: its number is not used again.
    const name = documentName(this.#intent.id, ++this.#number, needs === undefined ? ".json" : NEEDS);
    await putFresh(this.#store, name, [encodeDocument({ ...this.#intent, needs: needs ?? [] })]);
    if (await this.isThere()) return;
    // Somebody took this process for dead. What was written now brings nothing back: without its first document it is no intent.
    throw new Failure("CAPTURE_RUNNING", `the lease of ${this.#intent.id} ended before it was renewed`, {
      hint: "run the same command again; this process was stopped for longer than its lease",
    });
  }
}

/** Names of all documents by intent. They come in the order of their numbers; the release comes last. */
const documentsById = async (store: ObjectStore): Promise<ReadonlyMap<string, readonly string[]>> => {
  const documents = new Map<string, string[]>();
  for await (const { name } of store.list(PREFIX)) {
    const id = name.split("/")[1] as string;
    documents.set(id, [...(documents.get(id) ?? []), name]);
  }
  return documents;
};

const isReleased = (names: readonly string[]): boolean => names.at(-1)?.endsWith(`/${RELEASED}`) === true;

/** Every intent there is, each as it was last renewed and with all its needs, the live and the dead. */
export const listIntents = async (store: ObjectStore): Promise<readonly Intent[]> => {
  const intents: Intent[] = [];
  for (const [id, names] of await documentsById(store)) {
    if (names[0] !== firstName(id) || isReleased(names)) continue;
    const intent = await readIntent(store, names);
    if (intent !== undefined) intents.push(intent);
  }
  return intents;
};

/** @returns undefined if it is being removed */
const readIntent = async (store: ObjectStore, names: readonly string[]): Promise<Intent | undefined> => {
  const needs: string[] = [];
  let newest: Intent | undefined;
  for (const name of names) {
    if (name !== names.at(-1) && !name.endsWith(NEEDS)) continue;
    const bytes = await store.get(name);
    if (bytes === undefined) return undefined;
    newest = decodeDocument<Intent>(name, bytes, FORMAT);
    needs.push(...newest.needs);
  }
  return newest && { ...newest, needs: [...new Set(needs)] };
};

/** Removes an intent, its first document first: from then on it is none. */
export const removeIntent = async (store: ObjectStore, id: string): Promise<void> => {
  for await (const { name } of store.list(`${PREFIX}${id}/`)) await store.delete(name);
};

/** Removes what is left of intents that were released, or whose removal was not completed. */
export const removeEndedIntents = async (store: ObjectStore): Promise<void> => {
  for (const [id, names] of await documentsById(store)) {
    // A listing may miss the first document of an intent that was taken while it ran.
    if (isReleased(names) || (await store.head(firstName(id))) === undefined) await removeIntent(store, id);
  }
};

/**
 * Waits until no other capture of the database holds a lease. A dead one's ends by itself; a live one renews, and then
 * this one gives way.
 * @param over  ids of captures that cannot make a point any more, whatever their leases say
 * @throws CAPTURE_RUNNING  the other capture is alive; or the signal's reason
 */
export const awaitTurn = async (
  store: ObjectStore,
  clock: Clock,
  database: string,
  onWait: (waitMs: number) => void,
  signal?: AbortSignal,
  over: ReadonlySet<string> = new Set(),
): Promise<void> => {
  const seen = new Map<string, EpochMs>();
  for (;;) {
    const intents = await listIntents(store);
    const others = intents.filter((intent) => intent.database === database && !over.has(intent.id));
    const live = others.filter((intent) => intent.leaseUntil > clock.now());
    const [first] = live;
    if (first === undefined) return;
    const renewed = live.find((intent) => (seen.get(intent.id) ?? intent.leaseUntil) < intent.leaseUntil);
    if (renewed !== undefined) {
      const other = database === "" ? "another fold" : `another capture of ${database}`;
      throw new Failure("CAPTURE_RUNNING", `${other} is running (${renewed.id})`);
    }
    for (const intent of live) seen.set(intent.id, intent.leaseUntil);
    const waitMs = Math.min(RENEW_MS + 1_000, Math.max(1, first.leaseUntil - clock.now()));
    onWait(waitMs);
    await clock.sleep(waitMs, signal);
  }
};
