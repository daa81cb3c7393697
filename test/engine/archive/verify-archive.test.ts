import { expect, test } from "vitest";
import { type ArchivedFrame, type ArchivedPack, compressFrame } from "../../../lib/engine/archive/archive-manifest.ts";
import { archiveDocumentName } from "../../../lib/engine/archive/archive-names.ts";
import { encrypting } from "../../../lib/engine/archive/archive-seal.ts";
import { listArchiveParts } from "../../../lib/engine/archive/list-archive-parts.ts";
import { openArchivePart, openFrame, readArchivedTable } from "../../../lib/engine/archive/open-archive-part.ts";
import { type ArchiveVerifyReport, verifyArchiveParts } from "../../../lib/engine/archive/verify-archive.ts";
import { decodeDocument, encodeDocument } from "../../../lib/engine/document.ts";
import type { ArchivedObject, ArchivePart } from "../../../lib/model/archive.ts";
import { Failure } from "../../../lib/model/errors.ts";
import type { RetainedStore } from "../../../lib/ports/retained-store.ts";
import { memoryRetainedStore } from "../../local/memory-retained-store.ts";
import { ClassHistory } from "../class-history.ts";
import { archiveNewest, QUIET, unlabelling, unlocked } from "./archive-world.ts";

const NONE = { mode: "none" } as const;

const worldOf = async () => {
  const { made } = await ClassHistory.begin(2);
  const { vault, clock } = made;
  const archive = memoryRetainedStore(clock);
  const { part } = await archiveNewest({ vault, archive, clock }, "people", { packBytes: 1 });
  return { vault, clock, archive, part };
};
type World = Awaited<ReturnType<typeof worldOf>>;

const verify = async (world: World, level: "list" | "read"): Promise<ArchiveVerifyReport> =>
  verifyArchiveParts({ ...world, ...QUIET }, (await listArchiveParts(world.archive)).parts, level);

/** The same store, one object of which reads as other bytes. */
const reading = (
  archive: RetainedStore,
  name: string,
  change: (bytes: Buffer) => Buffer | undefined,
): RetainedStore => ({
  ...archive,
  async get(asked, version, range) {
    const bytes = await archive.get(asked, version);
    const { offset, length } = range ?? { offset: 0, length: Infinity };
    const read = asked === name && bytes !== undefined ? change(bytes) : bytes;
    return read?.subarray(offset, offset + length);
  },
});

const flipped = (bytes: Buffer, at: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] as number) ^ 1;
  return changed;
};

test("a whole part has no problem, and every row of it was counted", async () => {
  const world = await worldOf();
  const report = await verify(world, "read");
  expect(report).toMatchObject({ parts: 1, tables: 2, problems: [], rows: world.part.rows });
  expect(report.objects).toBe(world.part.objects.length + 1);
  expect((await verify(world, "list")).rows).toBe(0);
});

test("a changed byte of any object is found, and the object is named", async () => {
  const world = await worldOf();
  for (const { name, bytes } of world.part.objects)
    for (const at of [0, bytes >> 1, bytes - 1]) {
      const archive = reading(world.archive, name, (read) => flipped(read, at));
      const { problems } = await verify({ ...world, archive }, "read");
      expect(problems.map(({ code, object }) => [code, object])).toContainEqual(["OBJECT_CORRUPT", name]);
    }
});

test("a changed byte of a pack never gives other rows, also where only a part of the pack is read", async () => {
  const world = await worldOf();
  const opened = await openArchivePart(world.vault, world.archive, world.part);
  for (const { name, bytes } of opened.packs) {
    const archive = reading(world.archive, name, (read) => flipped(read, bytes >> 1));
    const read = async () => {
      for (const table of opened.manifest.tables.keys())
        for await (const { bytes: plain } of readArchivedTable(archive, opened, table))
          expect(plain.length).toBeGreaterThan(0);
    };
    const holdsRows = opened.manifest.packs
      .find((pack) => name.endsWith(pack.name))
      ?.frames.some((one) => one.table !== undefined);
    if (holdsRows === true) await expect(read()).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
    else await read();
  }
});

test("rows that somebody changed who knew them, and even the pack's key, are refused where a part of a pack is read", async () => {
  const world = await worldOf();
  const opened = await openArchivePart(world.vault, world.archive, world.part);
  const index = opened.manifest.packs.findIndex(({ frames }) => frames[0]?.table === 0);
  const [pack, object] = [opened.manifest.packs[index], opened.packs[index]] as [ArchivedPack, ArchivedObject];
  const key = Buffer.from(pack.key, "hex");
  // Counter mode hides, and proves nothing: a frame of the same length opens.
  const forged = (sealed: Buffer): Buffer => {
    const rows = openFrame(object.name, pack, pack.frames[0] as ArchivedFrame, 0, sealed).toString("utf8");
    const other = compressFrame(Buffer.from(rows.replaceAll("canary", "qanary"), "utf8"));
    expect(other).toHaveLength(sealed.length);
    return encrypting(key)(other);
  };
  const archive = reading(world.archive, object.name, forged);
  const read = async () => {
    for await (const { bytes } of readArchivedTable(archive, opened, 0)) expect(bytes).toBeDefined();
  };
  await expect(read()).rejects.toThrow("the digest of a frame does not hold");
});

test("a missing object and one of another size are found without reading any", async () => {
  const world = await worldOf();
  const [first, second] = world.part.objects;
  await world.archive.delete(first?.name ?? "", first?.version ?? "");
  const archive: RetainedStore = {
    ...world.archive,
    async *list(prefix) {
      for await (const facts of world.archive.list(prefix))
        yield facts.name === second?.name ? { ...facts, bytes: 1 } : facts;
    },
  };
  const { problems } = await verify({ ...world, archive }, "list");
  expect(problems.map(({ code, object }) => [code, object])).toEqual([
    ["OBJECT_MISSING", first?.name],
    ["OBJECT_CORRUPT", second?.name],
  ]);
});

test("an object whose lock cannot be read is damaged, not missing, and the others are looked at", async () => {
  const world = await worldOf();
  const [first, second] = world.part.objects;
  await world.archive.delete(second?.name ?? "", second?.version ?? "");
  const archive = unlabelling(world.archive, first?.name ?? "");
  const { problems } = await verify({ ...world, archive }, "list");
  expect(problems.map(({ code, object }) => [code, object])).toEqual([
    ["OBJECT_CORRUPT", first?.name],
    ["OBJECT_MISSING", second?.name],
  ]);
});

test("an object that may not be read is no finding: the run ends, and says so", async () => {
  const world = await worldOf();
  const forbidden = new Failure("STORE_FORBIDDEN", "could not read it");
  const archive = unlabelling(world.archive, world.part.objects[0]?.name ?? "", forbidden);
  await expect(verify({ ...world, archive }, "list")).rejects.toBe(forbidden);
});

test("rows that are not there are told of their table", async () => {
  const world = await worldOf();
  const { manifest, packs } = await openArchivePart(world.vault, world.archive, world.part);
  const lost = packs[manifest.packs.findIndex(({ frames }) => frames[0]?.table === 1)];
  await world.archive.delete(lost?.name ?? "", lost?.version ?? "");
  const { problems, rows } = await verify(world, "read");
  expect(problems).toContainEqual(
    expect.objectContaining({ code: "DIGEST_MISMATCH", table: "public.people_log", archive: "shop/2026-11-01/people" }),
  );
  expect(rows).toBe(manifest.tables[0]?.rows);
});

test("a part whose key was destroyed is told so", async () => {
  const world = await worldOf();
  const { stores } = world.vault;
  for await (const { name } of stores.keys.list("archives/")) await stores.keys.delete(name);
  expect((await verify(world, "list")).problems).toMatchObject([{ code: "KEY_SHREDDED" }]);
});

test.each([
  ["its deadline", (part: ArchivePart) => ({ ...part, times: { ...part.times, deadline: part.times.deadline + 1 } })],
  ["its capture's start", (part: ArchivePart) => ({ ...part, startedAt: part.startedAt + 1 })],
  ["its rows", (part: ArchivePart) => ({ ...part, rows: part.rows + 1 })],
  ["its schedule", (part: ArchivePart) => ({ ...part, schedule: "yearly" as const })],
  [
    "a pack",
    (part: ArchivePart) => ({ ...part, objects: part.objects.filter(({ name }) => !name.endsWith("000001")) }),
  ],
  ["the digest of a pack", (part: ArchivePart) => ({ ...part, objects: part.objects.map((one) => wrongDigest(one)) })],
])("a document that was written anew with another %s is not what was sealed", async (_, change) => {
  const world = await worldOf();
  const name = archiveDocumentName(world.part);
  const { documentVersion: version } = world.part;
  const part = decodeDocument<ArchivePart>(name, (await world.archive.get(name, version)) as Buffer, 1);
  await world.archive.delete(name, version);
  await world.archive.put(name, [encodeDocument(change(part))], NONE);
  const { problems } = await verify(world, "list");
  expect(problems.map(({ code }) => code)).toContain("OBJECT_CORRUPT");
});

const wrongDigest = (object: ArchivePart["objects"][number]): ArchivePart["objects"][number] =>
  object.name.endsWith("000001") ? { ...object, sha256: "0".repeat(64) } : object;

test("an object that is not locked as its part says, or locked past its deletion, is a problem", async () => {
  const { vault, clock, archive } = await worldOf();
  const now = clock.now();
  const times = { ...unlocked(now), lock: "compliance", retainUntil: now + 1000 * 3600 } as const;
  await archiveNewest({ vault, archive, clock }, "money", { times });
  const codes = async (retention: Awaited<ReturnType<RetainedStore["retention"]>>): Promise<ReadonlySet<string>> => {
    const other: RetainedStore = { ...archive, retention: async () => retention };
    const parts = (await listArchiveParts(archive)).parts.filter((part) => part.class === "money");
    const report = await verifyArchiveParts({ vault, clock, archive: other, ...QUIET }, parts, "list");
    return new Set(report.problems.map(({ code }) => code));
  };
  const until = times.retainUntil;
  expect(await codes({ mode: "compliance", until })).toEqual(new Set());
  expect(await codes({ mode: "compliance", until: times.deleteAt })).toEqual(new Set());
  expect(await codes(undefined)).toEqual(new Set(["LOCK_WRONG"]));
  expect(await codes({ mode: "compliance", until: until - 1 })).toEqual(new Set(["LOCK_WRONG"]));
  expect(await codes({ mode: "governance", until })).toEqual(new Set(["LOCK_WRONG"]));
  expect(await codes({ mode: "compliance", until: times.deleteAt + 1 })).toEqual(new Set(["LOCK_WRONG"]));
  await clock.advance(until - now);
  expect(await codes(undefined)).toEqual(new Set());
});
