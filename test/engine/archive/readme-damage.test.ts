import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { directoryRetainedStore } from "../../../lib/local/directory-retained-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { systemEntropy } from "../../../lib/local/system-entropy.ts";
import { memoryRetainedStore } from "../../local/memory-retained-store.ts";
import { ClassHistory } from "../class-history.ts";
import { archiveNewest, bash, blocksIn, type Ran, withCopy } from "./archive-world.ts";

const { made } = await ClassHistory.begin(2);
const { vault, clock } = made;
const archive = memoryRetainedStore(clock);
const { part } = await archiveNewest({ vault, archive, clock }, "people", { packBytes: 1 });
const dataKey = await vault.archiveKey(part);

/** Runs the README's script. */
const open = async (directory: string): Promise<Ran> => {
  const readme = await readFile(join(directory, "README.txt"), "utf8");
  await writeFile(
    join(directory, "open.sh"),
    blocksIn(readme).find(({ language }) => language === "open.sh")?.text ?? "",
  );
  return bash("bash open.sh", directory);
};

const flip = async (file: string, at: number): Promise<void> => {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] as number) ^ 1;
  await writeFile(file, bytes);
};

const DAMAGES: readonly (readonly [what: string, says: RegExp, damage: (directory: string) => Promise<void>])[] = [
  ["another key", /^the manifest is damaged/, (to) => writeFile(join(to, "data.key"), "0".repeat(64))],
  ["a manifest with another seal", /^the manifest is damaged/, (to) => flip(join(to, "manifest"), 3)],
  ["a manifest with another byte", /^the manifest is damaged/, (to) => flip(join(to, "manifest"), 40)],
  ["a pack with another byte", /^packs\/000002 is damaged/, (to) => flip(join(to, "packs/000002"), 0)],
  ["a pack that is gone", /packs\/000003 is damaged/, (to) => rm(join(to, "packs/000003"))],
  [
    "a pack in another's place",
    /^packs\/000001 is damaged/,
    (to) => rename(join(to, "packs/000002"), join(to, "packs/000001")),
  ],
];

test("the script writes everything of a whole part, and says so", async () => {
  const sql = await withCopy(archive, part, dataKey, async (directory) => {
    expect(await open(directory)).toEqual({ status: 0, stderr: "" });
    return readFile(join(directory, "archive.sql"), "utf8");
  });
  expect(sql.match(/canary/g)).toHaveLength(part.rows);
  expect(sql).toMatch(/^-- Restore point p1 of database shop[^]*COMMIT;\n$/);
});

test.each(DAMAGES)("the script refuses %s", async (_, says, damage) => {
  await withCopy(archive, part, dataKey, async (directory) => {
    await damage(directory);
    const ran = await open(directory);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toMatch(new RegExp(says, "m"));
    // What was written before the damage was met ends without COMMIT, and loads nothing.
    const file = join(directory, "archive.sql");
    if (existsSync(file)) expect(await readFile(file, "utf8")).not.toContain("COMMIT;");
  });
});

test("the script opens a copy of a directory's archive too, each file of which begins with its lock", async () => {
  const root = await mkdtemp(join(tmpdir(), "lastgood-archive-"));
  try {
    const store = directoryRetainedStore(join(root, "archive"), { clock: systemClock, entropy: systemEntropy });
    const kept = await archiveNewest({ vault, archive: store, clock }, "people", { packBytes: 1 });
    const there = dirname(join(root, "archive", kept.part.objects.at(-1)?.name ?? ""));
    const copy = join(root, "copy");
    await cp(there, copy, { recursive: true });
    expect((await readdir(copy)).toSorted()).toEqual(["README.txt", "manifest", "packs"]);
    await writeFile(join(copy, "data.key"), dataKey.toString("hex"));
    expect(await open(copy)).toEqual({ status: 0, stderr: "" });
    expect((await readFile(join(copy, "archive.sql"), "utf8")).match(/canary/g)).toHaveLength(part.rows);
  } finally {
    await rm(root, { recursive: true });
  }
});
