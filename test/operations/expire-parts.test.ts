import { expect, test } from "vitest";
import { canonicalJson, plainJson } from "../../lib/engine/canonical-json.ts";
import { HeldIntent, LEASE_MS } from "../../lib/engine/intent.ts";
import { Vault } from "../../lib/engine/vault.ts";
import type { Policy, Term } from "../../lib/model/policy.ts";
import { applyExpiry, type ExpiryPlan, planExpiry, readExpiryPlan } from "../../lib/operations/expire-parts.ts";
import { lookAtPoint } from "../../lib/operations/points.ts";
import { readTerm } from "../../lib/policy/term.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { memoryVault, namesIn } from "../engine/memory-vault.ts";
import { foldWorldOf, reachableIn } from "../engine/vault-history.ts";
import { faulty, Killed } from "../faults/faulty.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

const term = (text: string): Term => readTerm(text) as Term;
const POLICY: Policy = {
  version: 1,
  controller: "Example Shop",
  timeZone: "UTC",
  databases: ["shop"],
  classes: ["money P20D", "people P14D", "rest P60D"].map((line) => {
    const [name = "", max = ""] = line.split(" ");
    return { name, tables: [`public.${name}_*`], max: term(max), purpose: "selling", legalBasis: "Art. 6(1)(f) GDPR" };
  }),
  hot: { every: term("P1D"), window: term("P28D") },
  release: { window: term("P14D") },
  verification: { at: "04:00", readAllWithin: { unit: "days", count: 7 }, drillEvery: { unit: "days", count: 7 } },
  holders: [],
};

/** Three points, a minute apart; the clock then stands `ms` after the first one. */
const historyAt = async (ms: number): Promise<ClassHistory> => {
  const history = await ClassHistory.begin(3);
  await history.made.clock.advance(START + ms - history.made.clock.now());
  return history;
};

const worldOf = ({ made }: ClassHistory) => foldWorldOf(made.vault, made.clock);
const PEOPLE_DUE = 14 * DAY_MS - 12 * HOUR_MS;
const partsOf = ({ parts }: ExpiryPlan) => parts.map((part) => `${part.point}/${part.class} ${part.verdict}`);

test("before anything is due a plan is empty and says what is next; applying it changes nothing", async () => {
  const history = await historyAt(PEOPLE_DUE - 1);
  const before = await namesIn(history.made.stores.hot);
  const plan = await planExpiry(worldOf(history), POLICY);
  expect(plan).toMatchObject({
    parts: [],
    notices: [],
    next: { point: "p0", class: "people", deleteAt: START + PEOPLE_DUE },
  });
  expect(await applyExpiry(worldOf(history), plan)).toMatchObject({ parts: [], points: [], fold: { tablesFolded: 0 } });
  expect(await namesIn(history.made.stores.hot)).toEqual(before);
});

test("what is due goes, is proven gone, and its margin is told; the plan can be applied again", async () => {
  const history = await historyAt(PEOPLE_DUE + MINUTE_MS);
  const { vault, stores } = history.made;
  const plan = await planExpiry(worldOf(history), POLICY);
  expect(partsOf(plan)).toEqual(["p0/people due", "p1/people due"]);
  expect(plan.parts[0]).toMatchObject({ rows: 60, because: "class people is kept for P14D" });
  const report = await applyExpiry(worldOf(history), readExpiryPlan(JSON.stringify(plan, undefined, 2)));
  for (const id of ["p0", "p1"]) history.states.delete(`${id}/people`);
  expect(report.points).toEqual([]);
  expect(report.parts).toMatchObject([
    {
      point: "p0",
      class: "people",
      outcome: "gone",
      keyShredded: true,
      objectsLeft: 0,
      marginMs: 12 * HOUR_MS - MINUTE_MS,
    },
    { point: "p1", class: "people", outcome: "gone", keyShredded: true, objectsLeft: 0, marginMs: 12 * HOUR_MS },
  ]);
  expect(await history.wrong()).toEqual([]);
  expect(await history.readableThoughGone()).toEqual([]);
  expect(await namesIn(stores.hot)).toEqual(await reachableIn(history.made));

  const { point, parts } = await lookAtPoint(vault, "p0");
  expect(point.expired).toEqual([{ class: "people", at: Date.parse("2026-01-14T12:01:00Z") }]);
  expect(parts.map((part) => part.class)).toEqual(["money", "rest"]);
  const again = await applyExpiry(worldOf(history), plan);
  expect(again.parts.map((part) => part.outcome)).toEqual(["gone already", "gone already"]);
});

test("a point goes with its last part, and what went after its deadline is told so", async () => {
  const history = await historyAt(28 * DAY_MS + HOUR_MS);
  const plan = await planExpiry(worldOf(history), POLICY);
  expect(plan.parts.map((part) => part.verdict)).toEqual(Array.from({ length: 9 }, () => "overdue"));
  const report = await applyExpiry(worldOf(history), plan);
  expect(report.points).toEqual(["p0", "p1", "p2"]);
  const rest = report.parts.find((part) => part.point === "p0" && part.class === "rest");
  expect(rest).toMatchObject({ outcome: "gone", marginMs: -HOUR_MS });
  expect(await namesIn(history.made.stores.hot)).toEqual(["vault.json"]);
  expect(await namesIn(history.made.stores.keys, "parts/")).toEqual([]);
});

test("never more than planned goes: what has come to be due since waits for the next plan", async () => {
  const history = await historyAt(PEOPLE_DUE);
  const plan = await planExpiry(worldOf(history), POLICY);
  expect(partsOf(plan)).toEqual(["p0/people due"]);
  await history.made.clock.advance(HOUR_MS);
  const { parts } = await applyExpiry(worldOf(history), plan);
  history.states.delete("p0/people");
  expect(parts).toMatchObject([{ point: "p0", outcome: "gone" }]);
  expect(await history.wrong()).toEqual([]);
});

test("what is not due any more stays: the clock was set back", async () => {
  const history = await historyAt(PEOPLE_DUE + MINUTE_MS);
  const plan = await planExpiry(worldOf(history), POLICY);
  const clock = { ...history.made.clock, now: () => START + PEOPLE_DUE + MINUTE_MS - 1 };
  const { parts } = await applyExpiry({ ...worldOf(history), clock }, plan);
  expect(parts.map((part) => [part.point, part.outcome])).toEqual([
    ["p0", "gone"],
    ["p1", "not due"],
  ]);
});

test("fails when the plan is another kind, was changed, is for another vault or has expired, and changes nothing", async () => {
  const history = await historyAt(PEOPLE_DUE);
  const before = await namesIn(history.made.stores.hot);
  const plan = await planExpiry(worldOf(history), POLICY);
  const more = { ...plan, parts: plan.parts.map((part) => ({ ...part, class: "rest" })) };
  expect(() => readExpiryPlan(canonicalJson(plainJson(more)))).toThrow("its digest does not hold");
  await expect(applyExpiry(worldOf(history), more)).rejects.toMatchObject({ code: "PLAN_INVALID" });
  expect(() => readExpiryPlan(JSON.stringify({ ...plan, kind: "restore plan" }))).toThrow(
    "the file is not an expiry plan",
  );
  const other = await memoryVault("another");
  const elsewhere = applyExpiry(foldWorldOf(other.vault, history.made.clock), plan);
  await expect(elsewhere).rejects.toMatchObject({
    code: "PLAN_STALE",
    message: expect.stringContaining("this is") as string,
  });
  await history.made.clock.advance(DAY_MS);
  await expect(applyExpiry(worldOf(history), plan)).rejects.toMatchObject({
    code: "PLAN_STALE",
    message: expect.stringContaining("the plan expired at") as string,
  });
  expect(await namesIn(history.made.stores.hot)).toEqual(before);
});

test("what a running restore holds is left and told, and the next run takes it away", async () => {
  const history = await historyAt(PEOPLE_DUE);
  const { vault, clock, stores } = history.made;
  const reading = await HeldIntent.take(vault.hot, clock, { id: "restore-1", database: "restore-1" });
  await reading.need(await namesIn(stores.hot, "pages/people/p0/"));
  const plan = await planExpiry(worldOf(history), POLICY);
  const { parts } = await applyExpiry(worldOf(history), plan);
  history.states.delete("p0/people");
  expect(parts).toMatchObject([{ outcome: "left", keyShredded: true }]);
  expect(parts[0]).not.toMatchObject({ objectsLeft: 0 });
  await reading.remove();
  expect((await applyExpiry(worldOf(history), plan)).parts).toMatchObject([{ outcome: "gone already" }]);
  expect(await namesIn(stores.hot)).toEqual(await reachableIn(history.made));
});

test("an expiry that was stopped anywhere is completed by applying the same plan again", async () => {
  for (const [store, verb] of [
    ["hot", "put"],
    ["hot", "delete"],
    ["keys", "delete"],
  ] as const)
    for (let nth = 1; ; nth++) {
      const history = await historyAt(PEOPLE_DUE + MINUTE_MS);
      const { stores, keys, entropy, clock } = history.made;
      const plan = await planExpiry(worldOf(history), POLICY);
      const broken = faulty(stores[store]).stopAfter(verb, nth);
      const dying = await Vault.open({ ...stores, [store]: broken }, keys, entropy);
      let stopped = false;
      await applyExpiry(foldWorldOf(dying, clock), plan).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        stopped = true;
      });
      if (!stopped) break;
      await clock.advance(LEASE_MS + 1);
      for (const id of ["p0", "p1"]) history.states.delete(`${id}/people`);
      expect(await history.wrong()).toEqual([]);
      const { parts } = await applyExpiry(worldOf(history), plan);
      for (const part of parts) expect(part.outcome).toMatch(/^gone/);
      expect(await namesIn(stores.hot)).toEqual(await reachableIn(history.made));
      expect((await namesIn(stores.keys, "parts/")).filter((name) => name.endsWith("/people"))).toEqual([
        "parts/p2/people",
      ]);
      expect(await history.readableThoughGone()).toEqual([]);
    }
}, 60_000);
