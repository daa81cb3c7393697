import { memoryStore } from "../../lib/local/memory-store.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { DailyVerification, TierVerdict } from "../../lib/model/verification.ts";
import { appendRecord } from "../../lib/operations/audit.ts";
import { type DailyOptions, type DailyWorld, verifyDay } from "../../lib/operations/daily-verification.ts";
import { expiryEntries } from "../../lib/operations/entries.ts";
import { applyExpiry, planExpiry } from "../../lib/operations/expire-parts.ts";
import type { DrillReport } from "../../lib/operations/verify-restore.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { foldWorldOf } from "../engine/vault-history.ts";
import type { ManualClock } from "../faults/manual-clock.ts";
import { dataClass, HOUR_MS, policyOf } from "../policy/made-policy.ts";

export const POLICY: Policy = policyOf([
  dataClass("money", "P20D", { tables: ["public.money_*"] }),
  dataClass("people", "P14D", { tables: ["public.people_*"] }),
  dataClass("rest", "P60D", { tables: ["public.rest_*"] }),
]);

/** What a day does, in this order: a capture at midnight, the verification at four, what is due goes at two in the afternoon. */
export interface Day {
  readonly capture?: boolean;
  readonly verify?: boolean;
  readonly expire?: boolean;
}

/** A vault whose days come one by one, from 2026-01-01 on. */
export class VerifiedDays {
  readonly history: ClassHistory;
  readonly evidence: ObjectStore;
  readonly world: DailyWorld;

  private constructor(history: ClassHistory) {
    const { vault, clock } = history.made;
    this.history = history;
    this.evidence = memoryStore(clock);
    const signal = new AbortController().signal;
    const audit = { evidence: this.evidence, vaultId: vault.id, clock, actor: "nightly" };
    this.world = { vault, clock, progress: () => undefined, signal, audit };
  }

  static async begin(): Promise<VerifiedDays> {
    return new VerifiedDays(await ClassHistory.begin(0));
  }

  /** Days that went well. */
  static async after(count: number): Promise<VerifiedDays> {
    const days = await VerifiedDays.begin();
    for (let day = 0; day < count; day++) await days.pass();
    return days;
  }

  get clock(): ManualClock {
    return this.history.made.clock;
  }

  get hot(): ObjectStore {
    return this.history.made.stores.hot;
  }

  get keys(): ObjectStore {
    return this.history.made.stores.keys;
  }

  async capture(): Promise<void> {
    const id = this.history.states.size / 3;
    await this.history.capture([
      { class: "money", id: id % 30, act: "put" },
      { class: "rest", id: (id + 7) % 30, act: id % 2 === 0 ? "put" : "delete" },
    ]);
  }

  /** @param drill  one that goes well, if not given; `none`: no drill is made */
  verify(
    options: Omit<DailyOptions, "drill"> & {
      readonly policy?: Policy;
      readonly drill?: DailyOptions["drill"] | "none";
    } = {},
  ): Promise<DailyVerification> {
    const { policy = POLICY, drill = drilled, ...rest } = options;
    return verifyDay(this.world, policy, { ...rest, drill: drill === "none" ? undefined : drill });
  }

  async expire(): Promise<void> {
    const world = foldWorldOf(this.world.vault, this.clock);
    const plan = await planExpiry(world, POLICY);
    const report = await applyExpiry(world, plan);
    for (const entry of expiryEntries(plan, report)) await appendRecord(this.world.audit, entry);
  }

  /** A day, from midnight to midnight. @returns its verification, if there was one */
  async pass({ capture = true, verify = true, expire = true }: Day = {}): Promise<DailyVerification | undefined> {
    const began = this.clock.now();
    const at = (hour: number) => this.clock.advance(began + hour * HOUR_MS - this.clock.now());
    if (capture) await this.capture();
    await at(4);
    const verified = verify ? await this.verify() : undefined;
    await at(14);
    if (expire) await this.expire();
    await at(24);
    return verified;
  }
}

export const drilled = async (point: string): Promise<DrillReport> => ({
  point,
  database: "shop",
  restore: { tables: 6, rows: 180, bytes: 9_000, proof: "counts", phases: [], elapsedMs: 300 },
  tables: 6,
  rows: 180,
  elapsedMs: 500,
});

/** Invariants that do not hold, with what was found. */
export const broken = ({ invariants }: DailyVerification): readonly string[] =>
  invariants.filter(({ result }) => result === "broken").map(({ id, found }) => `${id} ${found}`);

export const hotOf = ({ tiers }: DailyVerification): TierVerdict => {
  const found = tiers.find((one) => one.tier === "hot");
  if (found === undefined) throw new Error("there is no verdict of tier hot");
  return found;
};

export const first = async (store: ObjectStore, prefix: string): Promise<string> =>
  (await namesIn(store, prefix))[0] as string;

/** Puts other bytes under a name, as somebody with a disk can. */
export const replace = async (store: ObjectStore, name: string, change: (bytes: Buffer) => Buffer): Promise<void> => {
  const bytes = (await store.get(name)) as Buffer;
  await store.delete(name);
  await store.put(name, [change(bytes)]);
};
export const cut = (bytes: Buffer): Buffer => bytes.subarray(0, -1);
export const flip = (bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  return changed;
};
