import { Option } from "@commander-js/extra-typings";
import { EXIT } from "../../lib/model/errors.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { drillEntry, verifyEntry } from "../../lib/operations/entries.ts";
import { type VerifyReport, verifyVault } from "../../lib/operations/verify.ts";
import { type DrillReport, verifyByRestore } from "../../lib/operations/verify-restore.ts";
import { localPlainReader, localTarget } from "../../lib/wiring/local.ts";
import { findingLines } from "../claims.ts";
import { formatDuration, formatNumber } from "../format.ts";
import { openLanes } from "../lanes.ts";
import { jobsOption, withVaultOptions } from "../options.ts";
import type { AddCommand } from "../program.ts";
import { withScratch } from "../scratch.ts";
import type { Session } from "../session.ts";
import { type OpenedVault, vaultOf } from "../vault.ts";
import { runVerifyDay } from "../verify-day.ts";

const EXAMPLES = `
Levels:
  list     everything named exists and has its size; nothing is opened but manifests
  read     everything is opened; digests, row counts and keys hold
  restore  a point is restored into a scratch PostgreSQL and compared row by row by SELECT

Examples:
  lastgood verify --level read
  lastgood verify latest --level restore                                brings its own PostgreSQL
  lastgood verify latest --level restore --scratch postgres://app@localhost/scratch
  lastgood verify --policy lastgood.yaml                                the daily run: everything, as the policy promises

Without --policy the vault alone is verified, also where a lastgood.yaml lies in the folder.`;

export const addVerify: AddCommand = (program, act) => {
  withVaultOptions(
    program
      .command("verify")
      .description("prove what is in the vault, and say what was not proven; ends with 9 if anything is wrong")
      .argument("[point]", "id or its beginning, a release, or latest (default: all points; for level restore latest)")
      .addOption(
        new Option("--level <level>", "how deep to look (default: read)").choices(["list", "read", "restore"] as const),
      )
      .option("--policy <file>", "the daily verification: every promise of a policy, and a share of everything is read")
      .option("--no-drill", "with --policy: no restore into a scratch database today")
      .option(
        "--scratch <url>",
        "level restore, and drills: an empty database to restore into (default: a server of our own)",
      ),
  )
    .addOption(jobsOption())
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, wanted, options) => {
        const opened = await vaultOf(session, options);
        const { signal } = session;
        const { policy } = options;
        if (policy !== undefined)
          return runVerifyDay(session, opened, wanted, { ...options, policy }, (point) =>
            drill(session, opened, point, options),
          );
        if (options.level === "restore") {
          const drilled = async (): Promise<DrillReport> => {
            const report = await drill(session, opened, wanted ?? "latest", options);
            session.progress.finish();
            session.output.result("verify", { level: "restore", ...report, problems: [] }, () => drillLines(report));
            return report;
          };
          await recorded(opened.audit, { act: "drill", point: wanted, signal }, drilled, drillEntry);
          return EXIT.ok;
        }
        const { vault, world } = opened;
        const { level = "read" } = options;
        const verified = async (): Promise<VerifyReport> => {
          const { report: progress } = session.progress;
          const report = await verifyVault({ vault, clock: world.clock, progress, signal }, { level, wanted });
          session.progress.finish();
          session.output.result("verify", report, () => verifyLines(report));
          return report;
        };
        const { problems } = await recorded(opened.audit, { act: "verify", signal }, verified, verifyEntry);
        return problems.length === 0 ? EXIT.ok : EXIT.different;
      }),
    );
};

const drill = (
  session: Session,
  opened: OpenedVault,
  wanted: string,
  options: { readonly scratch?: string | undefined; readonly jobs?: number | undefined },
): Promise<DrillReport> =>
  withScratch(options.scratch, (databaseUrl) =>
    verifyByRestore(
      {
        vault: opened.vault,
        clock: opened.world.clock,
        target: localTarget(databaseUrl),
        reader: localPlainReader(databaseUrl),
        openLanes: (act) => openLanes(options.jobs, { kind: "restore", vault: opened.place, databaseUrl, act }),
        progress: session.progress.report,
        warn: session.output.note,
        signal: session.signal,
      },
      wanted,
    ),
  );

const verifyLines = (report: VerifyReport): readonly string[] => {
  const expired = `  ${formatNumber(report.expired, "part")} expired by policy: nothing of them was expected`;
  return findingLines(report, formatNumber(report.points, "point"), report.expired === 0 ? [] : [expired]);
};

const drillLines = (report: DrillReport): readonly string[] => [
  `point ${report.point} was restored in ${formatDuration(report.restore.elapsedMs)} and compared: ${formatNumber(report.tables, "table")}, ${formatNumber(report.rows, "row")}, all in ${formatDuration(report.elapsedMs)}`,
  "  proven      PostgreSQL takes the schema and the rows, and every value reads as it was captured",
  "  not proven  other points of the vault; what was not captured (lastgood point show names it)",
];
