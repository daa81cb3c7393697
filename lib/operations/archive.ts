import { archiveKeyName } from "../engine/archive/archive-names.ts";
import { writeArchiveSql } from "../engine/archive/archive-to-sql.ts";
import {
  type DamagedArchivePart,
  listArchiveParts,
  type StoredArchivePart,
} from "../engine/archive/list-archive-parts.ts";
import { openArchivePart } from "../engine/archive/open-archive-part.ts";
import {
  type ArchiveVerifyReport,
  type ArchiveVerifyWorld,
  verifyArchiveParts,
} from "../engine/archive/verify-archive.ts";
import type { SqlReport, SqlWorld } from "../engine/restore/write-sql.ts";
import { isShredded } from "../engine/shred.ts";
import type { Vault } from "../engine/vault.ts";
import type { VerifyLevel } from "../engine/verify-report.ts";
import type { AuditEntry } from "../model/audit.ts";
import { Failure } from "../model/errors.ts";
import type { RetainedStore } from "../ports/retained-store.ts";

export type { ArchiveVerifyReport };

const NAMES_MAX = 20;

export interface ArchiveStores {
  readonly vault: Vault;
  readonly archive: RetainedStore;
}

export interface ListedArchivePart extends Omit<StoredArchivePart, "objects"> {
  /** With its document. */
  readonly objects: number;
  /** `key destroyed`: its removal began, and what is left waits for its lock. */
  readonly state: "readable" | "key destroyed";
}

export interface ArchiveList {
  readonly parts: readonly ListedArchivePart[];
  /** Objects that no part names: of runs that work or were stopped. */
  readonly unknown: { readonly objects: number; readonly bytes: number };
  /** The same, but put there by somebody else: how many, and the first of them. */
  readonly foreign: { readonly objects: number; readonly bytes: number; readonly names: readonly string[] };
  readonly damaged: readonly Pick<DamagedArchivePart, "name" | "version">[];
}

/** Every archive part there is, without a key. @throws STORE_* */
export const listArchives = async ({ vault, archive }: ArchiveStores): Promise<ArchiveList> => {
  const { parts, unknown, damaged } = await listArchiveParts(archive);
  const { keys } = vault.stores;
  const listed: ListedArchivePart[] = [];
  const foreign = unknown.filter(({ leftOf }) => leftOf === undefined);
  for (const part of parts) {
    const name = archiveKeyName(part);
    const isReadable = (await keys.head(name)) !== undefined && !(await isShredded(keys, name));
    listed.push({ ...part, objects: part.objects.length + 1, state: isReadable ? "readable" : "key destroyed" });
  }
  return {
    parts: listed,
    unknown: sumOf(unknown.filter(({ leftOf }) => leftOf !== undefined)),
    foreign: { ...sumOf(foreign), names: foreign.slice(0, NAMES_MAX).map(({ name }) => name) },
    damaged: damaged.map(({ name, version }) => ({ name, version })),
  };
};

const sumOf = (objects: readonly { readonly bytes: number }[]): ArchiveList["unknown"] => ({
  objects: objects.length,
  bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
});

/** Which parts: those of an archive, of some classes if any are named. */
export interface WantedArchive {
  readonly id: string;
  readonly classes: readonly string[];
}

/** @throws ARCHIVE_NOT_FOUND  there is no such archive, or it lacks a class; OBJECT_CORRUPT  what is there cannot be told */
export const findParts = async (
  archive: RetainedStore,
  { id, classes }: WantedArchive,
): Promise<readonly StoredArchivePart[]> => {
  const { parts, damaged } = await listArchiveParts(archive);
  const found = parts.filter((part) => part.id === id && (classes.length === 0 || classes.includes(part.class)));
  const lacking = classes.find((name) => !found.some((part) => part.class === name));
  if (found.length > 0 && lacking === undefined) return found;
  // What is asked for may be what is damaged.
  for (const { failure } of damaged) throw failure;
  throw new Failure(
    "ARCHIVE_NOT_FOUND",
    found.length === 0 && classes.length === 0 ? `there is no archive ${id}` : `archive ${id} has no class ${lacking}`,
  );
};

/**
 * Verifies archive parts: all there are, or those of one archive. A document that cannot be read is a problem too.
 * @throws ARCHIVE_NOT_FOUND, STORE_*, the signal's reason
 */
export const verifyArchives = async (
  world: ArchiveVerifyWorld,
  wanted: WantedArchive | "all",
  level: VerifyLevel,
): Promise<ArchiveVerifyReport> => {
  if (wanted !== "all") return verifyArchiveParts(world, await findParts(world.archive, wanted), level);
  const { parts, damaged } = await listArchiveParts(world.archive);
  const report = await verifyArchiveParts(world, parts, level);
  const problems = damaged.map(({ name, failure: { code, message } }) => ({ code, message, object: name }));
  return { ...report, problems: [...problems, ...report.problems] };
};

/**
 * Writes an archive, or some of its classes or tables, as a SQL stream for psql.
 * @param tables  `schema.name` of those that are wanted; empty: all
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_MIXED, TABLE_NOT_FOUND, KEY_SHREDDED, OBJECT_*
 */
export const archiveToSql = async (
  world: SqlWorld & ArchiveStores,
  wanted: WantedArchive,
  tables: readonly string[],
): Promise<SqlReport> => {
  const { vault, archive } = world;
  const parts = await findParts(archive, wanted);
  const opened = [];
  for (const part of parts) opened.push(await openArchivePart(vault, archive, part));
  return writeArchiveSql(world, archive, opened, tables);
};

export const archiveVerifyEntry = (report: ArchiveVerifyReport): AuditEntry => ({
  outcome: "done",
  act: "verify",
  level: report.level,
  points: report.parts,
  objects: report.objects,
  bytes: report.bytes,
  rows: report.rows,
  problems: report.problems.length,
  elapsedMs: report.elapsedMs,
});

export const archiveSqlEntry = ({ id }: WantedArchive, { rows, elapsedMs }: SqlReport): AuditEntry => ({
  outcome: "done",
  act: "restore",
  point: id,
  plan: "none: written as SQL",
  rows,
  elapsedMs,
});

/**
 * The data key of an archive part, as 64 hexadecimal digits: whoever has it and the part needs Lastgood no more.
 * @throws ARCHIVE_NOT_FOUND, KEY_SHREDDED, KEY_WRONG
 */
export const exportArchiveKey = async (
  { vault, archive }: ArchiveStores,
  id: string,
  className: string,
): Promise<string> => {
  const [part] = await findParts(archive, { id, classes: [className] });
  return (await vault.archiveKey(part as StoredArchivePart)).toString("hex");
};
