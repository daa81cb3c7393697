import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { A_DAY_LATER } from "../../e2e/crash/small-shop.ts";
import { query } from "../../postgres.ts";
import { contentOf, lastgood, type Ran, restore, runCommand, told } from "./command.ts";
import { testWorld } from "./world.ts";

const world = testWorld();

/** The same command against a vault in a directory, for a database by its address. */
const here = (...args: readonly string[]): Promise<Ran> => {
  const place = ["--vault", join(world().directory, "vault"), "--keys", join(world().directory, "keys.json")];
  return runCommand([...args, ...place, "--database", world().url("shop")], { LASTGOOD_PASSPHRASE: "of a test" });
};

/** Where every field of a report is, and what kind of thing it holds; of lists, what all of their items are. */
const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shapeOf(item))))].toSorted();
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shapeOf(field)]));
};

const OPEN = ["release", "open", "2026.11.3", "--commit", "4f2c1d9"];
const onStack = (...args: readonly string[]) => lastgood(world(), ...args, "--database", "shop");

let release: string;
let before: Record<string, unknown>[];

test("a release that a stack opens is told as one that is opened here; asked for again it is the same receipt", async () => {
  before = await contentOf(world(), "shop");
  const opened = await told(onStack(...OPEN, "--json"));
  const { instanceSnapshot, ...receipt } = opened["receipt"] as { instanceSnapshot: object; point: { id: string } };
  // A directory's server is nobody's instance.
  expect(Object.keys(instanceSnapshot)).toEqual(expect.arrayContaining(["id", "arn", "expiresAt"]));
  const local = await told(here(...OPEN, "--json"));
  expect(shapeOf({ ...opened, receipt })).toEqual(shapeOf(local));
  expect(await told(onStack(...OPEN, "--json"))).toEqual(opened);
  release = receipt.point.id;
});

test("a release that stands for another commit is refused with the same words and status as here", async () => {
  const other = ["release", "open", "2026.11.3", "--commit", "aaaaaaa"];
  const [far, near] = [await onStack(...other), await here(...other)];
  const refused = ({ stderr }: Ran): string => stderr.slice(stderr.indexOf("error: "));
  expect([far.status, refused(far)]).toEqual([near.status, refused(near)]);
  expect(far.status).not.toBe(0);
  expect(far.stderr).toContain("release 2026.11.3 of shop stands for commit 4f2c1d9, not aaaaaaa");
  const inJson = (ran: Ran): unknown => shapeOf(JSON.parse(ran.stderr.trim().split("\n").at(-1) ?? ""));
  expect(inJson(await onStack(...other, "--json"))).toEqual(inJson(await here(...other, "--json")));
});

test("a hot copy that a stack takes is told as one that is taken here; the same day again is the same point", async () => {
  await query(world().url("shop"), A_DAY_LATER);
  const taken = await told(onStack("capture", "--json"));
  const local = await told(here("capture", "--json"));
  // A stack's hot copy bears its day.
  const { label, ...point } = taken["point"] as Record<string, unknown>;
  expect(label).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(shapeOf({ ...taken, point })).toEqual(shapeOf(local));
  expect(await told(onStack("capture", "--json"))).toEqual(taken);
});

test("what a stack does not take is refused before anything is asked of it", async () => {
  for (const flag of [["--base"], ["--tier", "release"], ["--label", "x"], ["--release", "r"], ["--jobs", "2"]]) {
    const { status, stderr } = await onStack("capture", ...flag);
    expect(stderr).toContain(`${flag.join(" ").replace(/ (x|r|2)$/, "")} does not go with the vault of a stack`);
    expect(status).toBe(2);
  }
});

test("a database that the stack does not protect is told, with those that it does", async () => {
  const { status, stderr } = await lastgood(
    world(),
    "release",
    "open",
    "r1",
    "--commit",
    "4f2c1d9",
    "--database",
    "attic",
  );
  expect(stderr).toContain("error: the stack protects no database attic, but shop\nhint: ");
  expect(status).not.toBe(0);
});

test("points are listed and verified, and a sweep finds nothing to delete", async () => {
  const { points } = await told(lastgood(world(), "point", "list", "--json"));
  expect(points).toMatchObject([
    { id: release, tier: "release", database: "shop" },
    { tier: "hot", database: "shop" },
  ]);
  expect(await told(lastgood(world(), "verify", "--level", "read", "--json"))).toMatchObject({ problems: [] });
  const swept = await told(lastgood(world(), "sweep", "--json"));
  for (const kind of ["chunks", "pages", "parts", "keys"]) expect(swept).toMatchObject({ [kind]: { objects: 0 } });
});

test("a release and the newest point come back from the buckets, row for row by the server's own sums", async () => {
  await restore(world(), "2026.11.3", "as_released");
  expect(await contentOf(world(), "as_released")).toEqual(before);
  await restore(world(), "latest", "as_copied");
  const now = await contentOf(world(), "shop");
  expect(await contentOf(world(), "as_copied")).toEqual(now);
  expect(now).not.toEqual(before);
});

test("what was run on a stack is in its evidence bucket, signed by its KMS key, and proven without it", async () => {
  const { records } = (await told(lastgood(world(), "evidence", "list", "--json"))) as { records: { act: string }[] };
  expect(records.map(({ act }) => act)).toEqual(["verify", "sweep", "restore", "restore"]);
  expect(await told(lastgood(world(), "evidence", "sign", "--json"))).toMatchObject({ made: true, size: 4 });
  const [key, proof] = ["public.pem", "proof.json"].map((name) => join(world().directory, name)) as [string, string];
  const { publicKey } = await told(lastgood(world(), "evidence", "key", "--json"));
  await writeFile(key, publicKey as string);
  await told(lastgood(world(), "evidence", "prove", "3", "--out", proof, "--json"));
  const verified = runCommand(["evidence", "verify", "--public-key", key, "--proof", proof, "--json"], {});
  expect(await told(verified)).toMatchObject({ proof: { record: 3, size: 4 } });
});

/** The command with other surroundings than a signed-in operator's. */
const listWith = ({ vault, without = [] }: { vault: string; without?: readonly string[] }): Promise<Ran> => {
  const { emulator, front, directory } = world();
  // Nobody's own files and no machine's role.
  const alone = { HOME: directory, AWS_EC2_METADATA_DISABLED: "true", AWS_ENDPOINT_URL: front.endpoint };
  const all = Object.entries({ ...emulator.environment, ...alone });
  const variables = Object.fromEntries(all.filter(([name]) => !without.includes(name)));
  return runCommand(["point", "list", "--vault", vault, "--json"], variables);
};

test.each([
  ["a stack that is not there", { vault: "aws:absent" }, "STACK_NOT_FOUND", "there is no stack absent in this Region"],
  ["a stack of something else", { vault: "aws:account" }, "STACK_NOT_FOUND", "stack account has no output Lastgood"],
  [
    "no Region",
    { vault: "aws:Backups", without: ["AWS_REGION"] },
    "CLOUD_CREDENTIALS",
    "could not find stack Backups: no Region is set",
  ],
  [
    "no credentials",
    { vault: "aws:Backups", without: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] },
    "CLOUD_CREDENTIALS",
    "could not find stack Backups by cloudformation:DescribeStacks",
  ],
])("fails with one error and a hint for %s", async (_, surroundings, code, message) => {
  const { status, stdout, stderr } = await listWith(surroundings);
  const lines = stderr.trim().split("\n");
  expect(lines).toHaveLength(1);
  const { error } = JSON.parse(lines[0] ?? "") as { error: { code: string; message: string; hint: string } };
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
  expect(error.hint).not.toBe("");
  expect([status === 0, stdout]).toEqual([false, ""]);
});
