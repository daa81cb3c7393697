import { describe, expect, test } from "vitest";
import { writeArchiveSql } from "../../../lib/engine/archive/archive-to-sql.ts";
import { openArchivePart } from "../../../lib/engine/archive/open-archive-part.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import type { DataClass } from "../../../lib/model/policy.ts";
import { memoryRetainedStore } from "../../local/memory-retained-store.ts";
import { dataClass, policyOf } from "../../policy/made-policy.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../../postgres.ts";
import { psql } from "../restore/psql.ts";
import { restoreVault } from "../restore/restore-world.ts";
import { CONTENT, SHOP } from "../restore/shop.ts";
import { archiveNewest, QUIET } from "./archive-world.ts";

const CLASSES = [
  dataClass("people", "P14D", { tables: ["shop.users"] }),
  dataClass("money", "P12Y", { tables: ["shop.orders"] }),
  dataClass("traces", "P30D", { tables: ["shop.events_old", "shop.events_new"] }),
  dataClass("rest", "P60D", { tables: ["shop.*"] }),
  dataClass("none", "P60D", { tables: ["nowhere.*"] }),
];
const ALL = CLASSES.map(({ name }) => name);

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  /** The shop, captured twice and archived class by class, and a way to load what is wanted of it into an empty database. */
  const archived = async (classes: readonly DataClass[] = CLASSES) => {
    const original = await freshDatabase(server);
    await query(original, SHOP);
    const made = await restoreVault();
    const { vault } = made;
    const policy = policyOf(classes, { databases: [new URL(original).pathname.slice(1)] });
    await made.capture(original, policy);
    await query(
      original,
      "UPDATE shop.orders SET price = 0 WHERE id % 7 = 0; DELETE FROM shop.events WHERE day < '2025-12-05'; REFRESH MATERIALIZED VIEW shop.totals",
    );
    await made.capture(original, policy);
    const archive = memoryRetainedStore(systemClock);
    const world = { vault, archive, clock: systemClock };
    for (const { name } of classes) await archiveNewest(world, name, { packBytes: 3000 });
    const load = async (classes: readonly string[], tables: readonly string[] = []): Promise<string> => {
      const opened = [];
      for (const name of classes)
        opened.push(await openArchivePart(vault, archive, (await archiveNewest(world, name)).part));
      const pieces: Buffer[] = [];
      const write = async (bytes: Buffer) => void pieces.push(bytes);
      await writeArchiveSql({ ...QUIET, clock: systemClock, write }, archive, opened, tables);
      const copy = await freshDatabase(server);
      await psql(copy, Buffer.concat(pieces));
      return copy;
    };
    return { original, archive, world, load };
  };

  const rowsOf = (url: string, table: string) => query(url, `SELECT x::text AS row FROM ${table} x ORDER BY x::text`);
  const foreignKeys = (url: string) =>
    query(url, "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0");

  test("all classes together are the database: rows, keys between classes, views, indexes, sequences", async () => {
    const { original, load } = await archived();
    expect(await query(await load(ALL), CONTENT)).toEqual(await query(original, CONTENT));
  });

  test("one class loads alone: its tables and what they need, without keys to tables that are not there", async () => {
    const { original, load } = await archived();
    const money = await load(["money"]);
    expect(await rowsOf(money, "shop.orders")).toEqual(await rowsOf(original, "shop.orders"));
    expect(await query(money, "SELECT to_regclass('shop.users') AS users")).toEqual([{ users: null }]);
    expect(await foreignKeys(money)).toEqual([]);
    const sequence = "SELECT last_value FROM shop.orders_id_seq";
    expect(await query(money, sequence)).toEqual(await query(original, sequence));
  });

  test("two classes bring the key between them along", async () => {
    const { original, load } = await archived();
    const both = await load(["money", "people"]);
    expect(await foreignKeys(both)).toEqual(await foreignKeys(original));
    await expect(query(both, "DELETE FROM shop.users WHERE id = 1")).rejects.toThrow("foreign key");
  });

  test("a partitioned table comes along with a class that has all its partitions", async () => {
    const { original, load } = await archived();
    expect(await rowsOf(await load(["traces"]), "shop.events")).toEqual(await rowsOf(original, "shop.events"));
  });

  test("a partition without its sisters is a table of its own", async () => {
    const { original, load } = await archived([
      dataClass("traces", "P30D", { tables: ["shop.events_old"] }),
      dataClass("rest", "P60D", { tables: ["shop.*"] }),
    ]);
    const traces = await load(["traces"]);
    expect(await rowsOf(traces, "shop.events_old")).toEqual(await rowsOf(original, "shop.events_old"));
    expect(await query(traces, "SELECT to_regclass('shop.events') AS parent")).toEqual([{ parent: null }]);
  });

  test("one table is written alone, and a class without a table loads as nothing", async () => {
    const { original, load } = await archived();
    const one = await load(["rest"], ["shop.keyless"]);
    expect(await rowsOf(one, "shop.keyless")).toEqual(await rowsOf(original, "shop.keyless"));
    const tables = "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'shop'";
    expect(await query(one, tables)).toEqual([{ n: 1 }]);
    expect(await query(await load(["none"]), tables)).toEqual([{ n: 0 }]);
  });
});
