import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { Difference, LeftOut, TableDifference, TableShown } from "../../lib/model/difference.ts";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import { diffTwoPoints, diffWithLive } from "../../lib/operations/diff.ts";
import { localSource, withScratchStore } from "../../lib/wiring/local.ts";
import { formatCount, formatInstant, formatNumber } from "../format.ts";
import { openLanes } from "../lanes.ts";
import { databaseOption, jobsOption, resolveDatabase, withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import type { Session } from "../session.ts";
import { type OpenedVault, vaultOf } from "../vault.ts";

const SAMPLES_DEFAULT = 3;
const SAMPLES_MOST = 100;

const EXAMPLES = `
Examples:
  lastgood point diff 20261120T160000Z-3f9a1c latest
  lastgood point diff latest --live --database postgres://app@localhost/shop

Ends with 9 if anything differs, with 0 if nothing does. Samples show row values: mind where the output goes.`;

export const addPointDiff: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "point", "look at restore points")
      .command("diff")
      .description("what differs between two points, or between a point and the live database")
      .argument("<a>", "the point that shows what was: id or its beginning, a release, or latest")
      .argument("[b]", "the point to compare with it")
      .option("--live", "compare with the live database of --database instead", false)
      .addOption(databaseOption())
      .option("--samples <count>", "rows of each kind to show per table", readSamples, SAMPLES_DEFAULT),
  )
    .addOption(jobsOption())
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, a, b, options) => {
        if ((b === undefined) !== options.live)
          throw new Failure(
            "USAGE",
            b === undefined ? "nothing is given to compare with" : "both a second point and --live are given",
            { hint: "give a second point, or --live and --database" },
          );
        const opened = await vaultOf(session, options);
        const world = {
          vault: opened.vault,
          clock: opened.world.clock,
          progress: session.progress.report,
          signal: session.signal,
          onTable: () => {},
        };
        const wanted = { a, samplesMax: options.samples };
        const difference =
          b === undefined
            ? await compareWithLive(session, opened, world, { ...wanted, ...options })
            : await diffTwoPoints(world, { ...wanted, b });
        session.progress.finish();
        session.output.result("point.diff", difference, () => differenceLines(difference));
        return difference.totals.tablesDifferent > 0 ? EXIT.different : EXIT.ok;
      }),
    );
};

const compareWithLive = async (
  session: Session,
  opened: OpenedVault,
  world: Parameters<typeof diffTwoPoints>[0],
  options: {
    readonly a: string;
    readonly samplesMax: number;
    readonly database?: string | undefined;
    jobs?: number | undefined;
  },
): Promise<Difference> => {
  const databaseUrl = resolveDatabase(session.env, options.database);
  const source = await localSource(databaseUrl);
  return withScratchStore((scratch, directory) =>
    diffWithLive(
      {
        ...world,
        source,
        scratch,
        openLanes: (opening) =>
          openLanes(options.jobs, {
            kind: "scratch",
            vault: opened.place,
            databaseUrl,
            scratch: directory,
            act: opening,
          }),
        warn: session.output.note,
      },
      options,
    ),
  );
};

function readSamples(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0 || count > SAMPLES_MOST)
    throw new InvalidArgumentError(`expected a whole number from 0 to ${SAMPLES_MOST}`);
  return count;
}

/** What a person reads: one line per table that differs, columns and samples below it. */
export const differenceLines = ({ a, b, totals, tables, leftOut }: Difference): readonly string[] => [
  `${sideName(a)} against ${sideName(b)}`,
  ...tables.flatMap(tableLines),
  ...leftOut.map((part) => `${leftOutName(part)} not compared: ${part.because}`),
  totals.tablesDifferent === 0
    ? `nothing differs in ${formatNumber(totals.tables, "table")}`
    : `${formatCount(totals.tablesDifferent)} of ${formatNumber(totals.tables, "table")} differ: ` +
      `${formatNumber(totals.missing, "row")} missing, ${formatCount(totals.extra)} extra, ${formatCount(totals.changed)} changed`,
];

const leftOutName = ({ class: name, days }: LeftOut): string => {
  if (days === null) return `class ${name} was`;
  const { first, last } = days;
  if (last === null) return `rows of class ${name} from ${first} on, and those without a date, were`;
  return `rows of class ${name} of ${first === last ? first : `${first} to ${last}`} were`;
};

const sideName = (side: Difference["a"]): string =>
  side.point === null ? `live ${side.database} at ${formatInstant(side.takenAt)}` : `point ${side.point}`;

const tableLines = (table: TableDifference): readonly string[] => {
  const { missing, extra, changed } = table;
  const columns = [
    ...table.columnsAdded.map((name) => `column ${name} added`),
    ...table.columnsDropped.map((name) => `column ${name} dropped`),
    ...table.columnsRetyped.map((column) => `column ${column.name} was ${column.a}, is ${column.b}`),
  ];
  const silent = table.comparedBy !== "nothing" && missing + extra + changed === 0 && columns.length === 0;
  if (silent) return [];
  const counts = [
    missing > 0 && `${formatCount(missing)} missing`,
    extra > 0 && `${formatCount(extra)} extra`,
    changed > 0 && `${formatCount(changed)} changed`,
  ].filter((count) => count !== false);
  return [
    `  ${tableName(table)}: ${counts.join(", ") || "no row differs"}`,
    ...(table.because === null ? [] : [`    ${table.because}`]),
    ...columns.map((column) => `    ${column}`),
    ...table.columnsChanged.map((column) => `    ${column.name} differs in ${formatNumber(column.rows, "row")}`),
    ...table.samples.missing.map((sample) => `    - ${pairs(sample.row)}`),
    ...table.samples.extra.map((sample) => `    + ${pairs(sample.row)}`),
    ...table.samples.changed.map(
      (sample) =>
        `    ~ ${pairs(sample.key)}: ${sample.columns.map((column) => `${column.name} ${shown(column.a)} -> ${shown(column.b)}`).join(", ")}`,
    ),
  ];
};

const tableName = ({ a, b }: TableDifference): string => {
  const name = (table: TableShown): string => `${table.schema}.${table.name}`;
  if (a === null) return `${name(b as TableShown)} (new)`;
  if (b === null) return `${name(a)} (gone)`;
  return name(a) === name(b) ? name(a) : `${name(a)} (now ${name(b)})`;
};

const pairs = (texts: Readonly<Record<string, string | null>>): string =>
  Object.entries(texts)
    .map(([name, text]) => `${name}=${shown(text)}`)
    .join(" ");

const shown = (text: string | null): string => (text === null ? "NULL" : JSON.stringify(text));
