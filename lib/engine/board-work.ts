import { createHmac } from "node:crypto";
import { Failure, type SentFailure } from "../model/errors.ts";
import type { Entropy } from "../ports/clock.ts";
import { pack, unpack } from "./chunk.ts";
import type { CopyResult } from "./copy-tables.ts";
import type { CopyTask } from "./lane.ts";
import { open, type SealedHeader, seal } from "./seal.ts";

/**
 * Tasks and results of a capture over several machines, as objects of the board. They hold table names, key ranges and the
 * keys of pages, so they are sealed, under a key that follows from the data key of the part they are for.
 */
const FORMAT = 1;
const ZSTD_LEVEL = 1;
/** What a task costs before its first row, in bytes that could have been read meanwhile. */
const TASK_BYTES = 1024 * 1024;

interface WorkHeader extends SealedHeader {
  readonly kind: "work";
  readonly class: string;
  /** The object's own name: what lies under another one was moved. */
  readonly name: string;
}

export interface PostedTask {
  readonly number: number;
  /** Number of the lane that does it, from 0. */
  readonly lane: number;
  readonly task: CopyTask;
}

export type PostedResult =
  | { readonly result: CopyResult; readonly rows: number; readonly bytes: number }
  | { readonly failure: SentFailure };

export const encodeTasks = (place: WorkSeal, name: string, tasks: readonly PostedTask[]): readonly Buffer[] =>
  sealed(place, name, JSON.stringify(tasks));

/** @throws OBJECT_CORRUPT  naming the object */
export const decodeTasks = (place: Omit<WorkSeal, "entropy">, name: string, bytes: Buffer): readonly PostedTask[] =>
  JSON.parse(opened(place, name, bytes)) as readonly PostedTask[];

/** Sums of pages are the only numbers that JSON does not have. */
export const encodeResult = (place: WorkSeal, name: string, result: PostedResult): readonly Buffer[] =>
  sealed(
    place,
    name,
    JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? { sum: String(value) } : value)),
  );

/** @throws OBJECT_CORRUPT  naming the object */
export const decodeResult = (place: Omit<WorkSeal, "entropy">, name: string, bytes: Buffer): PostedResult =>
  JSON.parse(opened(place, name, bytes), (field, value: unknown) =>
    field === "sum" && isSum(value) ? BigInt(value.sum) : value,
  ) as PostedResult;

const isSum = (value: unknown): value is { readonly sum: string } => typeof value === "object" && value !== null;

export interface WorkSeal {
  readonly class: string;
  readonly partKey: Buffer;
  readonly entropy: Entropy;
}

/** Only chunks and pages have keys of their own; a part's data key seals the part, its pages' keys, and this key nothing else. */
const workKey = (partKey: Buffer): Buffer => createHmac("sha256", partKey).update("work key").digest();

const sealed = (place: WorkSeal, name: string, json: string): readonly Buffer[] => {
  const header: WorkHeader = { kind: "work", format: FORMAT, class: place.class, name };
  return seal(header, pack(Buffer.from(json, "utf8"), ZSTD_LEVEL), workKey(place.partKey), place.entropy);
};

const opened = (place: Omit<WorkSeal, "entropy">, name: string, bytes: Buffer): string => {
  const { header, plain } = open<WorkHeader>(name, bytes, "work", workKey(place.partKey));
  if (header.name !== name || header.class !== place.class)
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: it was written for another place`, {
      facts: { object: name },
    });
  return unpack(name, plain).toString("utf8");
};

/** Tasks of one lane each, about equally much for all: the largest first, each to the lane that has least so far. */
export const shareOut = (bytes: readonly number[], lanes: number): readonly number[] => {
  const loads = Array.from({ length: lanes }, () => 0);
  const shares: number[] = [];
  for (const i of [...bytes.keys()].sort((a, b) => (bytes[b] as number) - (bytes[a] as number))) {
    const least = loads.indexOf(Math.min(...loads));
    // A task costs something however little it reads.
    loads[least] = (loads[least] as number) + (bytes[i] as number) + TASK_BYTES;
    shares[i] = least;
  }
  return shares;
};
