import { expect, test } from "vitest";
import { archiveDocumentName, archiveKeyName } from "../../../lib/engine/archive/archive-names.ts";
import { listArchiveParts, type StoredArchivePart } from "../../../lib/engine/archive/list-archive-parts.ts";
import { removeArchivePart } from "../../../lib/engine/archive/remove-archive-part.ts";
import type { ArchiveTimes } from "../../../lib/model/archive.ts";
import { Failure } from "../../../lib/model/errors.ts";
import { memoryRetainedStore } from "../../local/memory-retained-store.ts";
import { ClassHistory } from "../class-history.ts";
import { archiveNewest, Dead, dyingAt, unlabelling, unlocked, versionsIn } from "./archive-world.ts";

const HOUR_MS = 3_600_000;

const worldOf = async (lock: ArchiveTimes["lock"] = "none") => {
  const { made } = await ClassHistory.begin(1);
  const { vault, clock, stores } = made;
  const archive = memoryRetainedStore(clock);
  const until = clock.now() + HOUR_MS;
  const times = lock === "none" ? unlocked(clock.now()) : { ...unlocked(clock.now()), lock, retainUntil: until };
  const { part } = await archiveNewest({ vault, archive, clock }, "people", { times, packBytes: 1 });
  const other = await archiveNewest({ vault, archive, clock }, "money");
  return { vault, clock, keys: stores.keys, archive, part, other: other.part, until };
};

const yes = async (): Promise<void> => undefined;

const namesOf = (part: StoredArchivePart): readonly string[] =>
  [...part.objects, { name: archiveDocumentName(part), version: part.documentVersion }]
    .map(({ name, version }) => `${name} ${version}`)
    .toSorted();

test("a part that nothing locks goes whole, and no other with it", async () => {
  const world = await worldOf();
  const removal = await removeArchivePart(world, world.part, yes);
  expect(removal).toEqual({
    keyShredded: true,
    objectsDeleted: world.part.objects.length + 1,
    objectsLeft: [],
    lookedAt: world.clock.now(),
  });
  expect(await versionsIn(world.archive)).toEqual(namesOf(world.other));
  expect(await world.keys.head(archiveKeyName(world.other))).toBeDefined();
  await expect(world.vault.archiveKey(world.part)).rejects.toMatchObject({ code: "KEY_SHREDDED" });
});

test("what a lock refuses is left with its date, unreadable, and still named; after that date the rest goes", async () => {
  const world = await worldOf("compliance");
  const removal = await removeArchivePart(world, world.part, yes);
  expect(removal.keyShredded).toBe(true);
  expect(removal.objectsDeleted).toBe(0);
  expect(removal.objectsLeft).toEqual(
    world.part.objects.map(({ name, version }) => ({ name, version, until: world.until })),
  );
  const { parts, unknown } = await listArchiveParts(world.archive);
  expect(parts.map((part) => part.class)).toEqual(["money", "people"]);
  expect(unknown).toEqual([]);
  await world.clock.advance(HOUR_MS);
  const rest = await removeArchivePart(world, world.part, yes);
  expect(rest).toMatchObject({ keyShredded: false, objectsDeleted: world.part.objects.length + 1, objectsLeft: [] });
  expect(await versionsIn(world.archive)).toEqual(namesOf(world.other));
});

test("killed in any delete, the part cannot be read, is still told, and running it again completes it", async () => {
  for (const effect of [true, false])
    for (let nth = 1; ; nth++) {
      const world = await worldOf();
      const dying = dyingAt(world.archive, "delete", nth, { effect });
      const died = await removeArchivePart({ ...world, archive: dying }, world.part, yes).then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Dead)) throw error;
          return true;
        },
      );
      if (!died) {
        expect(nth).toBe(world.part.objects.length + 2);
        break;
      }
      await expect(world.vault.archiveKey(world.part)).rejects.toMatchObject({ code: "KEY_SHREDDED" });
      const { parts, unknown } = await listArchiveParts(world.archive);
      expect(unknown).toEqual([]);
      const left = parts.find((part) => part.class === "people");
      // Nothing tells of it only when nothing of it is there.
      expect(left === undefined).toBe(effect && nth === world.part.objects.length + 1);
      if (left !== undefined) expect((await removeArchivePart(world, left, yes)).objectsLeft).toEqual([]);
      expect(await versionsIn(world.archive)).toEqual(namesOf(world.other));
    }
});

test("an object that is damaged so that nobody can say what locks it is left and told, and keeps no other", async () => {
  const world = await worldOf();
  const damaged = world.part.objects[0]?.name ?? "";
  const archive = unlabelling(world.archive, damaged);
  const removal = await removeArchivePart({ ...world, archive }, world.part, yes);
  expect(removal).toMatchObject({
    ...{ keyShredded: true, objectsDeleted: world.part.objects.length - 1 },
    objectsLeft: [{ name: damaged, unlabelled: expect.stringContaining("what locks it") as string }],
  });
  expect((await listArchiveParts(archive)).parts.map((part) => part.class)).toEqual(["money", "people"]);
  // Somebody has put it back.
  const rest = await removeArchivePart(world, world.part, yes);
  expect(rest).toMatchObject({ keyShredded: false, objectsDeleted: 2, objectsLeft: [] });
  expect(await versionsIn(world.archive)).toEqual(namesOf(world.other));
});

test("a store that does not answer ends the removal; it is not taken for a lock", async () => {
  const world = await worldOf();
  const down = async () => Promise.reject(new Failure("STORE_UNREACHABLE", "the disk is away"));
  const removal = removeArchivePart({ ...world, archive: { ...world.archive, delete: down } }, world.part, yes);
  await expect(removal).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
});

test("asked before the key goes and before objects go: whoever says no stops it there", async () => {
  const world = await worldOf();
  const before = await versionsIn(world.archive);
  const no = async () => Promise.reject(new Dead("held"));
  await expect(removeArchivePart(world, world.part, no)).rejects.toThrow("held");
  expect(await world.vault.archiveKey(world.part)).toBeDefined();
  let asked = 0;
  const onceOnly = async () => (++asked === 2 ? no() : undefined);
  await expect(removeArchivePart(world, world.part, onceOnly)).rejects.toThrow("held");
  expect(await versionsIn(world.archive)).toEqual(before);
});

test("what somebody put over a document goes too, so that it never comes to be the one that counts", async () => {
  const world = await worldOf();
  const document = archiveDocumentName(world.part);
  let isThere = true;
  // Memory keeps one version of a name: this one stands for a bucket's.
  const archive: typeof world.archive = {
    ...world.archive,
    versions: async (name) => [
      ...(name === document && isThere ? ["later"] : []),
      ...(await world.archive.versions(name)),
    ],
    async delete(name, version) {
      if (version !== "later") {
        expect(name !== document || !isThere).toBe(true);
        return world.archive.delete(name, version);
      }
      isThere = false;
      return "deleted";
    },
  };
  const removal = await removeArchivePart({ ...world, archive }, world.part, yes);
  expect(removal.objectsLeft).toEqual([]);
  expect(isThere).toBe(false);
});
