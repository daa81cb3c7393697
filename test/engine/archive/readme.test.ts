import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { memoryRetainedStore } from "../../local/memory-retained-store.ts";
import { dataClass, policyOf } from "../../policy/made-policy.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../../postgres.ts";
import { restoreVault } from "../restore/restore-world.ts";
import { CONTENT, SHOP } from "../restore/shop.ts";
import { archiveNewest, bash, blocksIn, withCopy } from "./archive-world.ts";
import { copyOf, openGoldenArchive } from "./golden-archive.ts";

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  /** Does what the README says, to its letter but for the database's name. @returns the database's address */
  const follow = async (directory: string): Promise<string> => {
    const running = await server();
    const name = `restored_${randomUUID().replaceAll("-", "")}`;
    const env = {
      ...process.env,
      PGHOST: "127.0.0.1",
      PGPORT: String(running.port),
      PGUSER: new URL(running.url("x")).username,
    };
    for (const { language, text } of blocksIn(await readFile(join(directory, "README.txt"), "utf8")))
      if (language === "open.sh") await writeFile(join(directory, language), text);
      else expect(await bash(text.replaceAll("restored", name), directory, env)).toEqual({ status: 0, stderr: "" });
    return running.url(name);
  };

  test("bash, openssl, zstd and psql give back every row, by nothing but what the README says", async () => {
    const original = await freshDatabase(server);
    await query(original, SHOP);
    const made = await restoreVault();
    await made.capture(original);
    await query(original, "DELETE FROM shop.child WHERE id = 3; UPDATE shop.keyless SET t = E'\\\\.' WHERE n = 2");
    await made.capture(original);
    const archive = memoryRetainedStore(systemClock);
    const { part } = await archiveNewest({ vault: made.vault, archive, clock: systemClock }, "default", {
      packBytes: 1,
    });
    expect(part.objects.filter(({ name }) => name.includes("/packs/")).length).toBeGreaterThan(5);
    const copy = await withCopy(archive, part, await made.vault.archiveKey(part), follow);
    expect(await query(copy, CONTENT)).toEqual(await query(original, CONTENT));
  });

  test("one class of several opens alone, without the tables of the others and the keys to them", async () => {
    const original = await freshDatabase(server);
    await query(original, SHOP);
    const made = await restoreVault();
    const classes = [
      dataClass("money", "P12Y", { tables: ["shop.orders"] }),
      dataClass("rest", "P60D", { tables: ["shop.*"] }),
    ];
    await made.capture(original, policyOf(classes, { databases: [new URL(original).pathname.slice(1)] }));
    const archive = memoryRetainedStore(systemClock);
    const { part } = await archiveNewest({ vault: made.vault, archive, clock: systemClock }, "money");
    const copy = await withCopy(archive, part, await made.vault.archiveKey(part), follow);
    const rows = "SELECT x::text AS row FROM shop.orders x ORDER BY id";
    expect(await query(copy, rows)).toEqual(await query(original, rows));
    const tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'shop'";
    expect(await query(copy, tables)).toEqual([{ tablename: "orders" }]);
  });

  test("an archive that format 1 wrote once opens by the README that was written with it", async () => {
    const copy = await follow(await copyOf(await openGoldenArchive()));
    expect(await query(copy, "SELECT id, body FROM orders ORDER BY id LIMIT 2")).toEqual([
      { id: "-1", body: "the first row" },
      { id: "1", body: "Grüße\t\\\n" },
    ]);
    expect(await query(copy, "SELECT count(*)::int AS rows, max(length(body)) AS longest FROM notes")).toEqual([
      { rows: 4, longest: 300 },
    ]);
    expect(await query(copy, "SELECT nextval('orders_id_seq')::int AS next")).toEqual([{ next: 70_001 }]);
  });
});
