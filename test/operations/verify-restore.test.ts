import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { systemEntropy } from "../../lib/local/system-entropy.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { openOrCreateVault } from "../../lib/operations/open-vault.ts";
import { openRestoreLane } from "../../lib/operations/restore-lane.ts";
import { verifyByRestore } from "../../lib/operations/verify-restore.ts";
import type { PlainReader } from "../../lib/ports/plain-reader.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { plainReader } from "../../lib/postgres/target/plain-reader.ts";
import { targetDatabase } from "../../lib/postgres/target/target-database.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { memoryKeys } from "../local/memory-keys.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";

const zoo = (name: string): string => readFileSync(new URL(`../zoo/${name}.sql`, import.meta.url), "utf8");

const drill = async (urls: { source: string; scratch: string }, reader: (honest: PlainReader) => PlainReader) => {
  const stores = { hot: memoryStore(systemClock), keys: memoryStore(systemClock) };
  const vault = await openOrCreateVault({ stores, keys: memoryKeys(), entropy: systemEntropy });
  const source = await postgresSource(urls.source);
  const quiet = { clock: systemClock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  const world = { source, store: stores.hot, entropy: systemEntropy };
  await captureDatabase({ ...quiet, vault, source, openLanes: inProcessLanes(world, 2) }, { tier: "hot", base: false });
  const target = targetDatabase(urls.scratch);
  return verifyByRestore(
    {
      ...quiet,
      vault,
      target,
      reader: reader(plainReader(urls.scratch)),
      openLanes: async (opening) => {
        const lane = await openRestoreLane({ target, store: stores.hot }, opening);
        return {
          count: 1,
          run: (task, progress, signal) => lane.run(task, progress, signal),
          [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
        };
      },
    },
    "latest",
  );
};

describe.each(postgresMajors)("on PostgreSQL %i", (major) => {
  const server = testServer(major);

  test.each(["types", "zoo", "rental", "orders"])(
    "every row of the %s schema comes back as an independent query reads it",
    async (name) => {
      const [source, scratch] = [await freshDatabase(server), await freshDatabase(server)];
      await query(source, zoo(name));
      const report = await drill({ source, scratch }, (honest) => honest);
      expect(report.tables).toBeGreaterThan(5);
      expect(report.rows).toBe(report.restore.rows);
    },
  );

  test("fails when one value of one restored row is another, and names its table", async () => {
    const [source, scratch] = [await freshDatabase(server), await freshDatabase(server)];
    await query(
      source,
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i",
    );
    const lying = (honest: PlainReader): PlainReader => ({
      async *rows(table) {
        for await (const row of honest.rows(table)) yield row[0] === "57" ? ["57", "other"] : row;
      },
    });
    await expect(drill({ source, scratch }, lying)).rejects.toThrow("public.t (1 of 100 rows)");
  });

  test("fails when a restored row is missing", async () => {
    const [source, scratch] = [await freshDatabase(server), await freshDatabase(server)];
    await query(source, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100)");
    const lying = (honest: PlainReader): PlainReader => ({
      async *rows(table) {
        for await (const row of honest.rows(table)) if (row[0] !== "100") yield row;
      },
    });
    await expect(drill({ source, scratch }, lying)).rejects.toMatchObject({ code: "DIFFERENT" });
  });
});
