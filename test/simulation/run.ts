import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { embeddedBinaries, startPostgres } from "../../lib/local/postgres-server.ts";
import { simulate } from "./simulate.ts";
import type { SimulatedDay, SimulationReport } from "./simulated-day.ts";
import { databasesOn } from "./simulated-server.ts";
import { csvOf, kilobytes, plotOf } from "./storage-curve.ts";

const HELP = `Usage: npm run simulate -- [options]

Lives through days of a machine that runs Lastgood from cron, with a clock of its own over a small real PostgreSQL, and proves
after each of them that every promise was kept. Ends with status 1 if one was not, and says which, on which day, by which seed.

  --from <day>     first business date (default 2027-09-01: two changes of clocks and 29 February 2028 lie in the year after it)
  --days <count>   (default 366)
  --seed <number>  what happens by chance; the same seed, the same year (default 1)
  --out <file>     write the days as CSV
  --report <dir>   write the compliance report of all the days there
  --json           print the report as JSON
  --help           this`;

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      from: { type: "string", default: "2027-09-01" },
      days: { type: "string", default: "366" },
      seed: { type: "string", default: "1" },
      out: { type: "string" },
      report: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const [days, seed] = [wholeNumber("--days", values.days), wholeNumber("--seed", values.seed)];
  const report = await onOwnServer((databases) =>
    simulate({ ...databases, from: values.from, days, seed, onDay: tell }),
  );
  if (values.out !== undefined) await writeFile(values.out, csvOf(report.days));
  if (values.report !== undefined) await writeReport(values.report, report);
  const { report: _, ...facts } = report;
  process.stdout.write(values.json ? `${JSON.stringify(facts)}\n` : `${linesOf(report).join("\n")}\n`);
  return report.broken.length === 0 ? 0 : 1;
};

const writeReport = async (directory: string, { report }: SimulationReport): Promise<void> => {
  await mkdir(directory, { recursive: true });
  for (const { name, bytes } of report) await writeFile(join(directory, name), bytes);
};

const wholeNumber = (option: string, text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TypeError(`${option}: got "${text}", expected a whole number from 1`);
};

const onOwnServer = async <T>(use: (databases: Awaited<ReturnType<typeof databasesOn>>) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-simulation-"));
  try {
    // The server may have to run as another user (it refuses root), who must reach its data below this directory.
    await chmod(directory, 0o755);
    const settings = { fsync: "off" };
    await using server = await startPostgres({
      binaries: embeddedBinaries(),
      directory: join(directory, "data"),
      settings,
    });
    return await use(await databasesOn(server));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const tell = ({ day, points, hotBytes, archiveBytes, elapsedMs, events, broken }: SimulatedDay): void => {
  const facts = `${points} points, ${kilobytes(hotBytes)} hot, ${kilobytes(archiveBytes)} archived, ${Math.round(elapsedMs)} ms`;
  process.stderr.write(`${[`${day}  ${facts}`, ...events].join("; ")}\n`);
  for (const line of broken) process.stderr.write(`  BROKEN ${line}\n`);
};

const linesOf = ({ seed, days, counts, broken, elapsedMs }: SimulationReport): readonly string[] => [
  ...plotOf(
    "hot store",
    days.map((day) => day.hotBytes),
  ),
  ...plotOf(
    "archive store",
    days.map((day) => day.archiveBytes),
  ),
  `${days.length} days from ${days[0]?.day}, seed ${seed}, ${Math.round(elapsedMs / days.length)} ms a day`,
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(", "),
  ...(broken.length === 0
    ? ["every promise was kept on every day"]
    : broken.map((line) => `BROKEN with seed ${seed}: ${line}`)),
];

process.exitCode = await main();
