import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeArchiveSql } from "../../../lib/engine/archive/archive-to-sql.ts";
import { getArchived, openArchivePart, openFrame } from "../../../lib/engine/archive/open-archive-part.ts";
import { verifyArchiveParts } from "../../../lib/engine/archive/verify-archive.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { bash, blocksIn, QUIET } from "./archive-world.ts";
import {
  copyOf,
  DATA_KEY,
  type GoldenArchive,
  golden,
  keepGoldenArchive,
  openGoldenArchive,
  SQL,
  writeGoldenArchive,
} from "./golden-archive.ts";

/** By today's code. */
const sqlOf = async ({ vault, archive, part }: GoldenArchive): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  const write = async (bytes: Buffer) => void pieces.push(bytes);
  const world = { ...QUIET, clock: manualClock(), write };
  await writeArchiveSql(world, archive, [await openArchivePart(vault, archive, part)], []);
  return Buffer.concat(pieces);
};

const keyOf = async ({ vault, part }: GoldenArchive): Promise<string> =>
  `${(await vault.archiveKey(part)).toString("hex")}\n`;

// A change of these bytes needs a new format number and a decision record; then, and only then, run with GOLDEN=write.
const rewrite = process.env["GOLDEN"] === "write";

test("today's code writes archive format 1 byte for byte as the golden archive has it", async () => {
  const written = await writeGoldenArchive();
  if (rewrite)
    await keepGoldenArchive(written.files, { [SQL]: await sqlOf(written), [DATA_KEY]: await keyOf(written) });
  const kept = await openGoldenArchive();
  expect([...written.files.keys()]).toEqual([...kept.files.keys()]);
  for (const [path, bytes] of written.files) expect([path, bytes]).toEqual([path, kept.files.get(path)]);
});

test("today's code reads the golden archive: nothing is wrong with it, and its SQL is what it was", async () => {
  const opened = await openGoldenArchive();
  const world = { ...opened, clock: manualClock(Date.UTC(2026, 10, 22)), ...QUIET };
  const report = await verifyArchiveParts(world, [opened.part], "read");
  expect(report).toMatchObject({ parts: 1, tables: 2, rows: 8, problems: [] });
  expect(await keyOf(opened)).toBe((await golden(DATA_KEY)).toString("utf8"));
  expect((await sqlOf(opened)).toString("utf8")).toBe((await golden(SQL)).toString("utf8"));
});

test("the golden archive's own README opens it on a disk with bash, openssl and zstd: the same SQL", async () => {
  const copy = await copyOf(await openGoldenArchive());
  const readme = await readFile(join(copy, "README.txt"), "utf8");
  const script = blocksIn(readme).find(({ language }) => language === "open.sh")?.text ?? "";
  expect(await bash(script, copy)).toEqual({ status: 0, stderr: "" });
  expect(await readFile(join(copy, "archive.sql"), "utf8")).toBe((await golden(SQL)).toString("utf8"));
});

/** What is in an archive whichever zstd packed it: its manifest without sizes and digests, and each frame as it was. */
const contentOf = async ({ vault, archive, part }: GoldenArchive) => {
  const { manifest, packs } = await openArchivePart(vault, archive, part);
  const frames = [];
  for (const [at, pack] of manifest.packs.entries()) {
    const object = packs[at] as (typeof packs)[number];
    const sealed = await getArchived(archive, object);
    let offset = 0;
    for (const frame of pack.frames) {
      const plain = openFrame(object.name, pack, frame, offset, sealed.subarray(offset, offset + frame.bytes));
      frames.push({ pack: pack.name, key: pack.key, table: frame.table, rows: frame.rows, plain: plain.toString() });
      offset += frame.bytes;
    }
  }
  const names = part.objects.map(({ name, version }) => [name, version]);
  return { ...manifest, packs: frames, names, documentVersion: part.documentVersion };
};

test("today's code archives the golden vault with the content that the golden archive has", async () => {
  const kept = await contentOf(await openGoldenArchive());
  expect(await contentOf(await writeGoldenArchive())).toEqual(kept);
  const inPacks = Map.groupBy(kept.packs, ({ pack }) => pack);
  expect([inPacks.size, Math.max(...[...inPacks.values()].map((frames) => frames.length))]).toEqual([3, 3]);
});
