import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { load } from "../../postgres/schema/round-trip.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../../postgres.ts";
import { psql } from "./psql.ts";
import { restoreVault } from "./restore-world.ts";

const ZOOS = ["zoo", "types", "rental", "orders"];
const PG_DUMP_15 = "/usr/lib/postgresql/15/bin/pg_dump"; // Debian's postgresql-client-15
const DUMP_BYTES_MAX = 64 * 1024 * 1024;

const dumpSchema = async (url: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(PG_DUMP_15, ["--schema-only", "--dbname", url], {
    maxBuffer: DUMP_BYTES_MAX,
  });
  // Since 15.14 each dump carries a random \restrict key.
  return stdout.replaceAll(/^\\(un)?restrict .*\n/gm, "");
};

/**
 * The rows of every table as text, sorted, and where every sequence stands; by SQL alone. As a row's output prints it: a
 * cast of an xml column shows its declaration, which PostgreSQL itself neither dumps nor copies.
 */
const contentOf = async (url: string): Promise<Record<string, unknown>> => {
  const relations = await query(
    url,
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1`,
  );
  const content: Record<string, unknown> = {};
  for (const { name } of relations) {
    const only = `SELECT count(*) AS n, string_agg(md5(whole_row::text), ' ' ORDER BY md5(whole_row::text)) AS rows FROM ONLY ${String(name)} whole_row`;
    content[String(name)] = await query(url, only);
  }
  content["sequences"] = await query(
    url,
    "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2",
  );
  return content;
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test.each(ZOOS)("%s is the same after a restore and after psql, row by row", async (zoo) => {
    const original = await freshDatabase(server);
    await load(original, zoo);
    const vault = await restoreVault();
    await vault.capture(original);
    const restored = await freshDatabase(server);
    await vault.restore(restored);
    const loaded = await freshDatabase(server);
    await psql(loaded, await vault.sql());
    const content = await contentOf(original);
    expect(Object.keys(content).length).toBeGreaterThan(3);
    expect(await contentOf(restored)).toEqual(content);
    expect(await contentOf(loaded)).toEqual(content);
    if (major === 15 && existsSync(PG_DUMP_15)) {
      const schema = await dumpSchema(original);
      expect(await dumpSchema(restored)).toBe(schema);
      expect(await dumpSchema(loaded)).toBe(schema);
    }
  });
});

describe.runIf(postgresMajors.includes(15) && postgresMajors.includes(18))("PostgreSQL 15 to 18", () => {
  const old = testServer(15);
  const young = testServer(18);

  test("a point of 15 is restored into 18, every type proven; one of 18 into 15 is refused", async () => {
    const original = await freshDatabase(old);
    await load(original, "types");
    const vault = await restoreVault();
    await vault.capture(original);
    const restored = await freshDatabase(young);
    await vault.restore(restored);
    expect(await contentOf(restored)).toEqual(await contentOf(original));

    const later = await restoreVault();
    await later.capture(restored);
    const plan = await later.plan(await freshDatabase(old));
    expect(plan.refusals.map(({ message }) => message)).toEqual([
      "the target is PostgreSQL 15, older than the 18 the point was captured from",
    ]);
  });
});
