import type { Bench } from "../bench.ts";
import { apply, CHANGES, changedBytesOf } from "../changes.ts";
import { sql } from "../sql.ts";
import { Contestant, rotated, type Scenario } from "./scenario.ts";

/**
 * Later captures: every tool takes its own first one, then one after each change. Runs go over all changes before the
 * next, so that what a tool finds that takes part in the first run only is exactly the changes named.
 */
export const second: Scenario = {
  title: "Later captures",
  changesData: true,
  secondsPerGb: { once: 66, perRun: 36 },
  secondsFixed: { once: 10, perRun: 15 },
  async run(bench: Bench) {
    const dataset = await bench.dataset();
    const { lastgood, pgBackRests, restic } = bench.peers;
    const peers = [lastgood, pgBackRests.at(-1), restic].filter((peer) => peer !== undefined && peer.incremental);
    const all = peers.flatMap((peer) => (peer === undefined ? [] : [new Contestant(bench, peer)]));
    for (const contestant of all) {
      await contestant.prepare();
      await contestant.capture("its own first capture", "first");
    }
    for (let run = 1; run <= bench.options.runs; run++) {
      for (const { name, statements } of CHANGES) {
        const changed = await change(bench, dataset.url, statements(run - 1, dataset.rows));
        for (const contestant of rotated(
          all.filter((one) => one.takesPart(run)),
          run,
        )) {
          const usage = await contestant.capture(name, "later");
          if (usage === undefined) continue;
          const facts = { step: name, tool: contestant.peer.name, run, tableBytes: dataset.tableBytes };
          bench.record({ ...usage, ...facts, changedBytes: changed });
        }
      }
    }
    for (const contestant of all) await contestant.removeRepository();
    bench.note("Changed rows: COPY binary of exactly the rows a change wrote, through zstd level 1.");
    bench.note(
      "WAL that pgBackRest archives is not counted. pg_dump is not here: each dump costs what a first one does.",
    );
  },
};

/** Makes a change and waits until nothing of it is left to do. @returns the least bytes a tool could store for it */
const change = async (bench: Bench, url: string, statements: readonly string[]): Promise<number | undefined> => {
  if (statements.length === 0) return undefined;
  const xid = await apply(url, statements);
  const bytes = await changedBytesOf(url, xid, bench.server.binaries);
  await sql(url, "CHECKPOINT");
  await bench.peers.pgBackRests.at(-1)?.settle();
  return bytes;
};
