import { Option } from "@commander-js/extra-typings";
import { EXIT } from "../../lib/model/errors.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { localSource } from "../../lib/wiring/local.ts";
import { formatBytes, formatDuration, formatNumber } from "../format.ts";
import { openLanes } from "../lanes.ts";
import {
  databaseOption,
  jobsOption,
  keysOption,
  passphraseFileOption,
  resolveDatabase,
  vaultOption,
} from "../options.ts";
import type { AddCommand } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood capture --database postgres://app@localhost/shop --vault ./vault --keys ./keys.json
  lastgood capture --tier release --release 2026.11.3 --commit 4f2c1d9    before a deploy

The first capture of a database makes the vault and the key file. Later ones store what changed.
Stopped at any moment, run it again: it takes over what is already stored.`;

export const addCapture: AddCommand = (program, act) => {
  program
    .command("capture")
    .description("take a restore point of a database")
    .addOption(databaseOption())
    .addOption(vaultOption())
    .addOption(keysOption())
    .addOption(passphraseFileOption())
    .addOption(
      new Option("--tier <tier>", "why it is taken").choices(["hot", "release"] as const).default("hot" as const),
    )
    .option("--release <id>", "release this point is taken for")
    .option("--commit <hash>", "commit of the release")
    .option("--label <text>", "a word to find it by")
    .option("--base", "read every table whole, whatever the last point allows", false)
    .addOption(jobsOption())
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, options) => {
        const databaseUrl = resolveDatabase(session.env, options.database);
        const source = await localSource(databaseUrl);
        const { directory, world, vault } = await vaultOf(session, options, "create");
        const report = await captureDatabase(
          {
            vault,
            source,
            clock: world.clock,
            openLanes: (opening) =>
              openLanes(options.jobs, { kind: "copy", vault: directory, databaseUrl, act: opening }),
            progress: session.progress.report,
            warn: session.output.note,
            signal: session.signal,
          },
          {
            tier: options.tier,
            release: options.release,
            commit: options.commit,
            label: options.label,
            base: options.base,
          },
        );
        session.progress.finish();
        session.output.result("capture", report, () => captureLines(report));
        return EXIT.ok;
      }),
    );
};

type Report = Awaited<ReturnType<typeof captureDatabase>>;

const captureLines = ({ point, tables, uncovered, elapsedMs }: Report): readonly string[] => {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const deltas = tables.filter((table) => table.taken === "delta");
  const changed = deltas.reduce((sum, table) => sum + table.changedRows, 0);
  const gone = deltas.reduce((sum, table) => sum + table.goneRows, 0);
  return [
    `point ${point.id} of ${point.database}: ${formatNumber(tables.length, "table")}, ${formatNumber(rows, "row")}`,
    `  stored ${formatBytes(point.stored.bytes)} in ${formatNumber(point.stored.objects, "object")}, ${formatDuration(elapsedMs)}`,
    ...(deltas.length === 0
      ? []
      : [`  ${formatNumber(deltas.length, "table")} as deltas: ${formatNumber(changed, "row")} changed, ${gone} gone`]),
    ...basesByReason(tables),
    ...uncovered.map(({ kind, count, names }) => `  not in the point: ${kind}: ${count} (${names.join(", ")})`),
  ];
};

const basesByReason = (tables: Report["tables"]): readonly string[] => {
  const reasons = new Map<string, number>();
  for (const { taken } of tables) if (taken !== "delta") reasons.set(taken, (reasons.get(taken) ?? 0) + 1);
  return [...reasons].map(([why, count]) => `  ${formatNumber(count, "table")} whole: ${why}`);
};
