import { expect, test } from "vitest";
import type { RestoreScope } from "../../../lib/engine/restore/restore-plan.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { restoreVault } from "./restore-world.ts";
import { SHOP } from "./shop.ts";

const server = testServer(18);

const shop = async () => {
  const original = await freshDatabase(server);
  await query(original, SHOP);
  const vault = await restoreVault();
  await vault.capture(original);
  return { ...vault, original };
};

const scope = (some: Partial<RestoreScope>): RestoreScope => ({ schemas: [], tables: [], ...some });

const rowsOf = (url: string, table: string) =>
  query(url, `SELECT count(*)::int AS n, md5(string_agg(x::text, '|' ORDER BY x::text)) AS rows FROM ${table} x`);

test("a table comes back with its indexes and triggers, and with the types and functions it needs", async () => {
  const vault = await shop();
  const copy = await freshDatabase(server);
  const only = scope({ tables: ["shop.users", "shop.orders"] });
  const plan = await vault.plan(copy, only);
  expect(plan.refusals).toEqual([]);
  await vault.apply(copy, plan);
  for (const table of ["shop.users", "shop.orders"])
    expect(await rowsOf(copy, table)).toEqual(await rowsOf(vault.original, table));
  expect(await query(copy, "SELECT tablename FROM pg_tables WHERE schemaname = 'shop' ORDER BY 1")).toEqual([
    { tablename: "orders" },
    { tablename: "users" },
  ]);
  await expect(query(copy, "INSERT INTO shop.orders (user_id) VALUES (1)")).rejects.toThrow("fired");
  await expect(query(copy, "INSERT INTO shop.users (email) VALUES ('nobody')")).rejects.toThrow("email");
  // The insert that failed took 301.
  expect(await query(copy, "INSERT INTO shop.users (email) VALUES ('a@b') RETURNING id")).toEqual([{ id: 302 }]);
});

test("a table that was dropped comes back into the database it was dropped from", async () => {
  const vault = await shop();
  const before = await rowsOf(vault.original, "shop.users");
  await query(vault.original, "DROP TABLE shop.users CASCADE");
  const plan = await vault.plan(vault.original, scope({ tables: ["shop.users"] }));
  expect(plan.refusals).toEqual([]);
  expect(plan.statements.pre.map(({ kind, name }) => `${kind} ${name}`)).toEqual(["table shop.users"]);
  expect(plan.notices).toContain(
    "foreign key shop.orders.orders_user_id_fkey of a table out of scope points here; it is not made",
  );
  await vault.apply(vault.original, plan);
  expect(await rowsOf(vault.original, "shop.users")).toEqual(before);
});

test("a foreign key to a table that is not there is left out, and the plan says so", async () => {
  const vault = await shop();
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy, scope({ tables: ["shop.orders"] }));
  expect(plan.notices).toContain(
    "foreign key shop.orders.orders_user_id_fkey is not made: the table it refers to (shop.users) is neither in scope nor in the target",
  );
  await vault.apply(copy, plan);
  expect(await rowsOf(copy, "shop.orders")).toEqual(await rowsOf(vault.original, "shop.orders"));
});

test("a partitioned table stands for its partitions, a partition for itself, a child for its parent", async () => {
  const vault = await shop();
  const whole = await freshDatabase(server);
  await vault.restore(whole, scope({ tables: ["shop.events"] }));
  expect(await rowsOf(whole, "shop.events")).toEqual(await rowsOf(vault.original, "shop.events"));
  const leaf = await freshDatabase(server);
  await vault.restore(leaf, scope({ tables: ["shop.events_old"] }));
  expect(await rowsOf(leaf, "shop.events_old")).toEqual(await rowsOf(vault.original, "shop.events_old"));
  const child = await freshDatabase(server);
  await vault.restore(child, scope({ tables: ["shop.child"] }));
  expect(await rowsOf(child, "ONLY shop.child")).toEqual(await rowsOf(vault.original, "ONLY shop.child"));
  expect(await query(child, "SELECT count(*)::int AS n FROM ONLY shop.base")).toEqual([{ n: 0 }]);
});

/** A child with columns of its own, which is made and then inherits; and one whose inherited check is valid where its parent's is not. */
const FAMILY = `
CREATE SCHEMA family;
CREATE TABLE family.parent (id integer NOT NULL, n integer);
CREATE TABLE family.elder (id integer NOT NULL, n integer);
CREATE TABLE family.alone (n integer, id integer NOT NULL, extra text);
ALTER TABLE family.alone INHERIT family.elder;
CREATE TABLE family.heir (more text) INHERITS (family.parent);
ALTER TABLE family.parent ADD CONSTRAINT positive CHECK (n > 0) NOT VALID;
ALTER TABLE family.heir VALIDATE CONSTRAINT positive;
INSERT INTO family.alone VALUES (1, 2, 'x'); INSERT INTO family.heir VALUES (3, 4, 'y');
`;

const family = async () => {
  const original = await freshDatabase(server);
  await query(original, FAMILY);
  const vault = await restoreVault();
  await vault.capture(original);
  return { ...vault, original };
};

const lineage = (url: string) =>
  query(
    url,
    `SELECT inhrelid::regclass::text AS child, inhparent::regclass::text AS parent FROM pg_inherits ORDER BY 1`,
  );
const checks = (url: string) =>
  query(
    url,
    "SELECT conrelid::regclass::text AS table, convalidated AS valid FROM pg_constraint WHERE conname = 'positive' ORDER BY 1",
  );

test.each([
  ["whole", scope({})],
  ["by its schema", scope({ schemas: ["family"] })],
  ["table by table", scope({ tables: ["family.heir", "family.alone", "family.elder", "family.parent"] })],
])("a family of tables restored %s inherits and is valid as it was", async (_, wanted) => {
  const vault = await family();
  const copy = await freshDatabase(server);
  await vault.restore(copy, wanted);
  expect(await lineage(copy)).toEqual([
    { child: "family.alone", parent: "family.elder" },
    { child: "family.heir", parent: "family.parent" },
  ]);
  expect(await checks(copy)).toEqual(await checks(vault.original));
  expect(await checks(copy)).toContainEqual({ table: "family.heir", valid: true });
  expect(await checks(copy)).toContainEqual({ table: "family.parent", valid: false });
  for (const table of ["family.parent", "family.elder"])
    expect(await rowsOf(copy, table)).toEqual(await rowsOf(vault.original, table));
});

test("a child that was made apart comes back without a parent that is not there, and the plan says so", async () => {
  const vault = await family();
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy, scope({ tables: ["family.alone"] }));
  expect(plan.notices).toContain(
    "inherit family.alone is not made: the table it inherits from (family.elder) is neither in scope nor in the target",
  );
  await vault.apply(copy, plan);
  expect(await lineage(copy)).toEqual([]);
  expect(await rowsOf(copy, "family.alone")).toEqual(await rowsOf(vault.original, "family.alone"));
});

test("a child that was dropped inherits again from the parent that is there", async () => {
  const vault = await family();
  const before = await lineage(vault.original);
  expect(before).toHaveLength(2);
  await query(vault.original, "DROP TABLE family.alone");
  await vault.restore(vault.original, scope({ tables: ["family.alone"] }));
  expect(await lineage(vault.original)).toEqual(before);
});

test("an inherited check is not validated where its parent's is not made, and the plan says so", async () => {
  const vault = await family();
  const copy = await freshDatabase(server);
  const plan = await vault.plan(copy, scope({ tables: ["family.heir"] }));
  expect(plan.notices).toContain(
    "validation family.heir.positive is not made: the parent's constraint that it validates is not in scope",
  );
  await vault.apply(copy, plan);
  expect(await checks(copy)).toEqual([]);
  expect(await rowsOf(copy, "ONLY family.heir")).toEqual(await rowsOf(vault.original, "ONLY family.heir"));
});

test("progress counts the tables that are loaded, then those that are proven, and ends with all", async () => {
  const vault = await shop();
  const copy = await freshDatabase(server);
  const seen = new Map<string, number[]>();
  const progress = ({ phase, tablesDone }: { readonly phase: string; readonly tablesDone: number }) =>
    void seen.set(phase, [...new Set([...(seen.get(phase) ?? []), tablesDone])]);
  await vault.restore(copy, scope({ tables: ["shop.users", "shop.base"] }), { progress, lanes: 1 });
  expect(Object.fromEntries(seen)).toEqual({
    "making tables": [0],
    "loading rows": [0, 1, 2],
    proving: [0, 1, 2],
    "setting sequences": [2],
    "building indexes": [2],
    analysing: [2],
  });
});

test("a schema comes back beside others, and is refused where it holds something", async () => {
  const vault = await shop();
  const copy = await freshDatabase(server);
  await query(copy, "CREATE TABLE public.mine (n integer)");
  await vault.restore(copy, scope({ schemas: ["shop"] }));
  expect(await rowsOf(copy, "shop.totals")).toEqual(await rowsOf(vault.original, "shop.totals"));
  await expect(vault.restore(copy, scope({ schemas: ["shop"] }))).rejects.toMatchObject({ code: "TARGET_NOT_EMPTY" });
});

test("tables go into another schema beside the live ones, with their rows, defaults and keys", async () => {
  const vault = await shop();
  const into = scope({ tables: ["shop.users", "shop.orders", 'shop.Odd "name', "shop.hollow"], intoSchema: "Back up" });
  const plan = await vault.plan(vault.original, into);
  expect(plan.refusals).toEqual([]);
  expect(plan.notices.join("\n")).toContain("made without their default");
  await vault.apply(vault.original, plan);
  const stored = "SELECT id, email, mood, name FROM";
  const users = (schema: string) => query(vault.original, `${stored} ${schema}.users ORDER BY id`);
  expect(await users('"Back up"')).toEqual(await users("shop"));
  for (const table of ["orders", '"Odd ""name"', "hollow"])
    expect(await rowsOf(vault.original, `"Back up".${table}`)).toEqual(await rowsOf(vault.original, `shop.${table}`));
  const keys = `SELECT conrelid::regclass::text AS t, pg_get_constraintdef(oid) AS key FROM pg_constraint
    WHERE connamespace = '"Back up"'::regnamespace AND contype = 'p' ORDER BY 1`;
  expect(await query(vault.original, keys)).toEqual([
    { t: '"Back up"."Odd ""name"', key: 'PRIMARY KEY ("a b")' },
    { t: '"Back up".orders', key: "PRIMARY KEY (id)" },
    { t: '"Back up".users', key: "PRIMARY KEY (id)" },
  ]);
  await expect(vault.restore(vault.original, into)).rejects.toMatchObject({
    code: "TARGET_NOT_EMPTY",
    message: expect.stringContaining("schema Back up exists in the target already") as string,
  });
});

test("fails when a column's type is not in the target that gets tables only", async () => {
  const vault = await shop();
  const plan = await vault.plan(await freshDatabase(server), scope({ tables: ["shop.users"], intoSchema: "back" }));
  expect(plan.refusals.map(({ code, message }) => `${code} ${message}`)).toEqual([
    "TARGET_UNFIT the target has no type shop.email, which a column needs",
    "TARGET_UNFIT the target has no type shop.mood, which a column needs",
  ]);
});

test("fails when the point has no such table or schema", async () => {
  const vault = await shop();
  const copy = await freshDatabase(server);
  await expect(vault.plan(copy, scope({ tables: ["shop.nothing"] }))).rejects.toMatchObject({
    code: "TABLE_NOT_FOUND",
  });
  await expect(vault.plan(copy, scope({ schemas: ["nowhere"] }))).rejects.toMatchObject({ code: "TABLE_NOT_FOUND" });
});
