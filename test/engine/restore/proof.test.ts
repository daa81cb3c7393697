import { expect, test } from "vitest";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { type RestoreVault, restoreVault, rewritten, targetWith } from "./restore-world.ts";

const server = testServer(18);

const TABLES = `
  CREATE TABLE accounts (id integer PRIMARY KEY, balance integer);
  CREATE TABLE notes (id integer PRIMARY KEY, body text);
  INSERT INTO accounts SELECT i, 100 FROM generate_series(1, 1000) i;
  INSERT INTO notes SELECT i, 'note' FROM generate_series(1, 10) i`;

const captured = async (): Promise<RestoreVault & { readonly original: string }> => {
  const original = await freshDatabase(server);
  await query(original, TABLES);
  const vault = await restoreVault();
  await vault.capture(original);
  return { ...vault, original };
};

/** Restores into a database in which something happens to accounts when it is about to be read back or counted. */
const meddled = async (vault: RestoreVault, sql: string, proof: "full" | "counts"): Promise<unknown> => {
  const copy = await freshDatabase(server);
  const meddle = (name: string) => (name === "accounts" ? query(copy, sql) : Promise.resolve());
  const target = targetWith(copy, (session) => ({
    async *rows(table, pages) {
      await meddle(table.name);
      yield* session.rows(table, pages);
    },
    async count(table) {
      await meddle(table.name);
      return session.count(table);
    },
  }));
  return vault.restore(copy, undefined, { target, proof });
};

test("fails when a row of the target is changed between load and proof, and names its table", async () => {
  const vault = await captured();
  await expect(meddled(vault, "UPDATE accounts SET balance = 101 WHERE id = 500", "full")).rejects.toMatchObject({
    code: "RESTORE_UNPROVEN",
    message: expect.stringContaining(
      "table public.accounts is not proven: the rows in the target are not those",
    ) as string,
    facts: { table: "public.accounts", tablesComplete: 2 },
  });
});

test("fails when a row of the target is deleted between load and proof, even if rows are only counted", async () => {
  const vault = await captured();
  for (const proof of ["full", "counts"] as const)
    await expect(meddled(vault, "DELETE FROM accounts WHERE id = 500", proof)).rejects.toMatchObject({
      code: "RESTORE_UNPROVEN",
      message: expect.stringContaining("1000 rows were loaded, the target has 999") as string,
    });
});

/** Restores through a connection that does something to the frames of accounts. */
const garbled = async (vault: RestoreVault, change: (frames: Buffer) => Buffer) => {
  const copy = await freshDatabase(server);
  const target = targetWith(copy, (session) => ({
    load(table, frames, options) {
      async function* changed() {
        for await (const piece of frames) yield table.name === "accounts" ? change(piece) : piece;
      }
      return session.load(table, changed(), options);
    },
  }));
  const restored = vault.restore(copy, undefined, { target });
  await restored.catch(() => undefined);
  return { restored, copy };
};

test("fails when a row is lost on its way, and leaves the table empty", async () => {
  const vault = await captured();
  const { restored, copy } = await garbled(vault, (frames) => frames.subarray(1 + frames.readUInt32BE(1)));
  await expect(restored).rejects.toMatchObject({
    code: "RESTORE_UNPROVEN",
    message: expect.stringContaining("1000 rows were sent, the server took 999") as string,
    hint: expect.stringContaining("drop database") as string,
  });
  expect(await query(copy, "SELECT count(*)::int AS n FROM accounts")).toEqual([{ n: 0 }]);
});

test("fails when a byte is changed on its way", async () => {
  const vault = await captured();
  const { restored } = await garbled(vault, (frames) => {
    const changed = Buffer.from(frames);
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    return changed;
  });
  await expect(restored).rejects.toMatchObject({ code: "RESTORE_UNPROVEN", facts: { table: "public.accounts" } });
});

test("fails when a point lacks a layer that adds as many rows as it takes away", async () => {
  const vault = await captured();
  await query(vault.original, "DELETE FROM accounts WHERE id = 7; INSERT INTO accounts VALUES (7000, 1)");
  const point = await vault.capture(vault.original);
  await rewritten(vault, point, (part) => ({
    ...part,
    tables: part.tables.map((table) => ({ ...table, layers: table.layers.slice(0, 1) })),
  }));
  await expect(vault.restore(await freshDatabase(server))).rejects.toMatchObject({
    code: "RESTORE_UNPROVEN",
    message: expect.stringContaining(
      "table public.accounts is not proven: the keys of its rows are not those",
    ) as string,
  });
});

test("fails when a point's layers hold fewer rows than it recorded", async () => {
  const vault = await captured();
  await query(vault.original, "INSERT INTO accounts VALUES (7000, 1)");
  const point = await vault.capture(vault.original);
  await rewritten(vault, point, (part) => ({
    ...part,
    tables: part.tables.map((table) => ({ ...table, layers: table.layers.slice(0, 1) })),
  }));
  await expect(vault.sql()).rejects.toMatchObject({
    code: "RESTORE_UNPROVEN",
    message: expect.stringContaining("the point has 1001 rows, its layers gave 1000") as string,
  });
});
