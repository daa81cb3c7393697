import { describe, expect, test } from "vitest";
import type { TargetTable } from "../../../lib/ports/target-database.ts";
import { targetDatabase } from "../../../lib/postgres/target/target-database.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../../postgres.ts";

const table = (name: string, columns: readonly string[], schema = "public"): TargetTable => ({
  schema,
  name,
  columns,
  format: "text",
});

async function* frames(...lines: readonly string[]): AsyncGenerator<Buffer> {
  for (const line of lines) {
    const payload = Buffer.from(`${line}\n`, "utf8");
    const head = Buffer.from([0x64, 0, 0, 0, 0]);
    head.writeUInt32BE(payload.length + 4, 1);
    yield Buffer.concat([head, payload]);
  }
}

const all = async (rows: AsyncIterable<Buffer>): Promise<string> => {
  let text = "";
  for await (const piece of rows)
    for (let at = 0; at < piece.length; at += 1 + piece.readUInt32BE(at + 1))
      text += piece.toString("utf8", at + 5, at + 1 + piece.readUInt32BE(at + 1));
  return text;
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test("rows go into the columns named and come back in the order they went, without the children's", async () => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE TABLE t (a integer, g integer GENERATED ALWAYS AS (a * 2) STORED, "b c" text, i integer GENERATED ALWAYS AS IDENTITY);
       CREATE TABLE child () INHERITS (t); INSERT INTO child (a, i) OVERRIDING SYSTEM VALUE VALUES (99, 1)`,
    );
    await using session = await targetDatabase(url).open();
    const t = table("t", ["a", "b c", "i"]);
    await session.run("BEGIN", "testing");
    await session.run("TRUNCATE ONLY public.t", "testing");
    expect(await session.load(t, frames("3\tx\t30", "1\t\\N\t10", "2\ty\t20"), { freeze: true })).toBe(3);
    await session.run("COMMIT", "testing");
    expect(await all(session.rows(t))).toBe("3\tx\t30\n1\t\\N\t10\n2\ty\t20\n");
    expect(await session.count(t)).toBe(3);
    expect(await query(url, "SELECT a, g FROM ONLY t ORDER BY a LIMIT 1")).toEqual([{ a: 1, g: 2 }]);
  });

  test("shares of a table's pages hold each of its own rows once, whatever the shares", async () => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE TABLE t (a integer); CREATE TABLE child () INHERITS (t);
       INSERT INTO t SELECT generate_series(1, 3000); INSERT INTO child VALUES (0)`,
    );
    await using session = await targetDatabase(url).open();
    const t = table("t", ["a"]);
    const pages = await session.pages(t);
    expect(pages).toBeGreaterThan(3);
    for (const border of [0, 1, pages - 1, pages, pages + 7]) {
      const first = await all(session.rows(t, { from: 0, to: border }));
      const second = await all(session.rows(t, { from: border, to: undefined }));
      expect(first + second).toBe(await all(session.rows(t)));
      expect(second === "").toBe(border >= pages);
    }
  });

  test("a table without columns takes rows, and names may hold anything", async () => {
    const url = await freshDatabase(server);
    await query(url, `CREATE SCHEMA "s.1"; CREATE TABLE "s.1"."t ""x""" ()`);
    await using session = await targetDatabase(url).open();
    const hollow = table('t "x"', [], "s.1");
    expect(await session.load(hollow, frames("", ""), { freeze: false })).toBe(2);
    expect(await all(session.rows(hollow))).toBe("\n\n");
  });

  test("the facts name what users made, and leave out what extensions and PostgreSQL brought", async () => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE SCHEMA "My Schema"; CREATE TYPE "My Schema".mood AS ENUM ('a'); CREATE TABLE t (id serial);
       CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
    );
    const facts = await targetDatabase(url).facts();
    expect(facts.objects).toEqual([
      { schema: "My Schema", name: '"My Schema".mood' },
      { schema: "public", name: "public.f" },
      { schema: "public", name: "public.t" },
      { schema: "public", name: "public.t_id_seq" },
    ]);
    expect(facts).toMatchObject({
      schemas: ["My Schema", "public"],
      extensions: ["plpgsql"],
      standby: false,
      mayCreate: true,
      identity: { encoding: "UTF8", database: new URL(url).pathname.slice(1) },
    });
    expect(Math.floor(facts.identity.serverVersion / 10_000)).toBe(major);
    expect(facts.identity.systemIdentifier).toMatch(/^\d{15,}$/);
    expect(facts.roles).toContain("postgres");
  });

  test("fails with the statement's place, and the session goes on", async () => {
    await using session = await targetDatabase(await freshDatabase(server)).open();
    await expect(session.run("SELECT nothing", "making index public.i")).rejects.toMatchObject({
      code: "DATABASE_ERROR",
      message: expect.stringContaining("making index public.i") as string,
    });
    await session.run("SELECT 1", "testing");
  });

  test("fails with TARGET_NO_SPACE when the server's disk is full", async () => {
    await using session = await targetDatabase(await freshDatabase(server)).open();
    const full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$";
    await expect(session.run(full, "loading public.t")).rejects.toMatchObject({ code: "TARGET_NO_SPACE" });
  });

  test("an abandoned session fails what runs", async () => {
    const session = await targetDatabase(await freshDatabase(server)).open();
    const sleeping = session.run("SELECT pg_sleep(60)", "sleeping");
    session.abandon();
    await expect(sleeping).rejects.toMatchObject({ code: "DATABASE_LOST" });
  });
});
