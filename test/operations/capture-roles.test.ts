import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Vault } from "../../lib/engine/vault.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { verifyVault } from "../../lib/operations/verify.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { dataClass, policyOf } from "../policy/made-policy.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  const made: { url: string; entering: string } = { url: "", entering: "" };

  beforeAll(async () => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE TABLE people (id integer PRIMARY KEY, name text); CREATE TABLE orders (id integer PRIMARY KEY, of integer);
       INSERT INTO people SELECT i, 'p' || i FROM generate_series(1, 100) i; INSERT INTO orders SELECT i, i FROM generate_series(1, 50) i;
       CREATE ROLE reads_people NOLOGIN; CREATE ROLE reads_orders NOLOGIN; CREATE ROLE enters LOGIN NOINHERIT;
       GRANT SELECT ON people TO reads_people; GRANT SELECT ON orders TO reads_orders;
       GRANT reads_people, reads_orders TO enters`,
    );
    const entering = new URL(url);
    entering.username = "enters";
    Object.assign(made, { url, entering: entering.href });
  });
  afterAll(() =>
    query(
      made.url,
      "DROP OWNED BY reads_people, reads_orders; DROP ROLE enters; DROP ROLE reads_people; DROP ROLE reads_orders",
    ),
  );

  const taker = async () => {
    const stores = { hot: memoryStore(systemClock), keys: memoryStore(systemClock) };
    const vault = await Vault.openOrCreate(stores, memoryKeys(), systemEntropy);
    const source = await postgresSource(made.entering);
    const world = {
      vault,
      source,
      clock: systemClock,
      progress: () => {},
      warn: () => {},
      signal: new AbortController().signal,
      // Every table is split, so that it is sampled too.
      ranges: { bytesMin: 1, perLane: 4 },
      openLanes: inProcessLanes({ source, store: stores.hot, entropy: systemEntropy }, 2),
    };
    const take = (policy: Policy) => captureDatabase(world, { tier: "hot", base: false, policy });
    return { world, take, database: source.database };
  };

  const policyFor = (database: string, roles: { readonly people?: string; readonly orders?: string }): Policy =>
    policyOf(
      [
        dataClass("people", "P14D", { ...(roles.people !== undefined && { role: roles.people }) }),
        dataClass("orders", "P28D", { ...(roles.orders !== undefined && { role: roles.orders }) }),
      ],
      { databases: [database] },
    );

  test("each class is read by its own role, whole and as what changed, by a login that may read nothing", async () => {
    const { world, take, database } = await taker();
    const policy = policyFor(database, { people: "reads_people", orders: "reads_orders" });
    const first = await take(policy);
    expect(first.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ["orders", 50],
      ["people", 100],
    ]);
    await query(made.url, "UPDATE people SET name = 'x' WHERE id = 7; DELETE FROM people WHERE id = 8");
    const second = await take(policy);
    expect(second.tables.map(({ name, taken, changedRows, goneRows }) => [name, taken, changedRows, goneRows])).toEqual(
      [
        ["orders", "delta", 0, 0],
        ["people", "delta", 1, 1],
      ],
    );
    expect((await verifyVault(world, { level: "read" })).problems).toEqual([]);
  });

  test("fails, with nothing stored, for each table that its class's role or the login may not read", async () => {
    const { world, take, database } = await taker();
    await expect(take(policyFor(database, { people: "reads_orders" }))).rejects.toMatchObject({
      code: "DATABASE_FORBIDDEN",
      message: "public.orders: role enters has no SELECT on it; public.people: role reads_orders has no SELECT on it",
    });
    const { points, problems } = await verifyVault(world, { level: "list" });
    expect([points, problems]).toEqual([0, []]);
  });
});
