import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { ROOT, vaultFlags } from "../peers/lastgood.ts";
import { makeRetentionVault } from "../retention-vault.ts";
import type { Scenario } from "./scenario.ts";

const COMMAND = join(ROOT, "bin/launcher.js");
const CHUNKS = "400 points, 107,000 chunks";

/** The hourly worker and the daily verification over a vault of 400 points. */
export const retention: Scenario = {
  title: "Retention",
  changesData: false,
  secondsPerGb: { once: 0, perRun: 0 },
  secondsFixed: { once: 60, perRun: 60 },
  async run(bench: Bench) {
    const repository = join(bench.server.directory, "retention");
    const policy = ["--policy", join(repository, "lastgood.yaml"), ...vaultFlags(repository)];
    const timed = async (step: string, run: number, ...args: readonly string[]) =>
      bench.record({
        ...(await bench.measure({ argv: [process.execPath, COMMAND, ...args, ...policy, "--json"], statuses: [0, 9] })),
        step: `${step}: ${CHUNKS}`,
        tool: "Lastgood",
        run,
        tableBytes: 0,
      });
    for (let run = 1; run <= bench.options.runs; run++) {
      bench.say(`making a vault of ${CHUNKS}`);
      await makeRetentionVault(repository);
      await timed("worker, first run of a day, one part is due", run, "expire", "run");
      await timed("worker, nothing has happened since", run, "expire", "run");
      await timed("daily verification, with a seventh read", run, "verify", "--no-drill");
    }
    bench.note(
      "A chunk holds one row of 1.7 kB: the figures are those of objects, not of bytes. Files lie in the page cache.",
    );
  },
};
