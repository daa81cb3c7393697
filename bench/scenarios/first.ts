import type { Bench } from "../bench.ts";
import { Contestant, rotated, type Scenario } from "./scenario.ts";

/** First capture of the whole database into an empty repository. */
export const first: Scenario = {
  title: "First capture",
  changesData: false,
  secondsPerGb: { once: 28, perRun: 15 },
  secondsFixed: { once: 5, perRun: 4 },
  async run(bench: Bench) {
    const dataset = await bench.dataset();
    const { lastgood, pgBackRests, pgDumps, restic } = bench.peers;
    const peers = [lastgood, pgBackRests[0], ...pgDumps, restic].filter((peer) => peer !== undefined);
    const all = peers.map((peer) => new Contestant(bench, peer));
    for (let run = 1; run <= bench.options.runs; run++) {
      for (const contestant of rotated(
        all.filter((one) => one.takesPart(run)),
        run,
      )) {
        await contestant.prepare();
        const usage = await contestant.capture("first capture", "first");
        if (usage !== undefined)
          bench.record({
            ...usage,
            step: "first capture",
            tool: contestant.peer.name,
            run,
            tableBytes: dataset.tableBytes,
          });
        await contestant.removeRepository();
      }
    }
    bench.note(
      "pgBackRest copies the cluster's files, indexes included, and encrypts; restic encrypts; pg_dump does not.",
    );
  },
};
