import { EXIT } from "../../lib/model/errors.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { sweepEntry } from "../../lib/operations/entries.ts";
import { holdCheck } from "../../lib/operations/holds.ts";
import { type SweepReport, sweepVault } from "../../lib/operations/sweep.ts";
import { formatBytes, formatNumber } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import type { AddCommand } from "../program.ts";
import { vaultOf } from "../vault.ts";

export const addSweep: AddCommand = (program, act) => {
  withVaultOptions(
    program
      .command("sweep")
      .description("delete what no point names: what captures that died left behind")
      .option("--dry-run", "say what would be deleted, delete nothing", false),
  ).action(
    act(async (session, options) => {
      const { world, audit } = await vaultOf(session, options);
      const { clock, stores } = world;
      const { signal } = session;
      const run = async (): Promise<SweepReport> => {
        const { dryRun } = options;
        const beforeDestroy = holdCheck(audit.evidence);
        const sweeping = { stores, clock, progress: session.progress.report, signal, beforeDestroy };
        const report = await sweepVault(sweeping, { dryRun });
        session.progress.finish();
        session.output.result("sweep", report, () => sweepLines(report));
        return report;
      };
      await (options.dryRun ? run() : recorded(audit, { act: "sweep", signal }, run, sweepEntry));
      return EXIT.ok;
    }),
  );
};

const sweepLines = (report: SweepReport): readonly string[] => {
  if (report.postponed !== undefined) return [`nothing deleted: ${report.postponed}`];
  const { pages, chunks, parts, keys, spared } = report;
  const objects = pages.objects + chunks.objects + parts.objects + keys.objects;
  const bytes = pages.bytes + chunks.bytes + parts.bytes + keys.bytes;
  return [
    `${report.dryRun ? "would delete" : "deleted"} ${formatNumber(objects, "object")}, ${formatBytes(bytes)}: ` +
      `${formatNumber(chunks.objects, "chunk")}, ${formatNumber(pages.objects, "page")}, ${formatNumber(parts.objects, "part")}, ${formatNumber(keys.objects, "key")}`,
    ...(report.intentsRetired > 0 ? [`  left by ${formatNumber(report.intentsRetired, "capture")} that died`] : []),
    ...(spared.objects > 0
      ? [`  ${formatNumber(spared.objects, "object")} spared: a capture or restore is running`]
      : []),
  ];
};
