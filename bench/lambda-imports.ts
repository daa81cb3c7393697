import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bundle, VERBS } from "../lib/cdk/bundle.ts";
import { loadNow } from "./machine.ts";
import { median } from "./statistics.ts";

const HELP = `Usage: node bench/lambda-imports.ts [--runs <count>]

Measures how long each Lambda's bundle takes to load, in fresh processes of this Node, and prints a Markdown table. What a
Lambda's own machine adds to a cold start is not in it. Nothing is asserted; the aim is 80 ms.

  --runs <count>    processes per bundle; the median is shown (default 15)`;

const { values } = parseArgs({ options: { runs: { type: "string", default: "15" }, help: { type: "boolean" } } });
const runs = Number(values.runs);

/** Milliseconds from the import's begin until the handler is there. */
const loadMs = (file: string): number => {
  const script = `const began = performance.now();
import(${JSON.stringify(pathToFileURL(file).href)}).then(({ handler }) => {
  if (typeof handler !== "function") throw new Error("there is no handler");
  console.log(performance.now() - began);
});`;
  return Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8", env: {} }));
};

const measure = (directory: string): void => {
  console.log(`Node.js ${process.versions.node}, ${runs} runs, load before ${loadNow().toFixed(2)}\n`);
  console.log("| Lambda | bundle kB | load ms, median [min to max] |\n| --- | ---: | --- |");
  const files = VERBS.map((verb) => {
    bundle(verb, join(directory, verb));
    return { verb, file: join(directory, verb, "index.mjs"), times: [] as number[] };
  });
  // In turns, so that whatever else the machine does falls on all alike.
  for (let run = 0; run < runs; run++) for (const { file, times } of files) times.push(loadMs(file));
  for (const { verb, file, times } of files) {
    const range = `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)}`;
    console.log(`| ${verb} | ${(statSync(file).size / 1000).toFixed(0)} | ${median(times).toFixed(0)} [${range}] |`);
  }
};

if (values.help === true || !Number.isInteger(runs) || runs < 1) {
  console.log(HELP);
  process.exitCode = values.help === true ? 0 : 2;
} else {
  const directory = mkdtempSync(join(tmpdir(), "lastgood-imports-"));
  try {
    measure(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
