import { Failure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { putFresh } from "./chunk.ts";
import { decodeDocument, encodeDocument } from "./document.ts";

/**
 * An intent says: a capture (or a fold) is writing under this id, or a restore is reading, and needs these pages of others
 * to stay. A sweep spares all of it while the lease lives. It is renewed while the work goes on, and removed at its end.
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

const intentName = (id: string, renewal: number): string => `${PREFIX}${id}/${String(renewal).padStart(6, "0")}.json`;

/** A lease held on the vault: renewed in the background until it is released. */
export class HeldIntent {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #intent: Intent;
  /** Number of the last document that is stored for certain, and of the last that was tried. */
  #stored = 1;
  #renewal = 1;
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
    await putFresh(store, intentName(intent.id, 1), [encodeDocument(full)]);
    const held = new HeldIntent(store, clock, full);
    held.#renewing = held.#renew();
    return held;
  }

  /** Says which pages must stay. From then on a sweep may run beside this intent. */
  async need(pages: readonly string[]): Promise<void> {
    this.#intent = { ...this.#intent, settled: true, needs: [...new Set([...this.#intent.needs, ...pages])] };
    await this.#write();
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
    for await (const _ of this.#store.list(`${PREFIX}${this.#intent.id}/`)) return true;
    return false;
  }

  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    for await (const { name } of this.#store.list(`${PREFIX}${this.#intent.id}/`)) await this.#store.delete(name);
  }

  /** Ends the lease and leaves the intent: what was stored under it can be taken over by the next run, at once. */
  async giveUp(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    await this.#write(this.#clock.now());
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

  /** One after the other: a renewal that meets another change must find the document before it. */
  #write(leaseUntil?: EpochMs): Promise<void> {
    const written = this.#writing.then(() => this.#writeNext(leaseUntil ?? this.#clock.now() + LEASE_MS));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #writeNext(leaseUntil: EpochMs): Promise<void> {
    // A write that failed may have been done or not: its number is not used again, and its document proves nothing.
    const before = intentName(this.#intent.id, this.#stored);
    this.#intent = { ...this.#intent, leaseUntil };
    const renewal = ++this.#renewal;
    const name = intentName(this.#intent.id, renewal);
    await putFresh(this.#store, name, [encodeDocument(this.#intent)]);
    this.#stored = renewal;
    if ((await this.#store.delete(before)) === "deleted") return;
    // Somebody took this process for dead and removed its intent. The renewal must not bring it back to life.
    await this.#store.delete(name);
    throw new Failure("CAPTURE_RUNNING", `the lease of ${this.#intent.id} ended before it was renewed`, {
      hint: "run the same command again; this process was stopped for longer than its lease",
    });
  }
}

/** Every intent there is, each in its latest renewal, the live and the dead. */
export const listIntents = async (store: ObjectStore): Promise<readonly Intent[]> => {
  const newest = new Map<string, Intent>();
  for await (const { name } of store.list(PREFIX)) {
    const bytes = await store.get(name);
    if (bytes === undefined) continue;
    const intent = decodeDocument<Intent>(name, bytes, FORMAT);
    newest.set(intent.id, intent);
  }
  return [...newest.values()];
};

export const removeIntent = async (store: ObjectStore, id: string): Promise<void> => {
  for await (const { name } of store.list(`${PREFIX}${id}/`)) await store.delete(name);
};

/**
 * Waits until no other capture of the database holds a lease. A dead one's ends by itself; a live one renews, and then
 * this one gives way.
 * @throws CAPTURE_RUNNING  the other capture is alive; or the signal's reason
 */
export const awaitTurn = async (
  store: ObjectStore,
  clock: Clock,
  database: string,
  onWait: (waitMs: number) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const seen = new Map<string, EpochMs>();
  for (;;) {
    const others = (await listIntents(store)).filter((intent) => intent.database === database);
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
