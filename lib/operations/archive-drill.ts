import { archivedContent, type ReadableTable } from "../engine/archive/archive-to-sql.ts";
import { lineFrames } from "../engine/archive/line-frames.ts";
import { loadArchive } from "../engine/archive/load-archive.ts";
import { openArchivePart } from "../engine/archive/open-archive-part.ts";
import { compareFrames } from "../engine/compare-plain.ts";
import type { AuditEntry } from "../model/audit.ts";
import { Failure } from "../model/errors.ts";
import type { ReportProgress } from "../model/progress.ts";
import type { Clock } from "../ports/clock.ts";
import type { PlainReader } from "../ports/plain-reader.ts";
import type { TargetDatabase } from "../ports/target-database.ts";
import { type ArchiveStores, findParts, type WantedArchive } from "./archive.ts";

export interface ArchiveDrillWorld extends ArchiveStores {
  readonly clock: Clock;
  readonly target: TargetDatabase;
  readonly reader: PlainReader;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

export interface ArchiveDrillReport {
  readonly level: "restore";
  readonly archive: string;
  readonly classes: readonly string[];
  /** The point that it was made of. */
  readonly point: string;
  readonly database: string;
  readonly tables: number;
  readonly rows: number;
  /** Of its rows as lines of text. */
  readonly plainBytes: number;
  readonly restoreMs: number;
  readonly elapsedMs: number;
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

const PROVEN = ["PostgreSQL takes the schema and the rows, and every value reads as it was archived"] as const;
const NOT_PROVEN = [
  "other archives, and classes of this one that were not named",
  "locks, and objects that a restore does not read: level read looks at them",
] as const;
const NAMES_MAX = 5;

/**
 * Verify, level restore, of an archive: loads it into an empty scratch database as the stream of SQL that it is, and compares
 * every row by an independent query.
 * @throws DIFFERENT  naming the tables
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_MIXED, KEY_SHREDDED, TARGET_NOT_EMPTY, DATABASE_*, OBJECT_*, the signal's reason
 */
export const drillArchive = async (world: ArchiveDrillWorld, wanted: WantedArchive): Promise<ArchiveDrillReport> => {
  const { vault, archive, clock, target, signal } = world;
  const began = clock.elapsedMs();
  const found = await findParts(archive, wanted);
  const parts = [];
  for (const part of found) parts.push(await openArchivePart(vault, archive, part));
  const content = archivedContent(archive, parts, []);
  await assertEmpty(target);
  const { tables } = content;
  const steps = progressOf(world, tables, began);
  const restoring = steps("restoring the archive");
  await loadArchive(target, content, ({ rows }) => restoring(rows, "table"), signal);
  const restoreMs = clock.elapsedMs() - began;
  const rows = await compareAll(world, wanted, tables, steps("comparing rows"));
  const [first] = parts;
  return {
    level: "restore",
    archive: wanted.id,
    classes: found.map((part) => part.class),
    point: first?.manifest.point.id ?? "",
    database: first?.part.database ?? "",
    tables: tables.length,
    rows,
    plainBytes: tables.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
    restoreMs,
    elapsedMs: clock.elapsedMs() - began,
    proven: PROVEN,
    notProven: NOT_PROVEN,
  };
};

const assertEmpty = async (target: TargetDatabase): Promise<void> => {
  const { objects, identity } = await target.facts();
  if (objects.length === 0) return;
  const names = objects.slice(0, NAMES_MAX).map(({ name }) => name);
  const more = objects.length > NAMES_MAX ? ` and ${objects.length - NAMES_MAX} more` : "";
  throw new Failure("TARGET_NOT_EMPTY", `database ${identity.database} has ${names.join(", ")}${more} already`, {
    hint: "name an empty database with --scratch, or leave it out for a server of our own",
  });
};

type Tell = (rows: number, what?: "table") => void;

const progressOf =
  ({ clock, progress }: ArchiveDrillWorld, tables: readonly ReadableTable[], began: number) =>
  (phase: string): Tell => {
    const rowsTotal = tables.reduce((sum, { rows }) => sum + rows, 0);
    let [tablesDone, rowsDone] = [0, 0];
    const tell: Tell = (rows, what) => {
      rowsDone += rows;
      if (what === "table") tablesDone++;
      const elapsedMs = clock.elapsedMs() - began;
      progress({ phase, tablesDone, tablesTotal: tables.length, rowsDone, rowsTotal, bytesDone: 0, elapsedMs });
    };
    tell(0);
    return tell;
  };

/** @returns rows that were compared */
const compareAll = async (
  { reader, signal }: ArchiveDrillWorld,
  { id }: WantedArchive,
  tables: readonly ReadableTable[],
  tell: Tell,
): Promise<number> => {
  const different: string[] = [];
  let compared = 0;
  for (const { facts, rows, lines } of tables) {
    // An archive has every row as text, however it was captured.
    const found = await compareFrames(lineFrames(lines()), { ...facts, format: "text" }, reader, tell, signal);
    if (found.different > 0 || found.rows !== rows)
      different.push(`${facts.schema}.${facts.name} (${found.different} of ${rows} rows)`);
    compared += found.rows;
    tell(0, "table");
  }
  if (different.length > 0)
    throw new Failure("DIFFERENT", `restored tables differ from archive ${id}: ${different.join(", ")}`, {
      hint: "do not rely on this archive; run archive verify --level read and keep this output",
    });
  return compared;
};

export const archiveDrillEntry = (report: ArchiveDrillReport): AuditEntry => {
  const { archive, database, tables, rows, plainBytes, restoreMs, elapsedMs } = report;
  const part = { store: "archive", id: archive } as const;
  return { outcome: "done", act: "drill", database, part, tables, rows, plainBytes, restoreMs, elapsedMs };
};
