import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, type TestServer, testServer } from "../../postgres.ts";
import { catalogFacts } from "./catalog-facts.ts";
import { capture, comparable, load, restore } from "./round-trip.ts";

const ZOOS = ["zoo", "types", "rental", "orders"];
const PG_DUMP_15 = "/usr/lib/postgresql/15/bin/pg_dump"; // Debian's postgresql-client-15
const DUMP_BYTES_MAX = 64 * 1024 * 1024;

/** A database made from an SQL file, and a second one made from what was captured of the first. */
async function twins(server: TestServer, zoo: string) {
  const original = await freshDatabase(server);
  await load(original, zoo);
  const schema = await capture(original);
  const restored = await freshDatabase(server);
  await restore(restored, schema);
  return { original, restored, schema };
}

async function dumpSchema(url: string): Promise<string> {
  const { stdout } = await promisify(execFile)(PG_DUMP_15, ["--schema-only", "--dbname", url], {
    maxBuffer: DUMP_BYTES_MAX,
  });
  // Since 15.14 each dump carries a random \restrict key.
  return stdout.replaceAll(/^\\(un)?restrict .*\n/gm, "");
}

describe.each(postgresMajors)("on PostgreSQL %i", (major) => {
  const server = testServer(major);

  test.each(ZOOS)("a database made from the captured schema of %s has that same schema", async (zoo) => {
    const { schema, original, restored } = await twins(server, zoo);
    expect(schema.statements.length).toBeGreaterThan(50);
    expect(schema.uncovered.filter(({ kind }) => kind !== "roles")).toEqual([]);
    expect(comparable(await capture(restored))).toEqual(comparable(schema));
    // Capture compared with capture cannot see what capture does not look at.
    expect(await catalogFacts(restored)).toEqual(await catalogFacts(original));
  });
});

describe.runIf(existsSync(PG_DUMP_15))("as pg_dump 15 sees it", () => {
  const server = testServer(15);

  test.each(ZOOS)("original and restored %s are dumped byte for byte the same", async (zoo) => {
    const { original, restored } = await twins(server, zoo);
    const dump = await dumpSchema(original);
    expect(dump.split("\n").length).toBeGreaterThan(300);
    expect(await dumpSchema(restored)).toBe(dump);
  });
});
