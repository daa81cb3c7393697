import { expect, test } from "vitest";
import type { DailyVerification } from "../../lib/model/verification.ts";
import { listArchives, verifyArchives } from "../../lib/operations/archive.ts";
import { archivesDue, createArchives } from "../../lib/operations/create-archives.ts";
import { verifyDay } from "../../lib/operations/daily-verification.ts";
import { runRetention } from "../../lib/operations/retention.ts";
import type { RetainedStore } from "../../lib/ports/retained-store.ts";
import { QUIET, unlabelling, versionsIn } from "../engine/archive/archive-world.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { DAY_MS, HOUR_MS, POLICY, RetentionHistory, START } from "./retention-world.ts";

const FOREIGN = "notes/from-ada.txt";
const DOCUMENT = "archives/shop/2026-01-01/money/part.json";

const storyOf = async (foreign: string) => {
  const story = await RetentionHistory.begin(1);
  const { clock, vault } = story.history.made;
  const store = memoryRetainedStore(clock);
  await store.put(foreign, [Buffer.from("a note")], { mode: "none" });
  const archive = unlabelling(store, foreign);
  return { story, clock, vault, archive, store, at: clock.now() };
};
type Story = Awaited<ReturnType<typeof storyOf>>;

const create = async ({ story, vault, archive, clock }: Story, told: string[] = []) => {
  const warn = (message: string): void => void told.push(message);
  const world = { vault, archive, clock, audit: story.audit(), warn, ...QUIET };
  return createArchives(world, await archivesDue(world, POLICY));
};

const worker = ({ story, archive }: Story, options = {}) => runRetention(story.world({ archive }), POLICY, options);

const verified = async (
  { story, vault, clock }: Story,
  archive: RetainedStore,
): Promise<DailyVerification["invariants"]> => {
  const day = await verifyDay({ vault, clock, audit: story.audit(), archive, ...QUIET }, POLICY);
  return day.invariants.filter(({ result }) => result === "broken");
};

test("a file in the archive that is not of Lastgood stops nothing, and whatever runs names it", async () => {
  const world = await storyOf(FOREIGN);
  const told: string[] = [];
  const outcomes = await create(world, told);
  expect(outcomes.map((one) => [one.class, one.outcome])).toEqual([
    ["money", "made"],
    ["people", "made"],
    ["rest", "made"],
  ]);
  expect(told).toEqual([`object ${FOREIGN} of the archive is not of Lastgood: move it out`]);
  const list = await listArchives(world);
  expect(list).toMatchObject({
    ...{ unknown: { objects: 0 }, damaged: [] },
    foreign: { objects: 1, bytes: 6, names: [FOREIGN] },
  });
  expect(list.parts).toHaveLength(3);
  expect((await verifyArchives({ ...world, ...QUIET }, "all", "read")).problems).toEqual([]);
  expect(await verified(world, world.archive)).toMatchObject([
    { id: "I-03", found: `1 object that Lastgood did not make: archive/${FOREIGN}` },
  ]);
});

test("it counts as a copy of the class that ends first, and stays, alarming, where nobody can say that nothing locks it", async () => {
  const world = await storyOf(FOREIGN);
  const deadline = world.at + 14 * DAY_MS;
  const advanceTo = (at: number) => world.clock.advance(at - world.clock.now());
  const copy = { store: "archive", name: FOREIGN, bytes: 6, writtenAt: world.at, deadline };
  await advanceTo(deadline - 12 * HOUR_MS - 1);
  expect(await worker(world)).toMatchObject({ unknown: [{ ...copy, outcome: "kept" }], alarms: [] });
  await advanceTo(deadline - 12 * HOUR_MS);
  expect(await worker(world)).toMatchObject({
    unknown: [{ ...copy, outcome: "failed", reason: expect.stringContaining("what locks it") as string }],
    alarms: [{ level: "alarm", about: "unknown copy", deadline }],
  });
  await advanceTo(deadline);
  expect((await worker(world)).alarms).toMatchObject([{ level: "page", about: "unknown copy" }]);
  expect((await verified(world, world.archive)).map(({ id }) => id)).toContain("I-01");
});

test("one that says itself that nothing locks it goes when that class would, though its name is of a class that stays longer", async () => {
  const { store, ...world } = await storyOf("archives/shop/2026-01-01/rest/notes.txt");
  const story = { ...world, store, archive: store };
  await story.clock.advance(14 * DAY_MS - 12 * HOUR_MS - 1);
  expect((await worker(story)).unknown).toMatchObject([{ outcome: "kept" }]);
  await story.clock.advance(1);
  expect((await worker(story)).unknown).toMatchObject([{ outcome: "gone" }]);
});

test("a document that cannot be read alarms at once, pages when its class must be gone, and removes nothing", async () => {
  const { store, ...rest } = await storyOf(FOREIGN);
  const plain = { ...rest, store, archive: store };
  await create(plain);
  const world = { ...plain, archive: unlabelling(store, DOCUMENT) };
  const before = await versionsIn(store);
  const damaged = {
    ...{ store: "archive", name: DOCUMENT, outcome: "failed", deadline: START + 20 * DAY_MS },
    reason: expect.stringMatching(/nobody knows when it is to go: .* does not begin with the line/) as string,
  };
  const report = await worker(world);
  expect(report.unknown).toMatchObject([damaged, { name: FOREIGN, outcome: "kept" }]);
  expect(report.alarms).toMatchObject([{ level: "alarm", about: "unknown copy", deadline: START + 20 * DAY_MS }]);
  expect(await worker(world, { dryRun: true })).toMatchObject({ unknown: [damaged, {}], alarms: [] });
  await world.clock.advance(START + 20 * DAY_MS - 1 - world.clock.now());
  expect((await worker(world)).alarms.filter(({ message }) => message.includes(DOCUMENT))).toMatchObject([
    { level: "alarm" },
  ]);
  await world.clock.advance(1);
  expect((await worker(world)).alarms.filter(({ message }) => message.includes(DOCUMENT))).toMatchObject([
    { level: "page" },
  ]);
  expect((await verified(world, world.archive)).find(({ id }) => id === "I-01")?.found).toContain(
    "what nothing names should have been gone by 2026-01-21",
  );
  const ofMoney = (name: string): boolean => name.startsWith("archives/shop/2026-01-01/money/");
  expect(before.filter(ofMoney)).toHaveLength(4);
  expect((await versionsIn(store)).filter(ofMoney)).toEqual(before.filter(ofMoney));
});

test("archive create tells of a document that cannot be read, and does not make that archive a second time", async () => {
  const world = await storyOf(FOREIGN);
  await create(world);
  const told: string[] = [];
  const damaged = { ...world, archive: unlabelling(world.store, DOCUMENT) };
  expect(await create(damaged, told)).toMatchObject([
    { class: "money", outcome: "failed", failure: { code: "OBJECT_CORRUPT" } },
  ]);
  expect(told[0]).toMatch(/^an archive cannot be read: .*part\.json does not begin/);
});
