import { expect, test } from "vitest";
import { archiveKeyName } from "../../../lib/engine/archive/archive-names.ts";
import { listArchiveParts } from "../../../lib/engine/archive/list-archive-parts.ts";
import { openArchivePart, readArchivedTable } from "../../../lib/engine/archive/open-archive-part.ts";
import { removeArchivePart } from "../../../lib/engine/archive/remove-archive-part.ts";
import { verifyArchiveParts } from "../../../lib/engine/archive/verify-archive.ts";
import type { ArchiveTimes } from "../../../lib/model/archive.ts";
import { memoryRetainedStore } from "../../local/memory-retained-store.ts";
import { ClassHistory } from "../class-history.ts";
import { memoryVault } from "../memory-vault.ts";
import { CLASS, laneFor, putSyntheticPoint, type TableState, takeBase } from "../synthetic-history.ts";
import { syntheticFacts } from "../synthetic-rows.ts";
import { archiveNewest, Dead, dyingAt, QUIET, unlocked, versionsIn } from "./archive-world.ts";

const DAY_MS = 86_400_000;

/** Three points of three classes, the last of them with deltas; and an empty archive. */
const worldOf = async () => {
  const history = await ClassHistory.begin(3);
  const { vault, clock, stores } = history.made;
  return { history, vault, clock, keys: stores.keys, archive: memoryRetainedStore(clock) };
};

const lockedFor = (days: number, startedAt: number): ArchiveTimes => ({
  ...unlocked(startedAt),
  lock: "compliance",
  retainUntil: startedAt + days * DAY_MS,
});

/** Rows as COPY text writes them: of a table without a key the bodies, whose ids are no text. */
const linesOf = ({ rows, facts }: TableState): readonly string[] =>
  [...rows].map(([id, body]) => (facts.key === undefined ? body : `${id}\t${body}`)).toSorted();

test("an archive part holds exactly the rows that the point showed, of its class alone, merged from their layers", async () => {
  const world = await worldOf();
  const { part } = await archiveNewest(world, "people", { packBytes: 1 });
  const opened = await openArchivePart(world.vault, world.archive, part);
  const states = world.history.states.get("p2/people") as readonly TableState[];
  expect(opened.manifest.tables.map(({ facts }) => facts.name)).toEqual(states.map(({ facts }) => facts.name));
  for (const [index, state] of states.entries()) {
    const pieces: Buffer[] = [];
    for await (const { bytes } of readArchivedTable(world.archive, opened, index)) pieces.push(bytes);
    const lines = Buffer.concat(pieces).toString("utf8").trimEnd().split("\n");
    const shown = state.facts.key === undefined ? lines.map((line) => line.split("\t")[1] ?? "") : lines;
    expect(shown.toSorted()).toEqual(linesOf(state));
  }
  expect(part).toMatchObject({ id: "shop/2026-11-01", class: "people", pointId: "p2", tables: 2 });
});

test("nothing in the clear names a table, a column or a row", async () => {
  const world = await worldOf();
  await archiveNewest(world, "people");
  for await (const { name, version } of world.archive.list("")) {
    const text = ((await world.archive.get(name, version)) as Buffer).toString("latin1");
    expect(text, name).not.toMatch(/people_keyed|people_log|canary|\bbody\b/);
  }
});

test("every object of a part is locked until the part's date, and its document too", async () => {
  const world = await worldOf();
  const times = lockedFor(30, world.clock.now());
  await archiveNewest(world, "money", { times });
  for await (const { name, version } of world.archive.list(""))
    expect(await world.archive.retention(name, version), name).toEqual({
      mode: "compliance",
      until: times.retainUntil,
    });
});

test("made again it is what it was: no key, pack or document more", async () => {
  const world = await worldOf();
  const first = await archiveNewest(world, "money");
  const before = await versionsIn(world.archive);
  expect(await archiveNewest(world, "money")).toEqual({ ...first, outcome: "there" });
  expect(await versionsIn(world.archive)).toEqual(before);
});

test("what somebody put beside a document under a longer name is not taken for it", async () => {
  const world = await worldOf();
  await world.archive.put("archives/shop/2026-11-01/money/part.json.bak", [Buffer.from("x")], { mode: "none" });
  expect((await archiveNewest(world, "money")).outcome).toBe("made");
  expect((await archiveNewest(world, "money")).outcome).toBe("there");
});

test("a pack ends with the frame that fills it, and each has a key of its own", async () => {
  const world = await worldOf();
  const packBytes = 700;
  const { part } = await archiveNewest(world, "money", { packBytes });
  const { packs } = (await openArchivePart(world.vault, world.archive, part)).manifest;
  const sizes = packs.map(({ frames }) => frames.map(({ bytes }) => bytes));
  const sum = (bytes: readonly number[]): number => bytes.reduce((all, one) => all + one, 0);
  for (const frames of sizes) expect(sum(frames.slice(0, -1))).toBeLessThan(packBytes);
  for (const frames of sizes.slice(0, -1)) expect(sum(frames)).toBeGreaterThanOrEqual(packBytes);
  expect(sizes.length).toBeGreaterThan(1);
  expect(sizes.slice(1).some((frames) => frames.length > 1)).toBe(true);
});

test("a table of many frames reads back whole, however its frames lie in packs", async () => {
  const { vault, clock } = await memoryVault();
  const rows = new Map(Array.from({ length: 800 }, (_, id) => [id, vault.entropy.bytes(3072).toString("hex")]));
  const lane = await laneFor(vault, "p0");
  const before = await takeBase(lane, "t0", syntheticFacts({ name: "before" }), new Map([[1, "a row"]]));
  const large = await takeBase(lane, "t1", syntheticFacts({ name: "large" }), rows);
  await putSyntheticPoint(vault, "p0", clock.now(), [before, large]);
  for (const packBytes of [1, 700_000]) {
    const archive = memoryRetainedStore(clock);
    const { part } = await archiveNewest({ vault, archive, clock }, CLASS, { packBytes });
    const opened = await openArchivePart(vault, archive, part);
    expect(
      opened.manifest.packs.flatMap(({ frames }) => frames).filter(({ table }) => table === 1).length,
    ).toBeGreaterThan(3);
    const pieces: Buffer[] = [];
    for await (const { bytes } of readArchivedTable(archive, opened, 1)) pieces.push(bytes);
    expect(Buffer.concat(pieces).toString("utf8")).toBe([...rows].map(([id, body]) => `${id}\t${body}\n`).join(""));
    expect((await verifyArchiveParts({ vault, archive, clock, ...QUIET }, [part], "read")).problems).toEqual([]);
  }
});

test("two classes of one archive share neither a key nor an object", async () => {
  const world = await worldOf();
  const [money, people] = [await archiveNewest(world, "money"), await archiveNewest(world, "people")];
  const keysOf = async ({ part }: typeof money): Promise<readonly string[]> => [
    (await world.vault.archiveKey(part)).toString("hex"),
    ...(await openArchivePart(world.vault, world.archive, part)).manifest.packs.map(({ key }) => key),
  ];
  const keys = [...(await keysOf(money)), ...(await keysOf(people))];
  expect(new Set(keys).size).toBe(keys.length);
  const names = [...money.part.objects, ...people.part.objects].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name } of money.part.objects) expect(name).toContain("/money/");
});

test("of two that ask at once for the data key of a part both get the one that is stored", async () => {
  const { vault } = await worldOf();
  const place = { database: "shop", businessDate: "2026-11-01", class: "money" };
  const keys = await Promise.all([vault.archiveKeyOrMake(place), vault.archiveKeyOrMake(place)]);
  for (const key of keys) expect(key).toEqual(await vault.archiveKey(place));
});

test("a wrapped key opens only as the class and the day that it was made for", async () => {
  const { vault, keys } = await worldOf();
  const place = { database: "shop", businessDate: "2026-11-01", class: "money" };
  await vault.archiveKeyOrMake(place);
  const wrapped = (await keys.get(archiveKeyName(place))) as Buffer;
  for (const other of [{ class: "people" }, { businessDate: "2026-11-02" }, { database: "other" }]) {
    await keys.put(archiveKeyName({ ...place, ...other }), [wrapped]);
    await expect(vault.archiveKey({ ...place, ...other })).rejects.toMatchObject({ code: "KEY_WRONG" });
  }
});

test("killed in any write, the next run ends with one whole part, and what is left over is named by none", async () => {
  for (const effect of [true, false])
    for (let nth = 1; ; nth++) {
      const world = await worldOf();
      const dying = dyingAt(world.archive, "put", nth, { effect });
      const died = await archiveNewest({ ...world, archive: dying }, "money", { packBytes: 1 }).then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Dead)) throw error;
          return true;
        },
      );
      const { part } = await archiveNewest(world, "money", { packBytes: 1 });
      const { parts, unknown, damaged } = await listArchiveParts(world.archive);
      expect(parts).toEqual([part]);
      expect(damaged).toEqual([]);
      const report = await verifyArchiveParts({ ...world, ...QUIET }, parts, "read");
      expect(report.problems).toEqual([]);
      const named = [...part.objects.map(({ name, version }) => `${name} ${version}`)];
      expect(await versionsIn(world.archive)).toEqual(
        [
          ...named,
          ...unknown.map(({ name, version }) => `${name} ${version}`),
          `archives/shop/2026-11-01/money/part.json ${part.documentVersion}`,
        ].toSorted(),
      );
      if (!died) {
        expect(unknown).toEqual([]);
        expect(nth).toBeGreaterThan(5);
        break;
      }
      // The document is the last write: where that took effect, nothing was left over.
      const isWhole = effect && unknown.length === 0;
      if (!isWhole) expect(unknown.length).toBe(effect ? nth : nth - 1);
    }
});

test("of two runs at once one document counts, and both tell the same part", async () => {
  const world = await worldOf();
  const [one, other] = await Promise.all([archiveNewest(world, "rest"), archiveNewest(world, "rest")]);
  expect(one.part).toEqual(other.part);
  expect([one.outcome, other.outcome].toSorted()).toEqual(["made", "there"]);
  expect((await listArchiveParts(world.archive)).parts).toHaveLength(1);
});

test("fails rather than name a pack that somebody deleted meanwhile", async () => {
  const world = await worldOf();
  const robbed = {
    ...world.archive,
    async put(...[name, pieces, retention]: Parameters<typeof world.archive.put>) {
      if (name.endsWith("/README.txt"))
        for await (const pack of world.archive.list("")) await world.archive.delete(pack.name, pack.version);
      return world.archive.put(name, pieces, retention);
    },
  };
  await expect(archiveNewest({ ...world, archive: robbed }, "rest")).rejects.toMatchObject({ code: "OBJECT_MISSING" });
  expect((await listArchiveParts(world.archive)).parts).toEqual([]);
});

test("what was destroyed is never made again under its name", async () => {
  const world = await worldOf();
  const { part } = await archiveNewest(world, "people");
  await removeArchivePart(world, part, async () => undefined);
  await expect(archiveNewest(world, "people")).rejects.toMatchObject({ code: "KEY_SHREDDED" });
  expect(await versionsIn(world.archive)).toEqual([]);
});
