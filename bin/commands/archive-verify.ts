import { Option } from "@commander-js/extra-typings";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import { type ArchiveVerifyReport, archiveVerifyEntry, verifyArchives } from "../../lib/operations/archive.ts";
import {
  type ArchiveDrillReport,
  type ArchiveDrillWorld,
  archiveDrillEntry,
  drillArchive,
} from "../../lib/operations/archive-drill.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { localPlainReader, localTarget } from "../../lib/wiring/local.ts";
import { ARCHIVE_NOUN, archiveVaultOf } from "../archive.ts";
import { claimLines, findingLines } from "../claims.ts";
import { formatDuration, formatNumber } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { withScratch } from "../scratch.ts";

const EXAMPLES = `
Levels:
  list     manifests are opened; everything named exists, has its size, and is locked as it should be
  read     every byte is read: digests hold, every frame opens, rows are counted
  restore  an archive is restored into a scratch PostgreSQL and compared row by row by SELECT

Examples:
  lastgood archive verify shop/2026-11-01
  lastgood archive verify --all --level list
  lastgood archive verify shop/2026-11-01 --level restore               brings its own PostgreSQL
  lastgood archive verify shop/2026-11-01 --level restore --scratch postgres://app@localhost/scratch`;

export const addArchiveVerify: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "archive", ARCHIVE_NOUN)
      .command("verify")
      .description("prove archives, and say what was not proven; ends with 9 if anything is wrong")
      .argument("[archive]", "an archive as list names it")
      .option("--all", "every archive there is", false)
      .option("--class <name...>", "only these classes of the archive")
      .addOption(
        new Option("--level <level>", "how deep to look")
          .choices(["list", "read", "restore"] as const)
          .default("read" as const),
      )
      .option("--scratch <url>", "level restore: an empty database to restore into (default: a server of our own)"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, id, options) => {
        const { level, scratch } = options;
        const wanted = wantedBy(id, options);
        const { vault, archive, world, audit } = await archiveVaultOf(session, options);
        const { signal } = session;
        const own = { vault, archive, clock: world.clock, progress: session.progress.report, signal };
        if (level === "restore") {
          const drilled = async (): Promise<ArchiveDrillReport> => {
            const report = await drill(own, oneOf(wanted), scratch);
            session.progress.finish();
            session.output.result("archive.verify", { ...report, problems: [] }, () => drillLines(report));
            return report;
          };
          await recorded(audit, { act: "drill", point: id, signal }, drilled, archiveDrillEntry);
          return EXIT.ok;
        }
        const run = async (): Promise<ArchiveVerifyReport> => {
          const report = await verifyArchives(own, wanted, level);
          session.progress.finish();
          session.output.result("archive.verify", report, () =>
            findingLines(report, formatNumber(report.parts, "archive part")),
          );
          return report;
        };
        const { problems } = await recorded(audit, { act: "verify", point: id, signal }, run, archiveVerifyEntry);
        return problems.length === 0 ? EXIT.ok : EXIT.different;
      }),
    );
};

type Wanted = Parameters<typeof verifyArchives>[1];

/** A scratch database takes one archive. */
const oneOf = (wanted: Wanted): Exclude<Wanted, "all"> => {
  if (wanted !== "all") return wanted;
  throw new Failure("USAGE", "level restore takes one archive", {
    hint: "lastgood archive list shows the archives there are",
  });
};

const drill = (
  own: Omit<ArchiveDrillWorld, "target" | "reader">,
  wanted: Exclude<Wanted, "all">,
  scratch: string | undefined,
): Promise<ArchiveDrillReport> =>
  withScratch(scratch, (url) =>
    drillArchive({ ...own, target: localTarget(url), reader: localPlainReader(url) }, wanted),
  );

const wantedBy = (
  id: string | undefined,
  { all, class: classes = [] }: { readonly all: boolean; readonly class?: readonly string[] | undefined },
): Wanted => {
  if (all && id === undefined && classes.length === 0) return "all";
  if (!all && id !== undefined) return { id, classes };
  throw new Failure("USAGE", "an archive, or --all alone, was expected", {
    hint: "lastgood archive list shows the archives there are",
  });
};

const drillLines = (report: ArchiveDrillReport): readonly string[] => {
  const { archive, classes, tables, rows, restoreMs, elapsedMs } = report;
  return [
    `archive ${archive} (${classes.join(", ")}) was restored in ${formatDuration(restoreMs)} and compared: ${formatNumber(tables, "table")}, ${formatNumber(rows, "row")}, all in ${formatDuration(elapsedMs)}`,
    ...claimLines(report),
  ];
};
