import { expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { DailyVerification } from "../../lib/model/verification.ts";
import { lastRecordOf } from "../../lib/operations/audit.ts";
import { type DailyWorld, verifyDay } from "../../lib/operations/daily-verification.ts";
import { applyExpiry, planExpiry } from "../../lib/operations/expire-parts.ts";
import type { DrillReport } from "../../lib/operations/verify-restore.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { foldWorldOf } from "../engine/vault-history.ts";
import { dataClass, HOUR_MS, policyOf } from "../policy/made-policy.ts";

const POLICY: Policy = policyOf([
  dataClass("money", "P20D", { tables: ["public.money_*"] }),
  dataClass("people", "P14D", { tables: ["public.people_*"] }),
  dataClass("rest", "P60D", { tables: ["public.rest_*"] }),
]);

/** A vault whose captures, verifications and expiries come day by day. */
class Days {
  readonly history: ClassHistory;
  readonly world: DailyWorld;
  readonly evidence: ObjectStore;

  private constructor(history: ClassHistory) {
    const { vault, clock } = history.made;
    this.history = history;
    this.evidence = memoryStore(clock);
    this.world = {
      vault,
      clock,
      progress: () => undefined,
      signal: new AbortController().signal,
      audit: { evidence: this.evidence, vaultId: vault.id, clock, actor: "nightly" },
    };
  }

  static async begin(): Promise<Days> {
    return new Days(await ClassHistory.begin(0));
  }

  get clock() {
    return this.history.made.clock;
  }

  /** A capture at the day's beginning, then the clock stands at four in the morning. */
  async capture(): Promise<void> {
    const id = this.history.states.size;
    await this.history.capture([
      { class: "money", id: id % 30, act: "put" },
      { class: "rest", id: (id + 7) % 30, act: id % 2 === 0 ? "put" : "delete" },
    ]);
    await this.clock.advance(4 * HOUR_MS - 60_000);
  }

  verify(policy = POLICY, drill?: (point: string) => Promise<DrillReport>): Promise<DailyVerification> {
    return verifyDay(this.world, policy, { drill });
  }

  async expire(): Promise<void> {
    const world = foldWorldOf(this.world.vault, this.clock);
    await applyExpiry(world, await planExpiry(world, POLICY));
  }

  /** Days with a capture, the verification and what is due to go, in this order. */
  async pass(count: number): Promise<readonly DailyVerification[]> {
    const found: DailyVerification[] = [];
    for (let day = 0; day < count; day++) {
      await this.capture();
      found.push(await this.verify(POLICY, drilled));
      await this.clock.advance(10 * HOUR_MS);
      await this.expire();
      await this.clock.advance(10 * HOUR_MS);
    }
    return found;
  }
}

const drilled = async (point: string): Promise<DrillReport> => ({
  point,
  restore: { tables: 6, rows: 180, bytes: 9_000, proof: "counts", phases: [], elapsedMs: 300 },
  tables: 6,
  rows: 180,
  elapsedMs: 500,
});

const broken = ({ invariants }: DailyVerification) =>
  invariants.filter(({ result }) => result === "broken").map(({ id, found }) => `${id} ${found}`);
const hot = ({ tiers }: DailyVerification) => tiers.find((one) => one.tier === "hot");

test("a month of daily captures and expiries is green every day, and each day is recorded whole", async () => {
  const days = await Days.begin();
  const month = await days.pass(32);
  for (const day of month) expect([day.day, broken(day), hot(day)?.reasons]).toEqual([day.day, [], []]);
  expect(new Set(month.map((day) => day.light))).toEqual(new Set(["green"]));
  expect(month.map((day) => day.day).slice(0, 2)).toEqual(["2026-01-01", "2026-01-02"]);
  const record = await lastRecordOf(days.evidence, "daily verification");
  expect(record?.verification).toEqual(month.at(-1));
  expect(hot(month.at(-1) as DailyVerification)?.promised).toHaveLength(27);
}, 120_000);
