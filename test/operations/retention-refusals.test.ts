import { describe, expect, test } from "vitest";
import { Vault } from "../../lib/engine/vault.ts";
import { Failure } from "../../lib/model/errors.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import type { SentAlarm } from "../../lib/ports/notifier.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { counting } from "../faults/counting.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import {
  archivedNames,
  DAY_MS,
  HOUR_MS,
  hotPart,
  POLICY,
  putArchived,
  RetentionHistory,
  START,
} from "./retention-world.ts";

const PEOPLE_DUE = 14 * DAY_MS - 12 * HOUR_MS;
const MONEY_DUE = 20 * DAY_MS - 12 * HOUR_MS;

const outcomesOf = ({ parts }: Awaited<ReturnType<typeof runRetention>>) =>
  parts.map(({ part, outcome }) => `${part.id}/${part.class} ${outcome}`);

/** The same story, its stores changed. */
const through = async (
  story: RetentionHistory,
  change: { hot?: Partial<ObjectStore>; keys?: Partial<ObjectStore> },
) => {
  const { stores, keys, entropy } = story.history.made;
  const changed = { hot: { ...stores.hot, ...change.hot }, keys: { ...stores.keys, ...change.keys } };
  return { ...story.world(), vault: await Vault.open(changed, keys, entropy) };
};

const forbidden = (name: string): Failure => new Failure("STORE_FORBIDDEN", `${name} may not be deleted`);

test.each([
  ["hot", "parts/p0/people."],
  ["keys", "parts/p0/people"],
] as const)(
  "what the %s store does not let go keeps nothing else, alarms before its deadline, and goes when it does",
  async (store, prefix) => {
    const story = await RetentionHistory.begin();
    await story.at(PEOPLE_DUE + 60_000);
    const whole = story.history.made.stores[store];
    const refusing: Partial<ObjectStore> = {
      delete: (name) => (name.startsWith(prefix) ? Promise.reject(forbidden(name)) : whole.delete(name)),
    };
    const sent: SentAlarm[] = [];
    const notifier = { notify: async (alarm: SentAlarm) => void sent.push(alarm) };
    const world = { ...(await through(story, { [store]: refusing })), notifier };
    const first = await runRetention(world, POLICY);
    expect(outcomesOf(first)).toEqual(["p0/people failed", "p1/people gone"]);
    expect(first.parts[0]).toMatchObject({
      code: "STORE_FORBIDDEN",
      reason: expect.stringContaining("may not be deleted") as string,
    });
    expect([first.alarms, sent]).toEqual([[], []]);
    await story.at(14 * DAY_MS - 6 * HOUR_MS - 1);
    expect((await runRetention(world, POLICY)).alarms).toEqual([]);
    await story.at(14 * DAY_MS - 6 * HOUR_MS);
    expect((await runRetention(world, POLICY)).alarms).toMatchObject([
      { level: "alarm", part: hotPart("p0", "people"), sent: "sent" },
    ]);
    await story.at(14 * DAY_MS);
    expect((await runRetention(world, POLICY)).alarms).toMatchObject([{ level: "page" }]);
    expect(sent.map(({ level, vaultId }) => [level, vaultId])).toEqual(
      ["alarm", "page"].map((level) => [level, story.history.made.vault.id]),
    );
    const records = await story.records();
    expect(records.filter(({ act }) => act === "alarm").length).toBe(2);
    expect(records.at(-1)).toMatchObject({ act: "retention", overdue: 1 });
    const last = await runRetention(story.world(), POLICY);
    expect(last.parts[0]).toMatchObject({ part: hotPart("p0", "people"), outcome: "gone", marginMs: 0 });
    for (const id of ["p0", "p1", "p2"]) story.history.states.delete(`${id}/people`);
    expect(await story.history.readableThoughGone()).toEqual([]);
    expect(await story.history.wrong()).toEqual([]);
  },
);

test("a class whose layers cannot be folded keeps no other", async () => {
  const story = await RetentionHistory.begin();
  await story.at(MONEY_DUE);
  const { stores } = story.history.made;
  // What the fold of class money reads.
  const damaged: Partial<ObjectStore> = {
    get: (name, range) =>
      name.startsWith("pages/money/p1") ? Promise.resolve(Buffer.from("x")) : stores.hot.get(name, range),
  };
  const report = await runRetention(await through(story, { hot: damaged }), POLICY);
  expect(outcomesOf(report)).toEqual(
    ["p0/people gone", "p1/people gone", "p2/people gone", "p0/money failed"].map((line) =>
      line.replace("gone", "left"),
    ),
  );
  expect(report.notices.filter((notice) => notice.startsWith("not swept to its end"))).toHaveLength(1);
  expect(await namesIn(stores.keys, "tombstones/")).toEqual(
    ["p0", "p1", "p2"].map((id) => `tombstones/parts/${id}/people`),
  );
  expect(outcomesOf(await runRetention(story.world(), POLICY)).toSorted()).toEqual([
    "p0/money gone",
    "p0/people gone",
    "p1/people gone",
    "p2/people gone",
  ]);
});

test("an alarm that cannot be sent is told and hides nothing", async () => {
  const story = await RetentionHistory.begin();
  await story.at(14 * DAY_MS);
  const { keys } = story.history.made.stores;
  const refusing = {
    delete: (name: string) => (name === "parts/p0/people" ? Promise.reject(forbidden(name)) : keys.delete(name)),
  };
  const notifier = {
    notify: () => Promise.reject(new Failure("NOTIFY_FAILED", "the webhook did not answer: ECONNREFUSED")),
  };
  const report = await runRetention({ ...(await through(story, { keys: refusing })), notifier }, POLICY);
  expect(outcomesOf(report)).toEqual(["p0/people failed", "p1/people gone", "p2/people gone"]);
  expect(report.alarms).toMatchObject([
    { level: "page", sent: "failed", reason: "the webhook did not answer: ECONNREFUSED" },
  ]);
  expect((await story.records()).map(({ act }) => act)).toEqual(["expire", "expire", "alarm", "retention"]);
});

test("of two workers at once one does it, the other finds it at work, and nothing is lost", async () => {
  const story = await RetentionHistory.begin();
  await story.at(PEOPLE_DUE);
  const { clock } = story.history.made;
  const both = Promise.all([runRetention(story.world(), POLICY), runRetention(story.world(), POLICY)]);
  for (let i = 0; i < 30; i++) await clock.advance(5000);
  const outcomes = (await both).flatMap(outcomesOf);
  expect(outcomes.length).toBe(2);
  await clock.advance(60_001);
  await runRetention(story.world(), POLICY);
  for (const id of ["p0", "p1", "p2"]) story.history.states.delete(`${id}/people`);
  expect(await story.history.wrong()).toEqual([]);
  expect(await story.history.readableThoughGone()).toEqual([]);
  const recorded = (await story.records()).flatMap((record) =>
    record.act === "expire" && "part" in record ? [record.part.id] : [],
  );
  expect(new Set(recorded)).toEqual(new Set(["p0", "p1", "p2"]));
});

describe("holds", () => {
  test("that cannot be read keep everything, and that is told and alarms", async () => {
    const story = await RetentionHistory.begin();
    await story.at(14 * DAY_MS - HOUR_MS);
    await story.evidence.put("holds/h/1-requested.json", [Buffer.from("{}")]);
    const report = await runRetention(story.world(), POLICY);
    expect(outcomesOf(report)).toEqual(["p0/people failed", "p1/people failed", "p2/people failed"]);
    expect(report.notices[0]).toContain("holds cannot be read, so nothing can be removed");
    expect(report.alarms.map(({ level }) => level)).toEqual(["alarm", "alarm", "alarm"]);
    expect(await story.history.wrong()).toEqual([]);
  });

  test("past their review date hold on and alarm, part by part", async () => {
    const story = await RetentionHistory.begin();
    await story.at(PEOPLE_DUE - DAY_MS);
    const parts = [hotPart("p0", "people"), hotPart("p0", "money")];
    await story.hold(parts, START + PEOPLE_DUE);
    await story.at(PEOPLE_DUE);
    const report = await runRetention(story.world(), POLICY);
    expect(outcomesOf(report)).toEqual(["p0/people held"]);
    expect(report.alarms.map(({ about, part }) => [about, part])).toEqual(parts.map((part) => ["hold", part]));
    expect((await story.records()).at(-1)).toMatchObject({ act: "retention", due: 1, gone: 0, held: 1, overdue: 0 });
    expect(await story.history.wrong()).toEqual([]);
  });
});

describe("a clock", () => {
  test("that went back ends every run before anything is done, pages, and is recorded, until somebody has looked", async () => {
    const story = await RetentionHistory.begin();
    await story.at(PEOPLE_DUE);
    await runRetention(story.world(), POLICY);
    story.history.states.delete("p0/people");
    const clock = { ...story.history.made.clock, now: () => START + PEOPLE_DUE - 60_001 };
    const sent: SentAlarm[] = [];
    const notifier = { notify: async (alarm: SentAlarm) => void sent.push(alarm) };
    const world = { ...story.world({ notifier }), clock, audit: { ...story.audit(), clock } };
    const before = await namesIn(story.history.made.stores.hot);
    // Twice: what the first run records does not make the second one trust the clock.
    for (const _ of [1, 2])
      await expect(runRetention(world, POLICY)).rejects.toMatchObject({
        code: "CLOCK_WRONG",
        message: expect.stringContaining("the clock went back") as string,
      });
    expect(await namesIn(story.history.made.stores.hot)).toEqual(before);
    expect((await story.records()).at(-1)).toMatchObject({ act: "retention", outcome: "refused", code: "CLOCK_WRONG" });
    expect(sent).toMatchObject([1, 2].map(() => ({ level: "page", about: "clock" })));
    const checked = await runRetention(world, POLICY, { isClockChecked: true });
    expect(checked.clock.problem).toContain("the clock went back");
    expect(checked.alarms).toMatchObject([{ level: "alarm", about: "clock" }]);
    // From then on the evidence has a run of this clock: only the store's own differs from it, by a minute and a millisecond.
    expect((await runRetention(world, POLICY)).clock.problem).toBe("the clock is 60 s behind the store's");
    expect(await story.history.wrong()).toEqual([]);
  });

  test("that is ahead of the store's keeps what has a minimum and nothing else, and alarms", async () => {
    const story = await RetentionHistory.begin();
    const archive = memoryRetainedStore(story.history.made.clock);
    const minimum = await putArchived(story, archive, { times: { keepUntil: START + 19 * DAY_MS } });
    await putArchived(story, archive, { businessDate: "2026-01-02" });
    await story.at(MONEY_DUE - HOUR_MS);
    const ahead = { ...story.history.made.clock, now: () => story.history.made.clock.now() + HOUR_MS };
    const world = { ...story.world({ archive }), clock: ahead, audit: { ...story.audit(), clock: ahead } };
    const report = await runRetention(world, POLICY);
    expect(report.clock).toEqual({ offsetMs: HOUR_MS, problem: "the clock is 3600 s ahead of the store's" });
    expect(report.parts.filter(({ outcome }) => outcome !== "gone")).toMatchObject([
      { part: minimum, outcome: "waits" },
    ]);
    expect(report.parts.filter(({ part }) => part.store === "archive")).toHaveLength(2);
    expect(report.parts.filter(({ part }) => part.store === "hot")).toHaveLength(4);
    expect(report.alarms).toMatchObject([{ level: "alarm", about: "clock" }]);
    expect((await story.records()).at(-1)).toMatchObject({
      clockOffsetMs: HOUR_MS,
      clockProblem: report.clock.problem,
    });
    await story.at(MONEY_DUE);
    const [last] = (await runRetention(story.world({ archive }), POLICY)).parts.filter(
      ({ part }) => part.store === "archive",
    );
    expect(last).toMatchObject({ part: minimum, outcome: "gone" });
  });

  test("that jumped ahead is told by the silence, once: the run after it goes on", async () => {
    const story = await RetentionHistory.begin();
    const archive = memoryRetainedStore(story.history.made.clock);
    await putArchived(story, archive, { times: { keepUntil: START + 19 * DAY_MS } });
    await runRetention(story.world({ archive }), POLICY);
    await story.at(1000 * DAY_MS);
    const jumped = await runRetention(story.world({ archive }), POLICY);
    expect(jumped.clock.problem).toMatch(/^nothing was recorded for \d+ hours/);
    expect(jumped.parts.at(-1)).toMatchObject({ outcome: "waits" });
    expect(await archivedNames(story, archive)).toHaveLength(3);
    await story.history.made.clock.advance(HOUR_MS);
    await runRetention(story.world({ archive }), POLICY);
    expect(await archivedNames(story, archive)).toEqual([]);
  });
});

test("an object that Lastgood never wrote is told, and goes when the class that ends first would; one that stays alarms", async () => {
  const story = await RetentionHistory.begin(1);
  const { stores, clock } = story.history.made;
  await stores.hot.put("dumps/people.sql", [Buffer.from("a copy")]);
  const writtenAt = clock.now();
  await clock.advance(14 * DAY_MS - 12 * HOUR_MS - 1);
  const [kept] = (await runRetention(story.world(), POLICY)).unknown;
  expect(kept).toEqual({
    store: "hot",
    name: "dumps/people.sql",
    bytes: 6,
    writtenAt,
    deadline: writtenAt + 14 * DAY_MS,
    outcome: "kept",
  });
  await clock.advance(1);
  const refusing = {
    delete: (name: string) => (name.startsWith("dumps/") ? Promise.reject(forbidden(name)) : stores.hot.delete(name)),
  };
  const refused = await runRetention(await through(story, { hot: refusing }), POLICY);
  expect(refused.unknown).toMatchObject([{ outcome: "failed", reason: "dumps/people.sql may not be deleted" }]);
  expect(refused.alarms).toMatchObject([{ level: "alarm", about: "unknown copy" }]);
  expect((await runRetention(story.world(), POLICY)).unknown).toMatchObject([{ outcome: "gone" }]);
  expect(await namesIn(stores.hot, "dumps/")).toEqual([]);
});

test("an hour in which nothing happened costs listings and the points' own documents", async () => {
  const story = await RetentionHistory.begin();
  const { stores, keys, entropy } = story.history.made;
  await story.at(DAY_MS + HOUR_MS);
  await runRetention(story.world(), POLICY);
  await story.at(DAY_MS + 2 * HOUR_MS);
  const [hot, keyStore] = [counting(stores.hot), counting(stores.keys)];
  const vault = await Vault.open({ hot, keys: keyStore }, keys, entropy);
  hot.reset();
  await runRetention({ ...story.world(), vault }, POLICY);
  expect(hot.counts.get.calls).toBe(3);
  // The clock is looked at with one object.
  expect([hot.counts.put.calls, hot.counts.delete.calls]).toEqual([1, 1]);
  expect(keyStore.counts.get.calls).toBe(0);
  await story.at(2 * DAY_MS);
  hot.reset();
  await runRetention({ ...story.world(), vault }, POLICY);
  expect(hot.counts.get.calls).toBeGreaterThan(10);
});
