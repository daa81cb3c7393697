import { SCENARIOS, type ScenarioName } from "./options.ts";
import type { Reading, Results, ScenarioResult } from "./results.ts";
import { ALL } from "./scenarios/all.ts";
import { maxOf, median, minOf, numbers } from "./statistics.ts";

/** The whole report. */
export const markdownOf = (results: Results): string =>
  [
    "# Benchmark results",
    "",
    ...headOf(results),
    ...SCENARIOS.flatMap((name) => sectionOf(name, results.scenarios[name], results.runs)),
    ...memoryOf(results),
  ].join("\n");

const headOf = (results: Results): readonly string[] => {
  const { machine } = results;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const dataset = SCENARIOS.map((name) => results.scenarios[name]?.dataset).find((used) => used !== undefined);
  const rows = Object.entries(dataset?.rows ?? {}).map(([name, count]) => `${name} ${count.toLocaleString("en")}`);
  return [
    `${results.date}, ${machine.cores} cores (${machine.cpu}), ${gib(machine.memoryBytes)} GiB, Linux ${machine.kernel}, ` +
      `load before ${machine.loadBefore.toFixed(2)}.`,
    `${versions.join(", ")}.`,
    "",
    ...(dataset === undefined
      ? []
      : [`Table data ${megabytes(dataset.tableBytes)} MB, indexes not counted; rows: ${rows.join(", ")}.`, ""]),
    `Seconds are medians [min to max] of ${results.runs} runs, tools in turns; "1 run" where a slow tool ran once. MB/s is`,
    "relative to the table data. Client, server and disk share one machine, and the data is in the page cache: CPU seconds",
    "are the tool's + the server's. Stored is what the repository grew by; peak is the largest sum of VmHWM of a tool's",
    "processes, without the server.",
    `Every raw figure is in \`bench/results\`. Reproduce with \`npm run bench -- --size ${results.sizeBytes / 1e6}MB --runs ${results.runs}\`.`,
    "",
  ];
};

interface Column {
  readonly title: string;
  /** Undefined where the tool has no such figure. A column without any is left out. */
  readonly of: (readings: readonly Reading[], section: readonly Reading[]) => string | undefined;
}

const COLUMNS: readonly Column[] = [
  { title: "seconds", of: (readings) => spread(numbers(readings, (one) => one.seconds)) },
  {
    title: "time / Lastgood",
    of: (readings, section) => {
      const ours = section.filter((one) => one.step === readings[0]?.step && one.tool === "Lastgood");
      if (ours.length === 0 || readings[0]?.tool === "Lastgood") return undefined;
      return `${(median(numbers(readings, (one) => one.seconds)) / median(numbers(ours, (one) => one.seconds))).toFixed(2)}x`;
    },
  },
  {
    title: "s without proof, ANALYZE",
    of: (readings) => {
      const bare = numbers(readings, (one) => one.bareSeconds);
      return bare.length === 0 ? undefined : spread(bare);
    },
  },
  { title: "MB/s", of: (readings) => whole(median(numbers(readings, (one) => one.tableBytes / 1e6 / one.seconds))) },
  {
    title: "CPU s",
    of: (readings) => {
      const client = numbers(readings, (one) => one.clientCpuSeconds);
      const server = numbers(readings, (one) => one.serverCpuSeconds);
      return client.length === 0
        ? undefined
        : `${median(client).toFixed(1)} + ${server.length === 0 ? "?" : median(server).toFixed(1)}`;
    },
  },
  { title: "stored MB", of: (readings) => megabytesOf(numbers(readings, (one) => one.storedBytes)) },
  { title: "changed rows MB", of: (readings) => megabytesOf(numbers(readings, (one) => one.changedBytes)) },
  {
    title: "stored / changed",
    of: (readings) => {
      const ratios = numbers(readings, (one) =>
        one.changedBytes && one.storedBytes !== undefined ? one.storedBytes / one.changedBytes : undefined,
      );
      return ratios.length === 0 ? undefined : `${median(ratios).toFixed(2)}x`;
    },
  },
  { title: "peak MB", of: (readings) => megabytesOf(numbers(readings, (one) => one.peakBytes)) },
  {
    title: "of which s",
    of: (readings) => {
      const names = [...new Set(readings.flatMap((one) => Object.keys(one.phases ?? {})))];
      const parts = names.map((name) => `${name} ${median(numbers(readings, (one) => one.phases?.[name])).toFixed(1)}`);
      return parts.length === 0 ? undefined : parts.join(", ");
    },
  },
];

const sectionOf = (name: ScenarioName, result: ScenarioResult | undefined, runs: number): readonly string[] => {
  if (result === undefined) return [];
  const groups = groupsOf(result.readings);
  const filled = COLUMNS.map((column) => groups.map(({ readings }) => column.of(readings, result.readings)));
  const used = COLUMNS.flatMap((column, i) => (filled[i]?.some((cell) => cell !== undefined) ? [{ column, i }] : []));
  const rows = groups.map(({ step, tool, readings }, row) => [
    step,
    `${tool}${nearestInSize(tool, result.readings)}${readings.length < runs && readings.length === 1 ? " (1 run)" : ""}`,
    ...used.map(({ i }) => filled[i]?.[row] ?? "-"),
  ]);
  return [
    `## ${ALL[name].title}`,
    "",
    ...tableOf(["step", "tool", ...used.map(({ column }) => column.title)], rows),
    "",
    ...result.notes.map((note) => `- ${note}`),
    ...result.skipped.map(({ what, because }) => `- Not run: ${what}: ${because.replaceAll(/\s*\n\s*/g, " ")}`),
    ...(result.notes.length + result.skipped.length === 0 ? [] : [""]),
  ];
};

interface Group {
  readonly step: string;
  readonly tool: string;
  readonly readings: readonly Reading[];
}

/** By step and tool, in the order in which they first came. */
const groupsOf = (readings: readonly Reading[]): readonly Group[] => {
  const order = new Map<string, number>();
  for (const { step } of readings) if (!order.has(step)) order.set(step, order.size);
  return Object.values(Object.groupBy(readings, ({ step, tool }) => `${step}\n${tool}`))
    .flatMap((group) =>
      group?.[0] === undefined ? [] : [{ step: group[0].step, tool: group[0].tool, readings: group }],
    )
    .toSorted((a, b) => (order.get(a.step) ?? 0) - (order.get(b.step) ?? 0) || rank(a.tool) - rank(b.tool));
};

const RANKS = ["Lastgood", "pgBackRest", "pg_dump -Fd", "pg_dump |"];
const rank = (tool: string): number => RANKS.findIndex((start) => tool.startsWith(start));

/** Marks the pg_dump whose first capture is nearest to ours in size: the compression to compare with. */
const nearestInSize = (tool: string, readings: readonly Reading[]): string => {
  const ours = numbers(
    readings.filter((one) => one.step === "first capture" && one.tool === "Lastgood"),
    (one) => one.storedBytes,
  );
  if (ours.length === 0 || !tool.startsWith("pg_dump -Fd")) return "";
  const distances = [...new Set(readings.map((one) => one.tool))]
    .filter((name) => name.startsWith("pg_dump -Fd"))
    .map((name) => ({
      name,
      stored: numbers(
        readings.filter((one) => one.tool === name),
        (one) => one.storedBytes,
      ),
    }))
    .map(({ name, stored }) => ({ name, distance: Math.abs(median(stored) - median(ours)) }));
  const nearest = distances.toSorted((a, b) => a.distance - b.distance)[0]?.name;
  return nearest === tool ? " **(nearest in size)**" : "";
};

/** Peak memory of every tool over all of its runs, by scenario. */
const memoryOf = (results: Results): readonly string[] => {
  const ran = SCENARIOS.filter((name) => results.scenarios[name] !== undefined);
  const readings = ran.flatMap((name) => results.scenarios[name]?.readings ?? []);
  const tools = [...new Set(readings.map((one) => one.tool))].toSorted((a, b) => rank(a) - rank(b));
  const rows = tools.map((tool) => [
    tool,
    ...ran.map((name) => {
      const peaks = numbers(
        readings.filter((one) => one.tool === tool && one.scenario === name),
        (one) => one.peakBytes,
      );
      return peaks.length === 0 ? "-" : megabytes(maxOf(peaks));
    }),
  ]);
  return [
    "## Peak memory, MB",
    "",
    "The largest of all runs.",
    "",
    ...tableOf(["tool", ...ran.map((name) => ALL[name].title)], rows),
    "",
  ];
};

const tableOf = (titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  `| ${titles.join(" | ")} |`,
  `| ${titles.map(() => "---").join(" | ")} |`,
  ...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`),
];

const spread = (values: readonly number[]): string =>
  values.length === 1
    ? seconds(median(values))
    : `${seconds(median(values))} [${seconds(minOf(values))} to ${seconds(maxOf(values))}]`;

const seconds = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
const whole = (value: number): string => Math.round(value).toLocaleString("en");
const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(0);
const megabytes = (bytes: number): string => (bytes < 1e7 ? (bytes / 1e6).toFixed(2) : whole(bytes / 1e6));
const megabytesOf = (values: readonly number[]): string | undefined =>
  values.length === 0 ? undefined : megabytes(median(values));
