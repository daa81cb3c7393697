import { expect, test } from "vitest";
import { Vault } from "../../lib/engine/vault.ts";
import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import type { DataClass, Policy } from "../../lib/model/policy.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { captureHere } from "../../lib/operations/capture-point.ts";
import { diffTwoPoints } from "../../lib/operations/diff.ts";
import { applyExpiry, planExpiry } from "../../lib/operations/expire-parts.ts";
import { lookAtPoint } from "../../lib/operations/points.ts";
import { explainPolicy } from "../../lib/operations/policy.ts";
import { planOfRestore } from "../../lib/operations/restore.ts";
import { verifyVault } from "../../lib/operations/verify.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { targetDatabase } from "../../lib/postgres/target/target-database.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { freshDatabase, query, testServer } from "../postgres.ts";

const server = testServer(18);
const DAY_MS = 24 * 3_600_000;

const dataClass = (name: string, days: number, ...tables: string[]): DataClass => ({
  name,
  tables,
  max: { unit: "days", count: days },
  purpose: "running the shop",
  legalBasis: "Art. 6(1)(f) GDPR",
});

const policyFor = (database: string, ...classes: DataClass[]): Policy => ({
  version: 1,
  controller: "Example Shop",
  timeZone: "UTC",
  databases: [database],
  classes,
  hot: { every: { unit: "days", count: 1 }, window: { unit: "days", count: 28 } },
  release: { window: { unit: "days", count: 14 } },
  verification: { at: "04:00", readAllWithin: { unit: "days", count: 7 }, drillEvery: { unit: "days", count: 7 } },
  holders: [],
});

const namesIn = async (store: ObjectStore, prefix: string): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
};

const shop = async () => {
  const url = await freshDatabase(server);
  await query(
    url,
    `CREATE TABLE people (id integer PRIMARY KEY, name text); CREATE TABLE orders (id integer PRIMARY KEY, of integer REFERENCES people);
     INSERT INTO people SELECT i, 'p' || i FROM generate_series(1, 100) i; INSERT INTO orders SELECT i, i FROM generate_series(1, 50) i`,
  );
  const stores = { hot: memoryStore(systemClock), keys: memoryStore(systemClock) };
  const vault = await Vault.openOrCreate(stores, memoryKeys(), systemEntropy);
  const source = await postgresSource(url);
  const world = {
    vault,
    source,
    clock: systemClock,
    progress: () => {},
    warn: () => {},
    signal: new AbortController().signal,
    openLanes: inProcessLanes({ source, store: stores.hot, entropy: systemEntropy }, 2),
  };
  const take = (policy: Policy) => captureDatabase(world, { tier: "hot", base: false, policy });
  return { url, stores, vault, world, take, database: source.database };
};

test("a point has a part for each class, under keys and chunks of its own, and each goes on as a chain of its own", async () => {
  const { url, stores, vault, world, take, database } = await shop();
  const policy = policyFor(database, dataClass("personal", 14, "public.people"), dataClass("other", 28, "*"));
  await take(policy);
  await query(url, "UPDATE people SET name = 'changed' WHERE id = 7");
  const { point, tables } = await take(policy);
  expect(tables.map(({ name, taken, changedRows }) => [name, taken, changedRows])).toEqual([
    ["orders", "delta", 0],
    ["people", "delta", 1],
  ]);
  const { parts } = await lookAtPoint(vault, point.id);
  expect(parts.map((part) => [part.class, part.tables.map(({ facts }) => facts.name)])).toEqual([
    ["other", ["orders"]],
    ["personal", ["people"]],
  ]);
  for (const name of ["other", "personal"]) {
    expect((await namesIn(stores.hot, `chunks/${name}/`)).length).toBeGreaterThan(0);
    expect(await namesIn(stores.keys, `parts/${point.id}/${name}`)).toHaveLength(1);
  }
  const { problems } = await verifyVault(world, { level: "read" });
  expect(problems).toEqual([]);

  const { tables: explained, expiries } = await explainPolicy(policy, { vault }, point.startedAt);
  expect(explained.map((table) => [table.table, table.class])).toEqual([
    ["public.orders", "other"],
    ["public.people", "personal"],
  ]);
  const personal = expiries.find((part) => part.point === point.id && part.class === "personal");
  expect(personal?.deadline).toBe(point.startedAt + 14 * DAY_MS);
});

test("the point of a release is split as the hot points before it are, so that it goes on from them", async () => {
  const { vault, world, take, database } = await shop();
  const policy = policyFor(database, dataClass("personal", 14, "public.people"), dataClass("other", 28, "*"));
  await take(policy);
  const workflow = openInProcessWorkflow({ clock: systemClock });
  const taken = await captureHere({ ...world, policy })(workflow, { tier: "release", database, release: "1" });
  const { parts } = await lookAtPoint(vault, taken.point);
  expect(parts.flatMap((part) => part.tables.map((table) => [part.class, table.taken]))).toEqual([
    ["other", "delta"],
    ["personal", "delta"],
  ]);
});

test("a table in no class fails the capture before anything of it is stored, and says which line to add", async () => {
  const { stores, take, database } = await shop();
  const before = await namesIn(stores.hot, "");
  await expect(take(policyFor(database, dataClass("personal", 14, "public.people")))).rejects.toMatchObject({
    code: "TABLE_UNCLASSIFIED",
    message: `table public.orders of database ${database} is in no class`,
    hint: expect.stringContaining('add "public.orders" to the tables of a class') as string,
  });
  const added = (await namesIn(stores.hot, "")).filter((name) => !before.includes(name));
  // The intent that was given up; the next sweep takes it away.
  expect(added.filter((name) => !name.startsWith("intents/"))).toEqual([]);
});

test("a table that moves to another class is read whole into it", async () => {
  const { take, database } = await shop();
  await take(policyFor(database, dataClass("personal", 14, "public.people"), dataClass("other", 28, "*")));
  const { tables } = await take(
    policyFor(database, dataClass("personal", 14, "public.*"), dataClass("other", 28, "x.*")),
  );
  expect(tables.map(({ name, taken }) => [name, taken === "delta"])).toEqual([
    ["orders", false],
    ["people", true],
  ]);
});

test("a class that has expired is refused by a restore, left out of a comparison, and read whole by the next capture", async () => {
  const { url, vault, world, take, database } = await shop();
  // Two runs of the hourly worker before it must be gone a part is due: of a term of one hour that is at once.
  const personal = { ...dataClass("personal", 1, "public.people"), max: { unit: "hours", count: 1 } as const };
  const policy = policyFor(database, personal, dataClass("other", 28, "*"));
  const { point: first } = await take(policy);
  const plan = await planExpiry(world, policy);
  expect(plan.parts).toMatchObject([{ point: first.id, class: "personal", verdict: "due", rows: 100 }]);
  const { parts } = await applyExpiry(world, plan);
  expect(parts).toMatchObject([{ outcome: "gone" }]);

  const target = targetDatabase(await freshDatabase(server));
  const { refusals } = await planOfRestore({ vault, target, clock: systemClock }, first.id, {
    scope: { schemas: [], tables: [] },
  });
  expect(refusals).toEqual([
    {
      code: "KEY_SHREDDED",
      message: expect.stringMatching(/^part personal of point .* expired at 20\d\d-.*Z: it cannot be read/) as string,
    },
    { code: "KEY_SHREDDED", message: "gone with it: public.people; name tables or schemas without them" },
  ]);

  await query(url, "UPDATE people SET name = 'changed' WHERE id = 7; UPDATE orders SET of = 2 WHERE id = 1");
  const { point: second, tables } = await take(policy);
  expect(tables.map(({ name, taken }) => [name, taken])).toEqual([
    ["orders", "delta"],
    ["people", "first capture"],
  ]);
  const difference = await diffTwoPoints({ ...world, onTable: () => {} }, { a: first.id, b: second.id, samplesMax: 2 });
  expect(difference.leftOut).toEqual([
    {
      class: "personal",
      days: null,
      because: expect.stringMatching(`^the part of point ${first.id} expired at `) as string,
    },
  ]);
  expect(difference.totals).toMatchObject({ tables: 1, changed: 1 });
  const verified = await verifyVault(world, { level: "read" });
  expect(verified).toMatchObject({ problems: [], points: 2, expired: 1 });
});

test("a policy for another database is refused", async () => {
  const { take } = await shop();
  await expect(take(policyFor("elsewhere", dataClass("all", 14, "*")))).rejects.toMatchObject({
    code: "POLICY_INVALID",
  });
});
