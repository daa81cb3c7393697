import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { sql } from "../sql.ts";
import { LAYERS, makeChain } from "./layered.ts";
import { emptyDatabase } from "./restore.ts";
import { rotated, type Scenario } from "./scenario.ts";

const READ = join(import.meta.dirname, "../tasks/read-point.ts");

/** The same state read and restored from 28 layers and from a base alone. */
export const layers: Scenario = {
  title: `${LAYERS} layers`,
  changesData: false,
  secondsPerGb: { once: 15, perRun: 4 },
  secondsFixed: { once: 45, perRun: 8 },
  async run(bench: Bench) {
    const { lastgood } = bench.peers;
    const chain = await makeChain(bench);
    const alone = join(bench.server.directory, "layered-base");
    await lastgood.prepare(alone);
    await lastgood.captureOf(chain.dataset.url, alone, "--base");
    const sources = [
      { name: "a base alone", repository: alone },
      { name: `${LAYERS} layers`, repository: chain.repository },
    ];
    for (let run = 1; run <= bench.options.runs; run++) {
      for (const { name, repository } of rotated(sources, run)) {
        const facts = { tool: "Lastgood", run, tableBytes: chain.dataset.tableBytes };
        const [vault, keys] = [join(repository, "vault"), join(repository, "keys.json")];
        bench.record({
          ...(await lastgood.script(READ, vault, keys)),
          ...facts,
          step: `read from ${name}, one thread`,
        });
        const restored = await lastgood.restore(repository, await emptyDatabase(bench, "restored"));
        if (restored !== undefined) bench.record({ ...restored, ...facts, step: `restore from ${name}` });
      }
    }
    await sql(bench.server.url("postgres"), "DROP DATABASE IF EXISTS restored");
    rmSync(alone, { recursive: true, force: true });
    bench.note(
      `On a database of its own of ${Math.round(chain.dataset.tableBytes / 1e6)} MB; 1 % of all rows changed, scattered, before each layer.`,
    );
  },
};
