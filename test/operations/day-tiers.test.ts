import { expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { ArchivePart } from "../../lib/model/archive.ts";
import type { Point } from "../../lib/model/point.ts";
import type { DailyVerification, TierVerdict } from "../../lib/model/verification.ts";
import { type TierWorld, tierVerdicts } from "../../lib/operations/day-tiers.ts";
import type { FoundArchive } from "../../lib/policy/invariants.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { DAY_MS, dataClass, HOUR_MS, pointOf, policyOf, term } from "../policy/made-policy.ts";

const START = Date.UTC(2027, 0, 4, 2);
const POLICY = policyOf([
  dataClass("money", "P1Y", { archive: { weekly: term("P8W") } }),
  dataClass("audit", "P1Y", { archive: { weekly: term("P8W") } }),
]);

const archiveOf = (day: number, name = "money", database = "shop"): FoundArchive => {
  const startedAt = START + day * DAY_MS;
  const businessDate = new Date(startedAt).toISOString().slice(0, 10);
  const times = {
    retainUntil: startedAt,
    lock: "none",
    deleteAt: startedAt + 55 * DAY_MS,
    deadline: startedAt + 56 * DAY_MS,
  };
  const part = { database, businessDate, class: name, schedule: "weekly", startedAt, finishedAt: startedAt, times };
  return { ...(part as ArchivePart), id: `${database}/${businessDate}` };
};

const nightly = (from: number, to: number, classes: readonly string[]): readonly Point[] =>
  Array.from({ length: to - from }, (_, i) => pointOf(START + (from + i) * DAY_MS, { classes }));

const verdicts = (rest: Partial<TierWorld>, policy = POLICY): Promise<readonly TierVerdict[]> =>
  tierVerdicts(
    {
      evidence: memoryStore(manualClock()),
      now: START + 20 * DAY_MS + 2 * HOUR_MS,
      points: nightly(0, 21, ["money"]),
      archives: [],
      holds: [],
      damaged: new Map(),
      last: undefined,
      drillsMissed: new Map(),
      ...rest,
    },
    policy,
  );

const archiveTier = async (rest: Partial<TierWorld>): Promise<TierVerdict | undefined> =>
  (await verdicts(rest)).find((one) => one.tier === "archive");
const told = (verdict: TierVerdict | undefined) =>
  verdict?.promised.map(({ class: name, found }) => `${name} ${found}`);

test("a class of which a database has no table is promised no archive; another database's archive is none of ours", async () => {
  const tier = await archiveTier({
    archives: [archiveOf(0), archiveOf(7), archiveOf(14), archiveOf(1, "audit", "stock")],
  });
  expect(told(tier)).toEqual(["money present", "money present", "money present"]);
  expect([tier?.light, tier?.sinceByClass]).toEqual(["green", { money: START }]);
});

test("an archive that is missing is red as the newest and yellow before it; one that is damaged is not whole", async () => {
  expect(await archiveTier({ archives: [archiveOf(0), archiveOf(7)] })).toMatchObject({ light: "red" });
  const before = await archiveTier({ archives: [archiveOf(0), archiveOf(14)] });
  expect([before?.light, told(before)]).toEqual(["yellow", ["money present", "money missing", "money present"]]);
  const damaged = new Map([["shop/2027-01-18/money", "a pack is missing"]]);
  const harmed = await archiveTier({ archives: [archiveOf(0), archiveOf(7), archiveOf(14)], damaged });
  expect([harmed?.light, told(harmed)?.at(-1)]).toEqual(["red", "money incomplete"]);
  expect(harmed?.reasons.join()).toContain("shop/2027-01-18/money first: a pack is missing");
});

test("a class that came later is promised from then on, also when older points have left", async () => {
  const points = [...nightly(0, 10, ["money"]), ...nightly(10, 21, ["money", "audit"])];
  const archives = [archiveOf(0), archiveOf(7), archiveOf(14), archiveOf(10, "audit"), archiveOf(14, "audit")];
  const first = await archiveTier({ points, archives });
  expect([first?.light, first?.sinceByClass]).toEqual(["green", { money: START, audit: START + 10 * DAY_MS }]);
  const last = { tiers: await verdicts({ points, archives }) } as unknown as DailyVerification;
  const later = await archiveTier({ points: points.slice(12), archives, last });
  expect([later?.light, later?.sinceByClass]).toEqual(["green", { money: START, audit: START + 10 * DAY_MS }]);
});

test("what was promised before the first point that is left is still promised: the run before says since when", async () => {
  const archives = [archiveOf(7), archiveOf(14)];
  const last = { tiers: await verdicts({ archives }) } as unknown as DailyVerification;
  const points = nightly(18, 21, ["money"]);
  expect(told(await archiveTier({ points, archives, last }))).toEqual([
    "money missing",
    "money present",
    "money present",
  ]);
  // Without it the oldest archive does.
  expect(told(await archiveTier({ points, archives }))).toEqual(["money present", "money present"]);
});

test("a release point is judged by its damage and deadlines alone, and there is no verdict without one", async () => {
  const tiers = await verdicts({});
  expect(tiers.map((one) => one.tier)).toEqual(["hot", "archive"]);
  const release = pointOf(START, { id: "r", tier: "release" });
  const points = [release, ...nightly(0, 21, ["money"])];
  const released = (await verdicts({ points })).find((one) => one.tier === "release");
  expect(released).toMatchObject({ light: "red", promised: [], reasons: ["1 part past the deadline and not held"] });
  const held = {
    id: "h",
    basis: "b",
    matter: "m",
    reviewAt: 0,
    requested: { by: "a", at: 0 },
    approved: { by: "b", at: 0 },
  };
  const holds = [{ ...held, parts: [{ store: "hot", id: "r", class: "money" }] as const }];
  expect((await verdicts({ points, holds })).find((one) => one.tier === "release")?.light).toBe("green");
});
