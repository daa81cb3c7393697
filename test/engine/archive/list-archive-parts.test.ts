import { expect, test } from "vitest";
import { archiveDocumentName, archivePrefix } from "../../../lib/engine/archive/archive-names.ts";
import { listArchiveParts } from "../../../lib/engine/archive/list-archive-parts.ts";
import { encodeDocument, sha256 } from "../../../lib/engine/document.ts";
import type { RetainedFacts, RetainedStore } from "../../../lib/ports/retained-store.ts";
import { memoryRetainedStore } from "../../local/memory-retained-store.ts";
import { ClassHistory } from "../class-history.ts";
import { archiveNewest, unlabelling } from "./archive-world.ts";

const NONE = { mode: "none" } as const;

const worldOf = async () => {
  const { made } = await ClassHistory.begin(1);
  const { vault, clock } = made;
  const archive = memoryRetainedStore(clock);
  const { part } = await archiveNewest({ vault, archive, clock }, "people");
  return { vault, clock, archive, part };
};

/** A bucket in which somebody put another version over a name: the latest comes first. */
const withLater = (archive: RetainedStore, name: string, content: Buffer): RetainedStore => ({
  ...archive,
  async *list(prefix) {
    for await (const facts of archive.list(prefix)) {
      if (facts.name === name) yield { ...facts, version: "later", bytes: content.length } satisfies RetainedFacts;
      yield facts;
    }
  },
  get: async (...[asked, version, range]) => (version === "later" ? content : archive.get(asked, version, range)),
});

test("of two versions of a document the oldest counts, and the later one is somebody else's", async () => {
  const { archive, part } = await worldOf();
  const forged = encodeDocument({ ...part, objects: [], times: { ...part.times, deadline: 0 } });
  const name = archiveDocumentName(part);
  const { parts, unknown } = await listArchiveParts(withLater(archive, name, forged));
  expect(parts).toEqual([part]);
  expect(unknown).toMatchObject([{ name, version: "later", leftOf: undefined }]);
});

test("what no part names is told: of which archive a run left it, or that no run leaves such an object", async () => {
  const { archive, part } = await worldOf();
  const left = [`${archivePrefix(part)}0123456789abcdef/packs/000001`, "archives/shop/2026-11-02/money/1/manifest"];
  const foreign = ["archives/shop/2026-02-30/money/1/manifest", "archives/shop/2026-11-01/money/x", "zz"];
  for (const name of [...left, ...foreign]) await archive.put(name, [Buffer.from("x")], NONE);
  const { parts, unknown, damaged } = await listArchiveParts(archive);
  expect(parts).toEqual([part]);
  expect(damaged).toEqual([]);
  expect(new Map(unknown.map(({ name, leftOf }) => [name, leftOf]))).toEqual(
    new Map([
      [left[0], { businessDate: "2026-11-01", class: "people" }],
      [left[1], { businessDate: "2026-11-02", class: "money" }],
      ...foreign.map((name) => [name, undefined] as const),
    ]),
  );
});

test("what lies where a pack was is somebody else's, though its name is one of ours", async () => {
  const { archive, part } = await worldOf();
  const [pack] = part.objects;
  await archive.delete(pack?.name ?? "", pack?.version ?? "");
  await archive.put(pack?.name ?? "", [Buffer.from("x")], NONE);
  const { parts, unknown } = await listArchiveParts(archive);
  expect(parts).toEqual([part]);
  expect(unknown).toMatchObject([{ name: pack?.name, leftOf: undefined }]);
});

test("a file whose lock cannot be read hides nothing: it is somebody else's, a part's, or the part's whose document it is", async () => {
  const { archive, part } = await worldOf();
  const stray = `${archivePrefix(part)}0123456789abcdef/packs/000001`;
  await archive.put(stray, [Buffer.from("x")], NONE);
  expect(await listArchiveParts(unlabelling(archive, stray))).toMatchObject({
    ...{ parts: [part], damaged: [] },
    unknown: [{ name: stray, leftOf: undefined }],
  });
  const own = part.objects[0]?.name ?? "";
  expect(await listArchiveParts(unlabelling(archive, own))).toMatchObject({
    ...{ parts: [part], damaged: [] },
    unknown: [{ name: stray }],
  });
  const name = archiveDocumentName(part);
  expect(await listArchiveParts(unlabelling(archive, name))).toMatchObject({
    ...{ parts: [], unknown: [] },
    damaged: [{ name, failure: { code: "OBJECT_CORRUPT" } }],
  });
});

const lineOf = (bytes: Buffer): object => JSON.parse(bytes.toString("utf8").split("\n")[0] ?? "") as object;

test.each([
  ["is cut short", (bytes: Buffer) => bytes.subarray(0, -1)],
  [
    "has another byte",
    (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace('"rows":', '"rowz":'), "latin1"),
  ],
  ["is no JSON", () => Buffer.from(`{\nsha256:${sha256("{")}\n`)],
  ["is something else", () => encodeDocument({ format: 1, kind: "point" })],
  ["lists nothing", () => encodeDocument({ format: 1, kind: "archive part" })],
  [
    "names itself",
    (bytes: Buffer) =>
      encodeDocument({
        ...lineOf(bytes),
        objects: [{ name: "archives/shop/2026-11-01/people/part.json", version: "v1" }],
      }),
  ],
  ["ends never", (bytes: Buffer) => encodeDocument({ ...lineOf(bytes), times: {} })],
  [
    "is another day's",
    (bytes: Buffer) => encodeDocument({ ...lineOf(bytes), businessDate: "2026-11-02", objects: [] }),
  ],
])("a document that %s makes its part damaged, and what lies beside it nobody's to delete", async (_, change) => {
  const { archive, part } = await worldOf();
  const name = archiveDocumentName(part);
  const bytes = (await archive.get(name, part.documentVersion)) as Buffer;
  await archive.delete(name, part.documentVersion);
  await archive.put(name, [change(bytes)], NONE);
  const { parts, unknown, damaged } = await listArchiveParts(archive);
  expect(parts).toEqual([]);
  expect(unknown).toEqual([]);
  expect(damaged).toMatchObject([{ name, failure: { code: "OBJECT_CORRUPT" } }]);
});

test("a document that names what lies elsewhere is damaged: deleting by it would take another part's packs", async () => {
  const { archive, part } = await worldOf();
  const name = "archives/shop/2026-11-02/people/part.json";
  await archive.put(name, [encodeDocument({ ...part, businessDate: "2026-11-02" })], NONE);
  const { parts, damaged } = await listArchiveParts(archive);
  expect(parts).toEqual([part]);
  expect(damaged).toMatchObject([{ name }]);
});

test("a document of a later format is refused, not passed over", async () => {
  const { archive, part } = await worldOf();
  const later = encodeDocument({ ...part, format: 2, businessDate: "2026-11-02", objects: [] });
  await archive.put("archives/shop/2026-11-02/people/part.json", [later], NONE);
  await expect(listArchiveParts(archive)).rejects.toMatchObject({ code: "VAULT_TOO_NEW" });
});

test("a part that is removed while it is listed is passed over", async () => {
  const { archive, part } = await worldOf();
  const name = archiveDocumentName(part);
  const leaving: RetainedStore = {
    ...archive,
    get: async (...[asked, version, range]) => (asked === name ? undefined : archive.get(asked, version, range)),
  };
  expect(await listArchiveParts(leaving)).toMatchObject({ parts: [], damaged: [] });
});
