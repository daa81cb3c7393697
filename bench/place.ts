import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Dataset, lookAt, makeDataset } from "./dataset.ts";
import type { Server } from "./server.ts";

export const DATABASE = "dataset";
const OURS = "lastgood-bench"; // Marks a directory as ours, so that nobody else's is ever removed.
const DATASET = "dataset.json"; // Says that the data set is there, whole and unchanged, and how large it was asked for.

/** Makes the directory. @throws if it holds something that no benchmark left there */
export const takePlace = (directory: string): void => {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  if (names.length > 0 && !names.includes(OURS))
    throw new Error(`--dir ${directory} holds other files: name a directory that is absent or empty`);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  writeFileSync(
    join(directory, OURS),
    "A benchmark's cluster and repositories; may be deleted when none is running.\n",
  );
};

export const leavePlace = (directory: string): void => rmSync(directory, { recursive: true, force: true });

/** The data set, unchanged: the one an earlier scenario left, or a new one. */
export const unchangedDataset = async (
  server: Server,
  sizeBytes: number,
  say: (text: string) => void,
): Promise<Dataset> => {
  const path = join(server.directory, DATASET);
  if (existsSync(path) && readFileSync(path, "utf8") === sizeText(sizeBytes))
    return lookAt(server, DATABASE, sizeBytes);
  say(`generating ${Math.round(sizeBytes / 1e6)} MB`);
  const dataset = await makeDataset(server, DATABASE, sizeBytes);
  writeFileSync(path, sizeText(sizeBytes));
  return dataset;
};

/** To be said before the data set is changed: a later scenario gets a new one. */
export const datasetChanges = (server: Server): void => rmSync(join(server.directory, DATASET), { force: true });

const sizeText = (sizeBytes: number): string => `${JSON.stringify({ sizeBytes })}\n`;
