import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { vaultFlags } from "../peers/lastgood.ts";
import { findChain, LAYERS, removeChain } from "./layered.ts";
import type { Scenario } from "./scenario.ts";

const EXPIRE = join(import.meta.dirname, "../tasks/expire-oldest.ts");

/** The oldest day of 28 expires, so the first delta is folded into the base; at the end all but the newest day. */
export const fold: Scenario = {
  title: "Fold",
  changesData: false,
  secondsPerGb: { once: 3, perRun: 1 },
  secondsFixed: { once: 5, perRun: 2 },
  async run(bench: Bench) {
    const { lastgood } = bench.peers;
    const { repository, dataset } = await findChain(bench);
    const [, vault = "", , keys = ""] = vaultFlags(repository);
    const expire = async (step: string, run: number, points: number) => {
      const usage = await lastgood.script(EXPIRE, vault, keys, String(points));
      const { stored } = JSON.parse(usage.stdout) as { stored: { bytes: number } };
      bench.record({
        ...usage,
        step,
        tool: "Lastgood",
        run,
        tableBytes: dataset.tableBytes,
        storedBytes: stored.bytes,
      });
    };
    const runs = Math.min(bench.options.runs, LAYERS - 2);
    for (let run = 1; run <= runs; run++) await expire("the oldest of 28 points expires: one delta is folded", run, 1);
    const left = LAYERS - runs;
    await expire(`all but the newest point expire: ${left - 1} deltas are folded`, 1, left - 1);
    await removeChain(bench);
    bench.note(
      "By the library, as expiry runs it: folds, writes the points anew, removes the expired ones, proves both.",
    );
  },
};
