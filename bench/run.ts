import { writeFileSync } from "node:fs";
import type { Dataset } from "./dataset.ts";
import { describeMachine, loadNow } from "./machine.ts";
import { markdownOf } from "./markdown.ts";
import { type Command, measure, type Usage } from "./measure.ts";
import { HELP, type Options, readOptions, SCENARIOS, type ScenarioName } from "./options.ts";
import { findPeers, type Peers } from "./peers/all.ts";
import type { Missing } from "./peers/peer.ts";
import { DATABASE, datasetChanges, leavePlace, takePlace, unchangedDataset } from "./place.ts";
import { type Reading, readResults, resultsPath, type ScenarioResult, writeResults } from "./results.ts";
import { ALL } from "./scenarios/all.ts";
import { type Server, startServer } from "./server.ts";
import { estimateMinutes, timeLimit } from "./time-limit.ts";

interface Ground {
  readonly options: Options;
  readonly server: Server;
  readonly peers: Peers;
  readonly measure: (command: Command) => Promise<Usage>;
}

/** Runs the scenarios asked for, in order, and keeps each one's results as soon as it ends. */
const main = async (options: Options): Promise<void> => {
  const loadBefore = loadNow();
  const names = SCENARIOS.filter((name) => options.only.includes(name));
  say(`${names.join(", ")} on ${options.sizeBytes / 1e6} MB, ${options.runs} runs, in ${options.directory}`);
  say(
    `about ${estimateMinutes(names, options)} min on two idle cores; nothing is measured after ${options.limitMinutes} min`,
  );
  const limit = timeLimit(options.limitMinutes);
  takePlace(options.directory);
  const date = new Date().toISOString().slice(0, 10);
  const path = resultsPath(date, options);
  let complete = true;
  {
    await using server = await startServer(options.directory);
    const measured = (command: Command) => measure(command, server, limit);
    const peers = findPeers(server, server.url(DATABASE), measured, options.cpuProfile);
    const machine = describeMachine(server, peers, loadBefore);
    for (const name of names) {
      if (limit.aborted) break;
      await server.setting("archive_command", "true"); // An interrupted run may have left pgBackRest's.
      const result = await runScenario(name, { options, server, peers, measure: measured });
      complete &&= result.complete && !limit.aborted;
      const scenarios = { ...readResults(path)?.scenarios, [name]: result.result };
      const { sizeBytes, runs } = options;
      writeResults(path, { format: 1, date, sizeBytes, runs, machine, scenarios });
    }
  }
  if (complete && !options.keep && !options.cpuProfile) leavePlace(options.directory);
  else say(`${options.directory} is kept`);
  if (!complete) process.exitCode = 1;
  const results = readResults(path);
  if (results === undefined) return;
  const markdown = markdownOf(results);
  process.stdout.write(markdown);
  if (options.markdown !== undefined) writeFileSync(options.markdown, markdown);
  say(`raw figures: ${path}`);
};

/** @returns what was measured, also when something stopped it half-way, and whether nothing did */
const runScenario = async (
  name: ScenarioName,
  ground: Ground,
): Promise<{ readonly result: ScenarioResult; readonly complete: boolean }> => {
  const readings: Reading[] = [];
  const skipped: Missing[] = [...ground.peers.missing];
  const notes: string[] = [];
  let complete = true;
  const skip = (what: string, because: string) => {
    complete = false;
    skipped.push({ what, because });
    say(`${name}: not run: ${what}: ${because}`);
  };
  const record = ({ stdout: _, ...facts }: Omit<Reading, "scenario"> & Partial<Usage>) => {
    readings.push({ ...facts, scenario: name });
    say(`${name}: ${facts.step}, ${facts.tool}, run ${facts.run}: ${facts.seconds.toFixed(2)} s`);
  };
  const scenario = ALL[name];
  const { server, options } = ground;
  let dataset: Dataset | undefined;
  const datasetNow = async () => {
    dataset = await unchangedDataset(server, options.sizeBytes, say);
    if (scenario.changesData) datasetChanges(server);
    return dataset;
  };
  const began = performance.now();
  try {
    await scenario.run({ ...ground, dataset: datasetNow, record, skip, note: (text) => notes.push(text), say });
  } catch (error) {
    skip("the rest of this scenario", error instanceof Error ? error.message : String(error));
  }
  const seconds = (performance.now() - began) / 1000;
  const used = dataset && { rows: dataset.rows, tableBytes: dataset.tableBytes };
  return { result: { at: new Date().toISOString(), seconds, readings, skipped, notes, dataset: used }, complete };
};

const say = (text: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(`${HELP}\n`);
  else await main(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
