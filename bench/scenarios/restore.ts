import type { Bench } from "../bench.ts";
import type { RestoringPeer } from "../peers/peer.ts";
import { sql } from "../sql.ts";
import { Contestant, rotated, type Scenario } from "./scenario.ts";

const TABLE = "orders";
const TARGET = "restored";

/** Whole restore and one table with its indexes, each into a database made for it. */
export const restore: Scenario = {
  title: "Restore",
  changesData: false,
  secondsPerGb: { once: 40, perRun: 34 },
  secondsFixed: { once: 5, perRun: 10 },
  async run(bench: Bench) {
    const dataset = await bench.dataset();
    const { lastgood, pgDumps, restic } = bench.peers;
    // Of pg_dump the compression that suits it best: they differ by seconds of unzipping, which the server outweighs.
    const peers: RestoringPeer[] = [lastgood, ...pgDumps.slice(0, 1), ...(restic === undefined ? [] : [restic])];
    const all = peers.map((peer) => new Contestant(bench, peer));
    for (const contestant of all) {
      await contestant.prepare();
      await contestant.capture("the capture to restore", "first");
    }
    const tableBytes = await bytesOf(dataset.url, TABLE);
    for (let run = 1; run <= bench.options.runs; run++) {
      for (const contestant of rotated(
        all.filter((one) => one.takesPart(run)),
        run,
      ))
        await restoreOnce(bench, contestant, { run, step: "whole database", bytes: dataset.tableBytes });
      for (const contestant of rotated(
        all.filter((one) => one.takesPart(run)),
        run,
      ))
        await restoreOnce(bench, contestant, { run, step: `table ${TABLE}`, bytes: tableBytes, table: TABLE });
    }
    await sql(bench.server.url("postgres"), `DROP DATABASE IF EXISTS ${TARGET}`);
    for (const contestant of all) await contestant.removeRepository();
    bench.note(
      "Lastgood's seconds hold its plan, its proof and ANALYZE; the others' hold neither proof nor ANALYZE: for pg_restore, `analyse` is what ANALYZE took after it.",
    );
    bench.note("pgBackRest is not here: it restores the files of a whole cluster, no database and no table.");
  },
};

const restoreOnce = async (
  bench: Bench,
  contestant: Contestant<RestoringPeer>,
  what: { run: number; step: string; bytes: number; table?: string },
): Promise<void> => {
  const into = await emptyDatabase(bench, TARGET);
  const { step, run } = what;
  const { peer, repository } = contestant;
  const restored = await contestant.attempt(`restore of ${step}`, () => peer.restore(repository, into, what.table));
  if (restored !== undefined) bench.record({ ...restored, step, tool: peer.name, run, tableBytes: what.bytes });
};

/** @returns the URL of a new database of that name */
export const emptyDatabase = async (bench: Bench, name: string): Promise<string> => {
  const maintenance = bench.server.url("postgres");
  await sql(
    maintenance,
    `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
    `CREATE DATABASE ${name} TEMPLATE template0`,
    "CHECKPOINT",
  );
  return bench.server.url(name);
};

const bytesOf = async (url: string, table: string): Promise<number> => {
  const [row] = await sql<{ bytes: string }>(url, `SELECT pg_table_size('${table}') AS bytes`);
  return Number(row?.bytes ?? 0);
};
