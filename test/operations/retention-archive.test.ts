import { expect, test } from "vitest";
import { LEASE_MS } from "../../lib/engine/intent.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import type { RetainedStore } from "../../lib/ports/retained-store.ts";
import { unlabelling } from "../engine/archive/archive-world.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { archivedNames, DAY_MS, HOUR_MS, POLICY, putArchived, RetentionHistory, START } from "./retention-world.ts";

const DUE = 20 * DAY_MS - 12 * HOUR_MS;

const storyAt = async (ms: number, more: Parameters<typeof putArchived>[2] = {}) => {
  const story = await RetentionHistory.begin(1);
  const archive = memoryRetainedStore(story.history.made.clock);
  const part = await putArchived(story, archive, more);
  await story.at(ms);
  return { story, archive, part };
};

const archivedIn = ({ parts }: Awaited<ReturnType<typeof runRetention>>) =>
  parts.filter(({ part }) => part.store === "archive");

test("an archive part goes when it is due, to the millisecond, key first, and is in the evidence", async () => {
  const { story, archive, part } = await storyAt(DUE - 1);
  const before = await archivedNames(story, archive);
  expect(archivedIn(await runRetention(story.world({ archive }), POLICY))).toEqual([]);
  expect(await archivedNames(story, archive)).toEqual(before);
  await story.at(DUE);
  const report = await runRetention(story.world({ archive }), POLICY);
  expect(archivedIn(report)).toMatchObject([
    { part, outcome: "gone", keyShredded: true, objectsDeleted: 2, objectsLeft: 0, marginMs: 12 * HOUR_MS },
  ]);
  expect(await archivedNames(story, archive)).toEqual([]);
  expect((await story.records()).filter((record) => "part" in record && record.part.store === "archive")).toMatchObject(
    [{ act: "expire", tier: "archive", part, objectsLeft: 0 }],
  );
});

test("a dry run says what would go and what waits, and writes nothing", async () => {
  const { story, archive, part } = await storyAt(DUE);
  await putArchived(story, archive, {
    class: "people",
    times: { lock: "governance", retainUntil: START + 30 * DAY_MS },
  });
  const before = await archivedNames(story, archive);
  const report = await runRetention(story.world({ archive }), POLICY, { dryRun: true });
  expect(archivedIn(report)).toMatchObject([
    { part: { class: "people" }, outcome: "locked", lockedUntil: START + 30 * DAY_MS },
    { part, outcome: "due" },
  ]);
  expect(await archivedNames(story, archive)).toEqual(before);
  expect(await story.records()).toEqual([]);
});

test("a lock that ends after the deadline is not touched, alarms at once, and is over when it ends", async () => {
  const lockedUntil = START + 21 * DAY_MS;
  const { story, archive, part } = await storyAt(DUE, { times: { lock: "compliance", retainUntil: lockedUntil } });
  const before = await archivedNames(story, archive);
  const report = await runRetention(story.world({ archive }), POLICY);
  expect(archivedIn(report)).toMatchObject([{ part, outcome: "locked", lockedUntil }]);
  expect(report.alarms).toMatchObject([{ level: "alarm", about: "part", part, sent: "nobody to tell" }]);
  expect(await archivedNames(story, archive)).toEqual(before);
  await story.at(20 * DAY_MS);
  expect((await runRetention(story.world({ archive }), POLICY)).alarms).toMatchObject([{ level: "page", part }]);
  await story.at(21 * DAY_MS);
  const last = await runRetention(story.world({ archive }), POLICY);
  expect(archivedIn(last)).toMatchObject([{ part, outcome: "gone", marginMs: -DAY_MS }]);
});

test("where somebody has extended a lock, the key goes when the part is due, and the rest when the store lets it", async () => {
  const { story, archive, part } = await storyAt(DUE);
  const lockedUntil = START + 22 * DAY_MS;
  const extended: RetainedStore = {
    ...archive,
    retention: async () => ({ mode: "compliance", until: lockedUntil }),
    delete: async (name, version) => {
      if (story.history.made.clock.now() < lockedUntil) throw retained;
      return archive.delete(name, version);
    },
  };
  const retained = await lockedFailure();
  const report = await runRetention(story.world({ archive: extended }), POLICY);
  expect(archivedIn(report)).toMatchObject([{ part, outcome: "left", keyShredded: true, objectsLeft: 1, lockedUntil }]);
  expect(report.alarms).toMatchObject([{ level: "alarm", part }]);
  await story.at(20 * DAY_MS + HOUR_MS);
  await runRetention(story.world({ archive: extended }), POLICY);
  // Nothing was done since: one record is enough.
  expect(
    (await story.records()).filter(
      (record) => record.act === "expire" && record.outcome === "done" && record.part.store === "archive",
    ).length,
  ).toBe(1);
  await story.at(22 * DAY_MS);
  expect(archivedIn(await runRetention(story.world({ archive: extended }), POLICY))).toMatchObject([
    { outcome: "gone" },
  ]);
});

test("a part of which an object is damaged goes but for that, unreadable, is in the evidence, and alarms with the reason", async () => {
  const { story, archive, part } = await storyAt(DUE);
  const pack = "archives/shop/2026-01-01/money/1/packs/000001";
  const damaged = unlabelling(archive, pack);
  const reason = `${pack} does not begin with the line that says what locks it`;
  const report = await runRetention(story.world({ archive: damaged }), POLICY);
  expect(archivedIn(report)).toMatchObject([{ part, outcome: "left", keyShredded: true, objectsLeft: 1, reason }]);
  expect(report.alarms).toEqual([]);
  expect((await story.records()).filter((record) => "part" in record && record.part.store === "archive")).toMatchObject(
    [{ act: "expire", part, keyShredded: true, objectsLeft: 1 }],
  );
  await story.at(20 * DAY_MS);
  const late = await runRetention(story.world({ archive: damaged }), POLICY);
  expect(late.alarms).toMatchObject([{ level: "page", part, message: expect.stringContaining(reason) as string }]);
  expect(archivedIn(await runRetention(story.world({ archive }), POLICY))).toMatchObject([{ part, outcome: "gone" }]);
});

test("a held archive part stays whole, and goes when two people have released it", async () => {
  const { story, archive, part } = await storyAt(DUE);
  const hold = await story.hold([part]);
  const before = await archivedNames(story, archive);
  const report = await runRetention(story.world({ archive }), POLICY);
  expect(archivedIn(report)).toMatchObject([{ part, outcome: "held", code: "PART_HELD" }]);
  expect(await archivedNames(story, archive)).toEqual(before);
  await story.release(hold);
  expect(archivedIn(await runRetention(story.world({ archive }), POLICY))).toMatchObject([{ part, outcome: "gone" }]);
});

test("a run that dies at any delete of an archive is completed by the next one, with its record", async () => {
  for (const effect of [true, false])
    for (let nth = 1; ; nth++) {
      const { story, archive, part } = await storyAt(DUE);
      let calls = 0;
      const dying: RetainedStore = {
        ...archive,
        delete: async (name, version) => {
          if (++calls < nth) return archive.delete(name, version);
          if (effect) await archive.delete(name, version);
          throw new Error("this process was stopped");
        },
      };
      const died = await runRetention(story.world({ archive: dying }), POLICY).then(
        () => false,
        () => true,
      );
      if (!died) {
        expect(nth).toBe(3);
        break;
      }
      await story.history.made.clock.advance(LEASE_MS + 1);
      const report = await runRetention(story.world({ archive }), POLICY);
      expect(archivedIn(report)).toMatchObject([{ part, outcome: "gone" }]);
      expect(await archivedNames(story, archive)).toEqual([]);
      const recorded = (await story.records()).filter((record) => "part" in record && record.part.store === "archive");
      expect(recorded).toMatchObject([{ act: "expire", objectsLeft: 0 }]);
    }
});

test("what an archive run that died has left goes as early as the class that ends first, and is told until then", async () => {
  const story = await RetentionHistory.begin(1);
  const { clock } = story.history.made;
  const archive = memoryRetainedStore(clock);
  const name = "archives/shop/2026-01-01/money/1/packs/000001";
  await archive.put(name, [Buffer.from("sealed")], { mode: "none" });
  const writtenAt = clock.now();
  // Of its own class, from the start of its business date.
  const deadline = Date.UTC(2026, 0, 1) + 20 * DAY_MS;
  await clock.advance(14 * DAY_MS - 12 * HOUR_MS - 1);
  const kept = { store: "archive", name, version: "v1", bytes: 6, writtenAt, deadline, outcome: "kept" };
  expect((await runRetention(story.world({ archive }), POLICY)).unknown).toEqual([kept]);
  await clock.advance(1);
  expect((await runRetention(story.world({ archive }), POLICY)).unknown).toEqual([{ ...kept, outcome: "gone" }]);
  expect(await archivedNames(story, archive)).toEqual([]);
  expect((await runRetention(story.world({ archive }), POLICY)).unknown).toEqual([]);
});

test("while the store locks it, it waits without an alarm, but not longer than its own class may be there", async () => {
  const story = await RetentionHistory.begin(1);
  const { clock } = story.history.made;
  const archive = memoryRetainedStore(clock);
  const name = "archives/shop/2026-01-01/money/1/packs/000001";
  const deadline = Date.UTC(2026, 0, 1) + 20 * DAY_MS;
  await archive.put(name, [Buffer.from("sealed")], { mode: "compliance", until: deadline + DAY_MS });
  const run = () => runRetention(story.world({ archive }), POLICY);
  const advanceTo = (at: number) => clock.advance(at - clock.now());
  await advanceTo(deadline - 12 * HOUR_MS - 1);
  expect(await run()).toMatchObject({ unknown: [{ outcome: "kept", deadline }], alarms: [] });
  await advanceTo(deadline - 12 * HOUR_MS);
  expect(await run()).toMatchObject({
    unknown: [{ outcome: "failed", deadline }],
    alarms: [{ level: "alarm", about: "unknown copy" }],
  });
  await advanceTo(deadline);
  expect(await run()).toMatchObject({ alarms: [{ level: "page", about: "unknown copy" }] });
});

/** What a store says that locks. */
const lockedFailure = async (): Promise<unknown> => {
  const story = await RetentionHistory.begin(1);
  const archive = memoryRetainedStore(story.history.made.clock);
  await archive.put("a", [], { mode: "governance", until: START + DAY_MS });
  return archive.delete("a", "v1").catch((error: unknown) => error);
};
