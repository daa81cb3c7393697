import { expect, test } from "vitest";
import { listArchiveParts } from "../../lib/engine/archive/list-archive-parts.ts";
import { shredKey } from "../../lib/engine/shred.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { AuditRecord } from "../../lib/model/audit.ts";
import { archiveToSql, exportArchiveKey, listArchives, verifyArchives } from "../../lib/operations/archive.ts";
import { readRecords } from "../../lib/operations/audit.ts";
import { archiveOf, archivesDue, type CreateWorld, createArchives } from "../../lib/operations/create-archives.ts";
import { QUIET } from "../engine/archive/archive-world.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { dataClass, HOUR_MS, policyOf, term } from "../policy/made-policy.ts";

const POLICY = policyOf([
  dataClass("money", "P12Y", {
    archive: { yearly: term("P11Y"), daily: term("P30D") },
    lock: { mode: "compliance", term: term("P20D") },
  }),
  dataClass("people", "P14D"),
  dataClass("rest", "P60D", { archive: { daily: term("P60D") } }),
]);

/** Two points of 1 January 2026, and a store for archives. */
const worldOf = async () => {
  const history = await ClassHistory.begin(2);
  const { vault, clock } = history.made;
  const evidence = memoryStore(clock);
  const audit = { evidence, vaultId: vault.id, clock, actor: "tester" };
  const archive = memoryRetainedStore(clock);
  const world: CreateWorld = { vault, archive, clock, audit, warn: () => undefined, ...QUIET };
  return { history, world, evidence, archive, clock, vault };
};

const recordsIn = async (evidence: CreateWorld["audit"]["evidence"]): Promise<readonly AuditRecord[]> => {
  const records: AuditRecord[] = [];
  for await (const record of readRecords(evidence)) records.push(record);
  return records;
};

const create = async (world: CreateWorld) => createArchives(world, await archivesDue(world, POLICY));

test("what is due is made once, recorded with its digest and version, and reads back", async () => {
  const { world, evidence, archive } = await worldOf();
  const outcomes = await create(world);
  expect(outcomes.map((one) => [one.class, one.schedule, one.businessDate, one.pointId, one.outcome])).toEqual([
    ["money", "yearly", "2026-01-01", "p0", "made"],
    ["rest", "daily", "2026-01-01", "p0", "made"],
  ]);
  const { parts } = await listArchiveParts(archive);
  expect(await recordsIn(evidence)).toMatchObject(
    parts.map((part) => ({
      act: "archive",
      outcome: "done",
      database: "shop",
      part: { store: "archive", id: "shop/2026-01-01", class: part.class },
      point: "p0",
      rows: 60,
      sha256: part.documentSha256,
      version: part.documentVersion,
      deadline: part.times.deadline,
    })),
  );
  expect((await verifyArchives(world, "all", "read")).problems).toEqual([]);
  expect(await create(world)).toEqual([]);
  expect(await recordsIn(evidence)).toHaveLength(2);
});

test("a run that dies in any write is completed by the next one, and every archive is recorded exactly once", async () => {
  for (const effect of [true, false])
    for (let nth = 1; ; nth++) {
      const { world, evidence, archive, clock, vault } = await worldOf();
      // What dies is the evidence store: after documents, before and in their records.
      const dying = faulty(evidence).stopAfter("put", nth, { effect });
      const died = await create({ ...world, audit: { ...world.audit, evidence: dying } }).then(
        () => false,
        (error: unknown) => {
          if (!dying.killed) throw error;
          return true;
        },
      );
      await clock.advance(2 * HOUR_MS);
      await create(world);
      await clock.advance(2 * HOUR_MS);
      await create(world);
      const { parts } = await listArchiveParts(archive);
      expect(parts.map((part) => part.class)).toEqual(["money", "rest"]);
      const digests = (await recordsIn(evidence)).flatMap((record) =>
        record.outcome === "done" && record.act === "archive" ? [record.sha256] : [],
      );
      expect(digests.toSorted()).toEqual(parts.map((part) => part.documentSha256).toSorted());
      expect(await namesIn(vault.stores.keys, "archives/")).toHaveLength(2);
      if (!died) {
        expect(nth).toBe(3);
        break;
      }
    }
});

test("what was recorded long ago is not recorded again", async () => {
  const { world, evidence, clock } = await worldOf();
  await create(world);
  await clock.advance(10 * 24 * HOUR_MS);
  await createArchives(world, []);
  expect(await recordsIn(evidence)).toHaveLength(2);
});

test("of two runs at once each archive is made and recorded by one", async () => {
  const { world, evidence } = await worldOf();
  const due = await archivesDue(world, POLICY);
  const runs = await Promise.all([createArchives(world, due), createArchives(world, due)]);
  for (const [at] of due.entries())
    expect(runs.map((outcomes) => String(outcomes[at]?.outcome)).toSorted()).toEqual(["made", "there"]);
  expect(await recordsIn(evidence)).toHaveLength(due.length);
});

test("an archive whose document is damaged is not told as one that never was", async () => {
  const { world, archive } = await worldOf();
  await create(world);
  const name = "archives/shop/2026-01-01/rest/part.json";
  await archive.delete(name, (await archive.versions(name))[0] ?? "");
  await archive.put(name, [Buffer.from("x")], { mode: "none" });
  const damaged = { code: "OBJECT_CORRUPT" };
  await expect(exportArchiveKey(world, "shop/2026-01-01", "rest")).rejects.toMatchObject(damaged);
  expect((await verifyArchives(world, "all", "list")).problems).toMatchObject([{ ...damaged, object: name }]);
  expect((await listArchives(world)).damaged).toMatchObject([{ name }]);
});

test("an archive whose removal has begun is told as one whose key was destroyed", async () => {
  const { world, vault } = await worldOf();
  await create(world);
  const [key = ""] = await namesIn(vault.stores.keys, "archives/");
  const wrapped = (await vault.stores.keys.get(key)) as Buffer;
  await shredKey(vault.stores.keys, key, world.clock.now());
  const states = async () => (await listArchives(world)).parts.map(({ state }) => state);
  expect(await states()).toEqual(["key destroyed", "readable"]);
  // A backup of the key store that was put back brings nothing back.
  await vault.stores.keys.put(key, [wrapped]);
  expect(await states()).toEqual(["key destroyed", "readable"]);
});

test("an archive that cannot be made is told and recorded, and the others are made", async () => {
  const { world, evidence, vault } = await worldOf();
  // A chunk of money is gone: its rows cannot be read.
  const chunks = await namesIn(vault.hot, "chunks/money/");
  for (const name of chunks) await vault.hot.delete(name);
  const outcomes = await create(world);
  expect(outcomes).toMatchObject([
    { class: "money", outcome: "failed", failure: { code: "OBJECT_MISSING" } },
    { class: "rest", outcome: "made" },
  ]);
  expect(await recordsIn(evidence)).toMatchObject([
    { act: "archive", outcome: "failed", code: "OBJECT_MISSING", point: "p0" },
    { act: "archive", outcome: "done" },
  ]);
  expect((await listArchives(world)).parts.map((part) => part.class)).toEqual(["rest"]);
});

test("while an archive is made its point's pages are held against a sweep, and let go afterwards", async () => {
  const { world, vault } = await worldOf();
  const intents: (readonly string[])[] = [];
  const archive = {
    ...world.archive,
    async put(...args: Parameters<typeof world.archive.put>) {
      intents.push(await namesIn(vault.hot, "intents/"));
      return world.archive.put(...args);
    },
  };
  await create({ ...world, archive });
  for (const held of intents) expect(held.some((name) => name.endsWith(".needs.json"))).toBe(true);
  expect(await namesIn(vault.hot, "intents/")).toEqual([]);
});

test("one class of one point is made by the class's longest schedule, due or not; what may not be is refused", async () => {
  const { world, clock } = await worldOf();
  expect(await archiveOf(world, POLICY, "p1", "money")).toMatchObject({ pointId: "p1", schedule: "yearly" });
  await expect(archiveOf(world, POLICY, "p1", "people")).rejects.toMatchObject({ code: "USAGE" });
  await expect(archiveOf(world, POLICY, "p1", "nothing")).rejects.toMatchObject({ code: "USAGE" });
  await expect(archiveOf(world, { ...POLICY, databases: ["other"] }, "p1", "money")).rejects.toMatchObject({
    code: "USAGE",
  });
  await clock.advance(61 * 24 * HOUR_MS);
  await expect(archiveOf(world, POLICY, "p1", "rest")).rejects.toThrow("would have to be deleted at once");
});

test("an archive is found by its id and classes alone, and its key is the one that opens it", async () => {
  const { world, vault, archive } = await worldOf();
  await create(world);
  const [money] = (await listArchiveParts(archive)).parts;
  const key = await exportArchiveKey(world, "shop/2026-01-01", "money");
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(Buffer.from(key, "hex")).toEqual(await vault.archiveKey(money as NonNullable<typeof money>));
  for (const [id, classes] of [
    ["shop/2026-01-02", []],
    ["shop/2026-01", []],
    ["shop/2026-01-01", ["people"]],
    ["shop/2026-01-01", ["money", "people"]],
  ] as const)
    await expect(verifyArchives(world, { id, classes }, "list")).rejects.toMatchObject({ code: "ARCHIVE_NOT_FOUND" });
  expect(await verifyArchives(world, { id: "shop/2026-01-01", classes: ["rest"] }, "list")).toMatchObject({ parts: 1 });
});

test("classes that were archived of different points are not put together", async () => {
  const { world } = await worldOf();
  const [money, rest] = [await archiveOf(world, POLICY, "p0", "money"), await archiveOf(world, POLICY, "p1", "rest")];
  await createArchives(world, [money, rest]);
  const written: Buffer[] = [];
  const sql = { ...world, write: async (bytes: Buffer) => void written.push(bytes) };
  await expect(archiveToSql(sql, { id: "shop/2026-01-01", classes: [] }, [])).rejects.toMatchObject({
    code: "ARCHIVE_MIXED",
  });
  expect(written).toEqual([]);
  expect(await archiveToSql(sql, { id: "shop/2026-01-01", classes: ["rest"] }, [])).toMatchObject({ tables: 2 });
  expect(Buffer.concat(written).toString("utf8")).toContain("of rest>");
});

test("an interrupted run says so, and does not go on with the next archive", async () => {
  const { world, evidence } = await worldOf();
  const stop = new AbortController();
  const progress = () => stop.abort(new Killed("stopped"));
  await expect(create({ ...world, progress, signal: stop.signal })).rejects.toThrow("stopped");
  expect(await recordsIn(evidence)).toHaveLength(1);
});
