import { EXIT, Failure } from "../../lib/model/errors.ts";
import type { Policy } from "../../lib/model/policy.ts";
import {
  type ArchiveOutcome,
  archiveOf,
  archivesDue,
  type CreateWorld,
  createArchives,
  type DueArchive,
} from "../../lib/operations/create-archives.ts";
import { recordPolicy } from "../../lib/operations/entries.ts";
import { ARCHIVE_NOUN, archiveVaultOf } from "../archive.ts";
import { formatBytes, formatInstant, formatNumber, formatTable } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import { policyIn } from "../policy.ts";
import { type AddCommand, nounOf } from "../program.ts";

const EXAMPLES = `
Examples:
  lastgood archive create --policy lastgood.yaml --dry-run
  lastgood archive create --policy lastgood.yaml                                  after each hot copy
  lastgood archive create --policy lastgood.yaml --point latest --class financial

Run again it makes only what is not there yet. Ends with 3 if an archive could not be made.`;

export const addArchiveCreate: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "archive", ARCHIVE_NOUN)
      .command("create")
      .description("make the archives that a policy wants now, of hot points that are there")
      .requiredOption("--policy <file>", "which classes are archived, how often, how long and how locked")
      .option("--point <point>", "of this point, due or not; with --class")
      .option("--class <name>", "this class; with --point")
      .option("--dry-run", "say what would be made, and make nothing", false),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, options) => {
        const policy = await policyIn(options.policy);
        const { vault, archive, world, audit } = await archiveVaultOf(session, options);
        const { report: progress } = session.progress;
        const { signal } = session;
        const own = { vault, archive, clock: world.clock, audit, progress, warn: session.output.note, signal };
        const due = await wanted(own, policy, options);
        if (options.dryRun) {
          session.output.result("archive.create", { dryRun: true, archives: due }, () => dueLines(due));
          return EXIT.ok;
        }
        await recordPolicy(audit, policy);
        const archives = await createArchives(own, due);
        session.progress.finish();
        session.output.result("archive.create", { dryRun: false, archives }, () => madeLines(archives));
        return archives.some(({ outcome }) => outcome === "failed") ? EXIT.partial : EXIT.ok;
      }),
    );
};

const wanted = async (
  world: CreateWorld,
  policy: Policy,
  options: { readonly point?: string | undefined; readonly class?: string | undefined },
): Promise<readonly DueArchive[]> => {
  if (options.point === undefined && options.class === undefined) return archivesDue(world, policy);
  if (options.point !== undefined && options.class !== undefined)
    return [await archiveOf(world, policy, options.point, options.class)];
  throw new Failure("USAGE", "--point and --class go together", { hint: "give both, or neither for all that is due" });
};

const dueLines = (due: readonly DueArchive[]): readonly string[] =>
  due.length === 0
    ? ["no archive is due"]
    : formatTable(
        [
          { title: "ARCHIVE" },
          { title: "CLASS" },
          { title: "SCHEDULE" },
          { title: "POINT" },
          { title: "LOCKED UNTIL" },
          { title: "GONE BY" },
        ],
        due.map(({ database, businessDate, class: name, schedule, pointId, times }) => [
          `${database}/${businessDate}`,
          name,
          schedule,
          pointId,
          times.lock === "none" ? "not locked" : `${formatInstant(times.retainUntil)} ${times.lock}`,
          formatInstant(times.deadline),
        ]),
      );

const madeLines = (archives: readonly ArchiveOutcome[]): readonly string[] =>
  archives.length === 0 ? ["no archive is due"] : archives.flatMap(outcomeLines);

const outcomeLines = (one: ArchiveOutcome): readonly string[] => {
  const name = `archive ${one.database}/${one.businessDate}, class ${one.class}`;
  if (one.outcome === "failed")
    return [`${name}: NOT made: ${one.failure.message}`, `  ${one.failure.code}: ${one.failure.hint}`];
  const { tables, rows, sealedBytes, times } = one;
  return [
    `${name}: ${one.outcome === "made" ? "" : "was there already, "}${formatNumber(tables, "table")}, ${formatNumber(rows, "row")}, ${formatBytes(sealedBytes)} (${one.schedule})`,
    `  ${times.lock === "none" ? "not locked" : `locked until ${formatInstant(times.retainUntil)} (${times.lock})`}, gone by ${formatInstant(times.deadline)}`,
  ];
};
