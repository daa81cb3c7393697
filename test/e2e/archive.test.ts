import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freshDatabase, query, testServer } from "../postgres.ts";
import { filesBelow, run, start, untilFiles } from "./crash/command.ts";

const server = testServer(18);
const CLASSES = 4;

/** A database of four classes, each of one table of about 3 MB, captured by a policy that archives three of them every day. */
const openPlace = async () => {
  const url = await freshDatabase(server);
  const directory = await mkdtemp(join(tmpdir(), "lastgood-archive-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = (name: string): string => join(directory, name);
  const classes = Array.from(
    { length: CLASSES },
    (_, i) =>
      `  c${i}: { tables: [public.t${i}], max: P60D, purpose: testing, legalBasis: none${i === 3 ? "" : ", archive: { daily: P60D }"} }\n`,
  );
  const rest = "tiers: { hot: { every: P1D, window: P28D }, release: { window: P14D } }\n";
  const head = `version: 1\ncontroller: Test\ntimeZone: UTC\ndatabases: [${new URL(url).pathname.slice(1)}]\nclasses:\n`;
  await writeFile(file("policy.yaml"), `${head}${classes.join("")}${rest}`);
  for (let i = 0; i < CLASSES; i++)
    await query(
      url,
      `CREATE TABLE t${i} AS SELECT n AS id, md5(n::text) || md5((n + ${i})::text) AS what FROM generate_series(1, 30000) n;
       ALTER TABLE t${i} ADD PRIMARY KEY (id)`,
    );
  const place = ["--vault", file("vault"), "--keys", file("keys.json")];
  const policy = ["--policy", file("policy.yaml")];
  const captured = await run(["capture", "--database", url, ...policy, ...place]);
  expect(captured.status, captured.stderr).toBe(0);
  return { file, place, create: ["archive", "create", ...policy, ...place], archive: file("vault/archive") };
};

interface Listed {
  readonly parts: readonly { readonly id: string; readonly class: string }[];
  readonly unknown: { readonly objects: number };
}

const listed = async (place: readonly string[]): Promise<Listed> => {
  const { status, stdout } = await run(["archive", "list", "--json", ...place]);
  expect(status).toBe(0);
  return JSON.parse(stdout) as Listed;
};

test("killed at any file, archive create run again ends with every archive whole, and no half one was ever told", async () => {
  const { create, place, archive } = await openPlace();
  for (const files of [1, 4, 5, 8]) {
    const killed = start(create);
    await untilFiles(killed, archive, files);
    killed.child.kill("SIGKILL");
    await killed.ended;
    const verified = await run(["archive", "verify", "--all", ...place]);
    expect(verified.status, verified.stdout).toBe(0);
  }
  const done = await run(create);
  expect(done.status, done.stderr).toBe(0);
  const { parts, unknown } = await listed(place);
  expect(parts.map((part) => part.class)).toEqual(["c0", "c1", "c2"]);
  expect(await filesBelow(archive)).toBe(4 * parts.length + unknown.objects);
  const { stdout } = await run(["archive", "verify", "--all", "--json", ...place]);
  expect(JSON.parse(stdout)).toMatchObject({ parts: 3, rows: 90_000, problems: [] });
  expect((await run(create)).stdout).toBe("no archive is due\n");
}, 120_000);

test("a key is handed out once, to its owner's eyes, and it is recorded who has it", async () => {
  const { create, place, file } = await openPlace();
  expect((await run(create)).status).toBe(0);
  const [part] = (await listed(place)).parts;
  const key = ["archive", "key", part?.id ?? "", "--class", "c1", "--out", file("data.key"), ...place];
  const handedOut = await run(key);
  expect(handedOut.status, handedOut.stderr).toBe(0);
  expect(handedOut.stderr).toContain("whoever has this file can read the archive");
  const text = await readFile(file("data.key"), "utf8");
  expect(text).toMatch(/^[0-9a-f]{64}\n$/);
  expect(handedOut.stdout + handedOut.stderr).not.toContain(text.trim());
  expect((await stat(file("data.key"))).mode & 0o777).toBe(0o600);
  expect((await run(key)).status).toBe(7);
  expect(await readFile(file("data.key"), "utf8")).toBe(text);
  const evidence = await run(["evidence", "list", ...place]);
  // The second time too: the record comes before the file.
  expect(evidence.stdout.match(new RegExp(`key export +done .*class c1 of ${part?.id}`, "g"))).toHaveLength(2);
  expect(evidence.stdout).not.toContain(text.trim());
}, 60_000);

test("a file in the archive that is not of Lastgood stops no command, and each names it; a damaged document is an alarm", async () => {
  const { create, place, archive } = await openPlace();
  const policy = create.slice(2, 4);
  expect((await run(create)).status).toBe(0);
  await writeFile(join(archive, "notes.txt"), "from ada");
  const made = await run([...create, "--point", "latest", "--class", "c0"]);
  expect([made.status, made.stderr]).toEqual([0, "object notes.txt of the archive is not of Lastgood: move it out\n"]);
  const list = await run(["archive", "list", ...place]);
  expect(list.status).toBe(0);
  expect(list.stdout).toMatch(/^FOREIGN: notes\.txt is not of Lastgood: move it out of the archive$/m);
  const expired = await run(["expire", "run", ...policy, ...place]);
  expect([expired.status, expired.stdout]).toEqual([
    0,
    expect.stringMatching(/^unknown object notes\.txt, 8 B: goes by /m),
  ]);
  const verify = ["verify", "--no-drill", ...policy, ...place];
  expect((await run(verify)).stdout).toContain("that Lastgood did not make: archive/notes.txt");

  await utimes(join(archive, "notes.txt"), 0, 0);
  const late = await run(["expire", "run", ...policy, ...place]);
  expect([late.status, late.stdout]).toEqual([10, expect.stringMatching(/^OVERDUE: object notes\.txt, /m)]);
  await rm(join(archive, "notes.txt"));
  const names = await readdir(archive, { recursive: true });
  const document = join(archive, names.find((name) => name.endsWith("c0/part.json")) ?? "");
  await rm(document);
  await writeFile(document, "damaged");
  const alarmed = await run(["expire", "run", ...policy, ...place]);
  expect(alarmed.status, alarmed.stderr).toBe(3);
  expect(alarmed.stdout).toMatch(
    /^ALARM: object archives\/\S+\/part\.json, .* nobody knows when it is to go: .* \(nobody to tell\)$/m,
  );
  const told = await run(["archive", "list", ...place]);
  expect([told.status, told.stdout]).toEqual([9, expect.stringMatching(/^DAMAGED: \S+\/part\.json cannot be read$/m)]);
  expect((await run(["archive", "verify", "--all", ...place])).status).toBe(9);
  expect((await run(verify)).status).toBe(9);
}, 60_000);

test("what is asked wrongly ends with its status, and nothing is written", async () => {
  const { create, place, file } = await openPlace();
  const statusOf = async (...args: string[]): Promise<number | null> => (await run([...args, ...place])).status;
  expect(await statusOf("archive", "restore", "shop/2026-01-01", "--out", file("out.sql"))).toBe(6);
  await expect(stat(file("out.sql"))).rejects.toMatchObject({ code: "ENOENT" });
  expect(await statusOf("archive", "verify")).toBe(2);
  expect(await statusOf("archive", "verify", "x/2026-01-01", "--all")).toBe(2);
  expect(await statusOf("archive", "verify", "--all", "--level", "restore")).toBe(2);
  expect(await statusOf("archive", "create")).toBe(2);
  const policy = create.slice(2, 4);
  expect(await statusOf("archive", "create", ...policy, "--point", "latest")).toBe(2);
  expect(await statusOf("archive", "create", ...policy, "--point", "latest", "--class", "c3")).toBe(2);
  expect((await run(["archive", "list", "--vault", "aws:Backups"])).status).toBe(2);
  expect((await listed(place)).parts).toEqual([]);
}, 60_000);
