import { expect, test } from "vitest";
import { removeParts } from "../../../lib/engine/expire-parts.ts";
import type { RestoreScope } from "../../../lib/engine/restore/restore-plan.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import type { DataClass, Policy } from "../../../lib/model/policy.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { restoreVault } from "./restore-world.ts";
import { SHOP } from "./shop.ts";

const server = testServer(18);

const dataClass = (name: string, ...tables: string[]): DataClass => ({
  name,
  tables,
  max: { unit: "days", count: 28 },
  purpose: "running the shop",
  legalBasis: "Art. 6(1)(f) GDPR",
});

const policyOf = (database: string): Policy => ({
  version: 1,
  controller: "Example Shop",
  timeZone: "UTC",
  databases: [database],
  classes: [
    dataClass("personal", "shop.users", "shop.events_old"),
    dataClass("raw", "shop.keyless"),
    dataClass("other", "shop.*"),
  ],
  hot: { every: { unit: "days", count: 1 }, window: { unit: "days", count: 28 } },
  release: { window: { unit: "days", count: 14 } },
  verification: { at: "04:00", readAllWithin: { unit: "days", count: 7 }, drillEvery: { unit: "days", count: 7 } },
  holders: [],
});

/** A point of the shop that lost classes. */
const shopWithout = async (...classes: string[]) => {
  const original = await freshDatabase(server);
  await query(original, SHOP);
  const made = await restoreVault();
  const point = await made.capture(original, policyOf(new URL(original).pathname.slice(1)));
  const quiet = { clock: systemClock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  await removeParts({ ...quiet, vault: made.vault }, [{ point: point.id, classes }]);
  return { ...made, original };
};

const scope = (some: Partial<RestoreScope>): RestoreScope => ({ schemas: [], tables: [], ...some });

const rowsOf = (url: string, table: string) =>
  query(url, `SELECT count(*)::int AS n, md5(string_agg(x::text, '|' ORDER BY x::text)) AS rows FROM ${table} x`);

const EXPIRED = (name: string) => `part ${name} of point [^ ]+ expired at 20\\d\\d-[^ ]+Z: it cannot be read any more`;

const refused = (...patterns: string[]) =>
  patterns.map((pattern) => ({ code: "KEY_SHREDDED", message: expect.stringMatching(`^${pattern}$`) as string }));

test("tables of classes that are left come back, into the database and beside it, and as SQL", async () => {
  const vault = await shopWithout("personal");
  const copy = await freshDatabase(server);
  const named = scope({ tables: ["shop.orders", "shop.events_new"] });
  const plan = await vault.plan(copy, named);
  expect(plan.refusals).toEqual([]);
  expect(plan.notices).toContain(
    "foreign key shop.orders.orders_user_id_fkey is not made: the table it refers to (shop.users) is neither in scope nor in the target",
  );
  await vault.apply(copy, plan);
  await vault.restore(copy, scope({ tables: ["shop.orders"], intoSchema: "rescue" }));
  for (const table of ["shop.orders", "shop.events_new"])
    expect(await rowsOf(copy, table)).toEqual(await rowsOf(vault.original, table));
  expect(await rowsOf(copy, "rescue.orders")).toEqual(await rowsOf(vault.original, "shop.orders"));
  const sql = (await vault.sql(named)).toString("utf8");
  expect(["events_new", "orders", "users"].map((name) => sql.includes(`COPY "shop"."${name}" `))).toEqual([
    true,
    true,
    false,
  ]);
});

test.each([
  ["a table of it", { tables: ["shop.orders", "shop.users"] }, "table shop.users is in no class that is left: "],
  [
    "a partitioned table with a partition of it",
    { tables: ["shop.events"] },
    "table shop.events_old is in no class that is left: ",
  ],
  [
    "a schema with tables of it",
    { schemas: ["shop"] },
    "tables shop.events_old, shop.users are in no class that is left: ",
  ],
  [
    "a table of it, beside the others",
    { tables: ["shop.users"], intoSchema: "rescue" },
    "table shop.users is in no class that is left: ",
  ],
])("fails when the scope names %s, by name, and changes nothing", async (_, some, message) => {
  const vault = await shopWithout("personal");
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy, scope(some));
  expect(plan.refusals).toEqual(refused(`${message}${EXPIRED("personal")}`));
  await expect(vault.apply(copy, plan)).rejects.toMatchObject({ code: "KEY_SHREDDED" });
  if (!("intoSchema" in some)) await expect(vault.sql(scope(some))).rejects.toMatchObject({ code: "KEY_SHREDDED" });
  expect(await query(copy, "SELECT nspname FROM pg_namespace WHERE nspname IN ('shop', 'rescue')")).toEqual([]);
});

test("fails when the whole database is asked for, with each class that expired and the tables that went with it", async () => {
  const vault = await shopWithout("personal", "raw");
  const copy = await freshDatabase(server);
  const gone = "gone with them: shop.events_old, shop.keyless, shop.users; name tables or schemas without them";
  for (const whole of [scope({}), scope({ intoSchema: "rescue" })]) {
    const plan = await vault.plan(copy, whole);
    expect(plan.refusals).toEqual(refused(EXPIRED("personal"), EXPIRED("raw"), gone));
  }
  await expect(vault.sql()).rejects.toMatchObject({ code: "KEY_SHREDDED" });
});

test("fails when two classes expired and a table was in one of them: both are named", async () => {
  const vault = await shopWithout("personal", "raw");
  const plan = await vault.plan(await freshDatabase(server), scope({ tables: ["shop.keyless"] }));
  const message = `table shop.keyless is in no class that is left: ${EXPIRED("personal")}; ${EXPIRED("raw")}`;
  expect(plan.refusals).toEqual(refused(message));
});

test("fails with TABLE_NOT_FOUND, not as expired, where the point never had such a table", async () => {
  const vault = await shopWithout("personal");
  const plan = vault.plan(await freshDatabase(server), scope({ tables: ["shop.nothing"] }));
  await expect(plan).rejects.toMatchObject({ code: "TABLE_NOT_FOUND" });
});
