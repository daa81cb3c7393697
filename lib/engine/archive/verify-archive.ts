import type { ArchivedObject } from "../../model/archive.ts";
import type { Failure } from "../../model/errors.ts";
import type { ReportProgress } from "../../model/progress.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RetainedStore } from "../../ports/retained-store.ts";
import type { Vault } from "../vault.ts";
import { Problems, type VerifyFindings, type VerifyLevel } from "../verify-report.ts";
import { archiveId, archivePrefix } from "./archive-names.ts";
import type { StoredArchivePart } from "./list-archive-parts.ts";
import { getArchived, type OpenedArchivePart, openArchivePart, openFrame } from "./open-archive-part.ts";

const NEWLINE = 0x0a;

export interface ArchiveVerifyWorld {
  readonly vault: Vault;
  readonly archive: RetainedStore;
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

export interface ArchiveVerifyReport extends VerifyFindings {
  readonly parts: number;
}

const LIST_PROVEN = [
  "every manifest opens with its key, its seal holds, and its part's document says what was sealed in it",
  "every object that a part names is there with its size, and locked as the part says",
] as const;
const READ_PROVEN = [
  "every byte of every object has its digest; every frame opens, unpacks, and holds as many rows as the manifest says",
] as const;
const NOT_READ = "no pack was opened: whether rows can be read is not shown";
const NEVER_READ =
  "no database was restored: whether PostgreSQL takes the schema and the rows is shown by level restore only";

/**
 * Verifies archive parts without a database, and collects every problem.
 *
 * Memory: one pack, one frame and the manifest.
 *
 * @throws STORE_UNREACHABLE, STORE_FORBIDDEN, the signal's reason: what says nothing about the archive's content
 */
export const verifyArchiveParts = async (
  world: ArchiveVerifyWorld,
  parts: readonly StoredArchivePart[],
  level: VerifyLevel,
): Promise<ArchiveVerifyReport> => {
  const { clock, vault, archive, signal } = world;
  const began = clock.elapsedMs();
  const problems = new Problems();
  const counts = { tables: 0, rows: 0, objects: 0, bytes: 0 };
  const rowsTotal = parts.reduce((sum, part) => sum + part.rows, 0);
  for (const [done, part] of parts.entries()) {
    signal.throwIfAborted();
    world.progress({
      phase: level === "read" ? "reading archives" : "opening archives",
      tablesDone: done,
      tablesTotal: parts.length,
      rowsDone: counts.rows,
      rowsTotal: level === "read" ? rowsTotal : undefined,
      bytesDone: counts.bytes,
      elapsedMs: clock.elapsedMs() - began,
    });
    const where = { archive: `${archiveId(part)}/${part.class}` };
    counts.objects += part.objects.length + 1;
    counts.bytes += part.sealedBytes;
    await problems.attempt(where, () => checkObjects(world, part, problems, where));
    const opened = await problems.attempt(where, () => openArchivePart(vault, archive, part));
    if (opened === undefined) continue;
    counts.tables += part.tables;
    if (level === "read") counts.rows += await readPart(world, opened, problems, where);
  }
  return {
    level,
    parts: parts.length,
    ...counts,
    problems: problems.all,
    proven: level === "read" ? [...LIST_PROVEN, ...READ_PROVEN] : LIST_PROVEN,
    notProven: level === "read" ? [NEVER_READ] : [NOT_READ, NEVER_READ],
    elapsedMs: clock.elapsedMs() - began,
  };
};

interface Where {
  readonly archive: string;
}

/** Each object is there, whole, and locked from its capture until the date that the part says: not shorter, and not past its deletion. */
const checkObjects = async (
  { archive, clock }: ArchiveVerifyWorld,
  part: StoredArchivePart,
  problems: Problems,
  where: Where,
): Promise<void> => {
  const there = new Map<string, number>();
  const unlabelled = new Map<string, Failure>();
  for await (const facts of archive.list(archivePrefix(part))) {
    there.set(`${facts.name}\n${facts.version}`, facts.bytes);
    if (facts.unlabelled !== undefined) unlabelled.set(facts.name, facts.unlabelled);
  }
  const { lock, retainUntil, deleteAt } = part.times;
  for (const object of part.objects) {
    const at = { ...where, object: object.name };
    const bytes = there.get(`${object.name}\n${object.version}`);
    const failure = unlabelled.get(object.name);
    // One that may not be read is no finding: then nothing can be said of it.
    if (failure !== undefined) problems.note(failure, at);
    else if (bytes === undefined)
      problems.add("OBJECT_MISSING", `object ${object.name} is missing from the archive`, at);
    else if (bytes !== object.bytes)
      problems.add("OBJECT_CORRUPT", `object ${object.name} has ${bytes} bytes, expected ${object.bytes}`, at);
    if (bytes === undefined) continue;
    const held = await archive.retention(object.name, object.version);
    const until = held === undefined || held.mode === "none" ? undefined : held.until;
    const isShort = until === undefined || until < retainUntil || held?.mode !== lock;
    if (lock !== "none" && clock.now() < retainUntil && isShort)
      problems.add("LOCK_WRONG", `object ${object.name} is not locked as its part says (${lock})`, at);
    if (until !== undefined && until > deleteAt)
      problems.add("LOCK_WRONG", `object ${object.name} is locked past the date on which it is to be deleted`, at);
  }
};

/** @returns rows that were opened */
const readPart = async (
  { archive, signal }: ArchiveVerifyWorld,
  { part, manifest, packs }: OpenedArchivePart,
  problems: Problems,
  where: Where,
): Promise<number> => {
  const tables = manifest.tables.map(() => ({ rows: 0, plainBytes: 0 }));
  const isPack = new Set(packs.map(({ name }) => name));
  for (const object of part.objects)
    if (!isPack.has(object.name)) await problems.attempt(where, () => getArchived(archive, object));
  for (const [index, pack] of manifest.packs.entries()) {
    signal.throwIfAborted();
    const object = packs[index] as ArchivedObject;
    await problems.attempt(where, async () => {
      const sealed = await getArchived(archive, object);
      let offset = 0;
      for (const frame of pack.frames) {
        const plain = openFrame(object.name, pack, frame, offset, sealed.subarray(offset, offset + frame.bytes));
        offset += frame.bytes;
        const table = frame.table === undefined ? undefined : tables[frame.table];
        if (table === undefined) continue;
        table.rows += countLines(plain);
        table.plainBytes += plain.length;
      }
    });
  }
  for (const [index, { facts, rows, plainBytes }] of manifest.tables.entries()) {
    const read = tables[index];
    if (read?.rows !== rows || read.plainBytes !== plainBytes)
      problems.add("DIGEST_MISMATCH", `the packs hold ${read?.rows} rows of the table, the manifest ${rows}`, {
        ...where,
        table: `${facts.schema}.${facts.name}`,
      });
  }
  return tables.reduce((sum, { rows }) => sum + rows, 0);
};

/** A line of COPY text ends with the only newline in it. */
const countLines = (lines: Buffer): number => {
  let count = 0;
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) count++;
  return count;
};
