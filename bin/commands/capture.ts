import { Option } from "@commander-js/extra-typings";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import { hotCopyOnStack } from "../../lib/operations/act-on-stack.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { type CaptureReport, captureDatabase, captureReportOf } from "../../lib/operations/capture.ts";
import { captureEntry, recordPolicy } from "../../lib/operations/entries.ts";
import { lookAtPoint } from "../../lib/operations/points.ts";
import { type TableTaken, tablesTaken } from "../../lib/operations/tables-taken.ts";
import { localSource, localToday } from "../../lib/wiring/local.ts";
import { openNamedStack } from "../../lib/wiring/vault-place.ts";
import { formatBytes, formatDuration, formatNumber } from "../format.ts";
import { openLanes } from "../lanes.ts";
import { databaseOption, jobsOption, resolveDatabase, withVaultOptions } from "../options.ts";
import { databaseBy, policyIn } from "../policy.ts";
import type { AddCommand } from "../program.ts";
import type { Session } from "../session.ts";
import { localVaultOf, stackOf, type VaultFlags, vaultOf } from "../vault.ts";
import { waitingIn } from "../waiting.ts";

const EXAMPLES = `
Examples:
  lastgood capture --database postgres://app@localhost/shop --vault ./vault --keys ./keys.json
  lastgood capture --tier release --release 2026.11.3 --commit 4f2c1d9    before a deploy
  lastgood capture --policy lastgood.yaml                                 each data class in a part of its own
  lastgood capture --database shop --vault aws:Backups                    today's hot copy, by the stack

The first capture of a database makes the vault and the key file. Later ones store what changed.
Stopped at any moment, run it again: it takes over what is already stored.`;

export const addCapture: AddCommand = (program, act) => {
  withVaultOptions(
    program.command("capture").description("take a restore point of a database").addOption(databaseOption()),
  )
    .addOption(
      new Option("--tier <tier>", "why it is taken").choices(["hot", "release"] as const).default("hot" as const),
    )
    .option("--release <id>", "release this point is taken for")
    .option("--commit <hash>", "commit of the release")
    .option("--label <text>", "a word to find it by")
    .option("--policy <file>", "keep each data class in a part of its own, by this policy")
    .option("--base", "read every table whole, whatever the last point allows", false)
    .addOption(jobsOption())
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, options) => {
        const stack = stackOf(session, options);
        if (stack === undefined) await captureHere(session, options);
        else show(session, await captureOn(stack, session, options));
        return EXIT.ok;
      }),
    );
};

interface Options extends VaultFlags {
  readonly database?: string | undefined;
  readonly tier: "hot" | "release";
  readonly release?: string | undefined;
  readonly commit?: string | undefined;
  readonly label?: string | undefined;
  readonly policy?: string | undefined;
  readonly base: boolean;
  readonly jobs?: number | undefined;
}

const show = (session: Session, report: CaptureReport): CaptureReport => {
  session.progress.finish();
  const tables = tablesTaken(report.tables);
  session.output.result("capture", { ...report, tables }, () => captureLines(report, tables));
  return report;
};

const captureHere = async (session: Session, options: Options): Promise<CaptureReport> => {
  const { policy: file } = options;
  const policy = file === undefined ? undefined : await policyIn(file);
  const databaseUrl = databaseBy(session.env, policy, options.database);
  const source = await localSource(databaseUrl);
  const { place, world, vault, audit } = await localVaultOf(session, options, "create");
  if (policy !== undefined) await recordPolicy(audit, policy);
  const { signal } = session;
  const captureIt = (): Promise<CaptureReport> =>
    captureDatabase(
      {
        vault,
        source,
        clock: world.clock,
        openLanes: (opening) => openLanes(options.jobs, { kind: "copy", vault: place, databaseUrl, act: opening }),
        progress: session.progress.report,
        warn: session.output.note,
        signal,
      },
      {
        tier: options.tier,
        release: options.release,
        commit: options.commit,
        label: options.label,
        policy,
        base: options.base,
      },
    );
  const about = { act: "capture", database: source.database, signal } as const;
  return recorded(audit, about, async () => show(session, await captureIt()), captureEntry);
};

/** A stack takes one hot copy of a database a day. This finds it, or takes it now. */
const captureOn = async (stack: string, session: Session, options: Options): Promise<CaptureReport> => {
  for (const flag of ["release", "commit", "label", "policy", "jobs"] as const)
    if (options[flag] !== undefined) throw notOnStack(`--${flag}`);
  if (options.base) throw notOnStack("--base");
  if (options.tier !== "hot") throw notOnStack(`--tier ${options.tier}`);
  const database = resolveDatabase(session.env, options.database);
  const { hotCopies, environment } = await openNamedStack(stack);
  environment.database(database);
  const day = localToday();
  const { point } = await hotCopyOnStack(hotCopies, { database, day }, waitingIn(session));
  // Days of rows may have left it since it was taken.
  const opened = await lookAtPoint((await vaultOf(session, options)).vault, point.id);
  return captureReportOf(opened.point, opened.parts);
};

const notOnStack = (flag: string): Failure =>
  new Failure("USAGE", `${flag} does not go with the vault of a stack`, {
    hint: "a stack takes one hot copy a day; for a release run lastgood release open",
  });

const captureLines = (
  { point, uncovered, elapsedMs }: CaptureReport,
  tables: readonly TableTaken[],
): readonly string[] => [
  `point ${point.id} of ${point.database}: ${formatNumber(tables.length, "table")}, ${formatNumber(sumOf(tables, "rows"), "row")}`,
  `  stored ${formatBytes(point.stored.bytes)} in ${formatNumber(point.stored.objects, "object")}, ${formatDuration(elapsedMs)}`,
  ...takenLines(tables),
  ...uncovered.map(({ kind, count, names }) => `  not in the point: ${kind}: ${count} (${names.join(", ")})`),
];

/** How many tables were taken in which way, deltas first. */
const takenLines = (tables: readonly TableTaken[]): readonly string[] => {
  const deltasFirst = tables.toSorted((a, b) => a.partsWhole / a.parts - b.partsWhole / b.parts);
  return [...Map.groupBy(deltasFirst, takenWords)].map(([words, own]) => {
    const changes = `: ${formatNumber(sumOf(own, "changedRows"), "row")} changed, ${sumOf(own, "goneRows")} gone`;
    const isWhole = own.every(({ parts, partsWhole }) => partsWhole === parts);
    return `  ${formatNumber(own.length, "table")} ${words}${isWhole ? "" : changes}`;
  });
};

const takenWords = ({ taken, parts, partsWhole }: TableTaken): string => {
  if (partsWhole === parts) return `whole: ${taken}`;
  return partsWhole === 0 ? "as deltas" : `as deltas, but for ${partsWhole} of ${parts} parts (${taken})`;
};

const sumOf = (tables: readonly TableTaken[], count: "rows" | "changedRows" | "goneRows"): number =>
  tables.reduce((sum, table) => sum + table[count], 0);
