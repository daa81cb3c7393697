import { readFile } from "node:fs/promises";
import { Option } from "@commander-js/extra-typings";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { restoreEntry, sqlEntry } from "../../lib/operations/entries.ts";
import {
  applyPlan,
  pointToSql,
  type RestorePlan,
  type RestoreReport,
  readRestorePlan,
  type SqlReport,
} from "../../lib/operations/restore.ts";
import { localTarget } from "../../lib/wiring/local.ts";
import { formatBytes, formatDuration, formatNumber } from "../format.ts";
import { openLanes } from "../lanes.ts";
import { writeNewFile } from "../new-file.ts";
import { databaseOption, jobsOption, resolveDatabase, withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import type { Session } from "../session.ts";
import { type OpenedVault, vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood restore apply plan.json --database postgres://app@localhost/shop_restored
  lastgood restore apply latest --to sql --out shop.sql       for psql -f, without Lastgood
  lastgood restore apply latest --to sql --table public.orders | psql shop_restored

What fails leaves no table half filled; the message says what the target holds.`;

/** Phases that took no time worth a line. */
const NO_TIME = formatDuration(0);

export const addRestoreApply: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "restore", "bring a point back")
      .command("apply")
      .description("restore exactly what a plan says, prove it, and say how long it took")
      .argument("<plan>", "file that restore plan wrote; with --to sql a point")
      .addOption(databaseOption())
      .addOption(
        new Option("--proof <how>", "full: read every table back and compare; counts: count its rows")
          .choices(["full", "counts"] as const)
          .default("full" as const),
      )
      .addOption(new Option("--to <what>", "sql: write one stream that psql loads").choices(["sql"] as const))
      .option("--out <file>", "with --to sql: write here instead of standard output; an existing file is kept")
      .option("--schema <name...>", "with --to sql: only these schemas; with --table, those tables too")
      .option("--table <schema.name...>", "with --to sql: only these tables; with --schema, those schemas too"),
  )
    .addOption(jobsOption())
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, file, options) => {
        if (options.to === "sql") return toSql(session, await vaultOf(session, options), file, options);
        // A plan says itself what is restored: a flag that seems to narrow it must not be passed over.
        for (const flag of ["out", "schema", "table"] as const)
          if (options[flag] !== undefined)
            throw new Failure("USAGE", `--${flag} goes with --to sql, and not with a plan`, {
              hint: "give restore plan the tables, then apply its plan",
            });
        const databaseUrl = resolveDatabase(session.env, options.database);
        const plan = readRestorePlan(await readPlanFile(file));
        const opened = await vaultOf(session, options);
        const { signal } = session;
        const run = async (): Promise<RestoreReport> => {
          const report = await applyPlan(
            {
              vault: opened.vault,
              clock: opened.world.clock,
              target: localTarget(databaseUrl),
              openLanes: (act) => openLanes(options.jobs, { kind: "restore", vault: opened.place, databaseUrl, act }),
              progress: session.progress.report,
              warn: session.output.note,
              signal,
            },
            plan,
            { proof: options.proof },
          );
          session.progress.finish();
          session.output.result("restore.apply", { ...report, estimate: plan.estimate }, () =>
            restoreLines(report, plan),
          );
          return report;
        };
        const { id, database } = plan.point;
        const about = { act: "restore", database, point: id, signal } as const;
        await recorded(opened.audit, about, run, (report) => restoreEntry(plan, report));
        return EXIT.ok;
      }),
    );
};

const restoreLines = (report: RestoreReport, plan: RestorePlan): readonly string[] => [
  `restored ${formatNumber(report.tables, "table")}, ${formatNumber(report.rows, "row")}, ${formatBytes(report.bytes)} in ${formatDuration(report.elapsedMs)} (estimate ${formatDuration(plan.estimate.seconds * 1000)})`,
  ...report.phases
    .map(({ phase, elapsedMs }) => ({ phase, took: formatDuration(elapsedMs) }))
    .filter(({ took }) => took !== NO_TIME)
    .map(({ phase, took }) => `  ${phase.padEnd(18)} ${took}`),
  report.proof === "full"
    ? "proven: every table was read back and is, row for row, what the point holds"
    : "counted: every table has as many rows as the point; contents were not read back",
];

const readPlanFile = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Failure("PLAN_INVALID", `plan ${file} cannot be read`, {
      cause,
      hint: "lastgood restore plan <point> --out <file> writes one: a point needs a plan first, except with --to sql",
    });
  }
};

const toSql = async (
  session: Session,
  opened: OpenedVault,
  point: string,
  options: {
    readonly out?: string | undefined;
    readonly schema?: string[] | undefined;
    readonly table?: string[] | undefined;
  },
): Promise<number> => {
  const write = (to: (bytes: Buffer) => Promise<void>) =>
    pointToSql(
      {
        vault: opened.vault,
        clock: opened.world.clock,
        progress: session.progress.report,
        warn: session.output.note,
        signal: session.signal,
        write: to,
      },
      point,
      { schemas: options.schema ?? [], tables: options.table ?? [] },
    );
  const { out } = options;
  const run = async (): Promise<SqlReport> => {
    const report = await (out === undefined ? write(writeStdout) : writeNewFile(out, write));
    session.progress.finish();
    const facts = `${formatNumber(report.tables, "table")}, ${formatNumber(report.rows, "row")}, ${formatBytes(report.bytes)}`;
    // On standard output the SQL is the result; a summary there would be loaded too.
    if (out === undefined) session.output.note(`wrote ${facts}`);
    else session.output.result("restore.sql", { ...report, file: out }, () => [`wrote ${out}: ${facts}`]);
    return report;
  };
  const { signal } = session;
  await recorded(opened.audit, { act: "restore", point, signal }, run, (report) =>
    sqlEntry(opened.vault, point, report),
  );
  return EXIT.ok;
};

const writeStdout = (bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
