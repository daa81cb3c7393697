import type { ArchivedObject, ArchivePart, ArchiveTimes } from "../../model/archive.ts";
import { Failure } from "../../model/errors.ts";
import type { Part, Point } from "../../model/point.ts";
import type { ReportProgress } from "../../model/progress.ts";
import { partClass } from "../../model/row-age.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RetainedFacts, RetainedStore, Retention } from "../../ports/retained-store.ts";
import { encodeDocument } from "../document.ts";
import { sqlStream } from "../restore/sql-stream.ts";
import { headingOf, linesOf } from "../restore/write-sql.ts";
import type { Vault } from "../vault.ts";
import { type ArchivedTable, type ArchiveFacts, type ArchiveManifest, encodeManifest } from "./archive-manifest.ts";
import { type ArchivePlace, archiveDocumentName, archivePrefix } from "./archive-names.ts";
import { readmeOf } from "./archive-readme.ts";
import { selectTables } from "./archive-scope.ts";
import { readArchivePart, type StoredArchivePart } from "./list-archive-parts.ts";
import { type AttemptStore, PACK_BYTES, PackWriter, putArchived } from "./pack-writer.ts";

const ATTEMPT_BYTES = 8;

export interface ArchiveWorld {
  readonly vault: Vault;
  readonly archive: RetainedStore;
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

export interface ArchiveRequest {
  readonly point: Point;
  /** The point's part of the class, its pages held. */
  readonly part: Part;
  readonly businessDate: string;
  readonly schedule: ArchivePart["schedule"];
  readonly times: ArchiveTimes;
  /** Sealed bytes at which a pack is full. */
  readonly packBytes?: number;
}

export interface MadeArchivePart {
  readonly part: StoredArchivePart;
  /** `there`: it was made before, or another attempt was faster. */
  readonly outcome: "made" | "there";
}

/**
 * Makes an archive part of a part of a point: its wrapped key, packs, manifest, README, and last the document by which it is
 * there. Everything of an attempt lies in a directory of its own, so that an attempt that died is in nobody's way; what it wrote
 * is named by no part, has keys that nobody knows, and goes when its lock ends. Of two attempts at once the first document counts.
 *
 * Memory: one pack, and what reading the table takes.
 *
 * @throws KEY_SHREDDED  there was such a part, and it was destroyed
 * @throws RESTORE_UNPROVEN  a table's layers do not hold the rows that the point recorded
 * @throws ROW_TOO_LONG, OBJECT_*, STORE_*, the signal's reason
 */
export const makeArchivePart = async (world: ArchiveWorld, request: ArchiveRequest): Promise<MadeArchivePart> => {
  const { vault, archive } = world;
  const place = placeOf(request);
  const there = await existingPart(archive, place);
  if (there !== undefined) return { part: there, outcome: "there" };
  const dataKey = await vault.archiveKeyOrMake(place);
  const attempt = vault.entropy.bytes(ATTEMPT_BYTES).toString("hex");
  const retention = retentionOf(request.times);
  const store: AttemptStore = { archive, prefix: `${archivePrefix(place)}${attempt}/`, retention };

  const written = await writePacks(world, request, store);
  const facts = factsOf(vault.id, request, written.tables);
  const manifest = encodeManifest(manifestOf(request, facts, written), dataKey, attempt);
  const postgres = Math.floor(request.point.identity.serverVersion / 10_000);
  const objects = [
    ...written.objects,
    await putArchived(store, "manifest", [manifest]),
    await putArchived(store, "README.txt", [Buffer.from(readmeOf({ attempt, postgres }), "utf8")]),
  ];
  await assertThere(store, objects);
  const sealedBytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  const document: ArchivePart = { format: 1, kind: "archive part", ...facts, sealedBytes, objects };
  const name = archiveDocumentName(place);
  const stored = await archive.put(name, [encodeDocument(document)], retention);
  const part = await existingPart(archive, place);
  if (part === undefined) throw missing(name);
  return { part, outcome: stored === "exists" ? "there" : "made" };
};

const placeOf = ({ point, part, businessDate }: ArchiveRequest): ArchivePlace => ({
  database: point.database,
  businessDate,
  class: part.class,
});

const retentionOf = ({ lock, retainUntil }: ArchiveTimes): Retention =>
  lock === "none" ? { mode: "none" } : { mode: lock, until: retainUntil };

/** The oldest version counts (list-archive-parts.ts). */
const existingPart = async (archive: RetainedStore, place: ArchivePlace): Promise<StoredArchivePart | undefined> => {
  const name = archiveDocumentName(place);
  let oldest: RetainedFacts | undefined;
  for await (const facts of archive.list(name)) if (facts.name === name) oldest = facts;
  return oldest === undefined ? undefined : readArchivePart(archive, oldest);
};

/** A retention that took this attempt for a dead one must not leave a part that lacks packs. */
const assertThere = async ({ archive, prefix }: AttemptStore, objects: readonly ArchivedObject[]): Promise<void> => {
  const found = new Set<string>();
  for await (const { name, version } of archive.list(prefix)) found.add(`${name} ${version}`);
  for (const { name, version } of objects) if (!found.has(`${name} ${version}`)) throw missing(name);
};

const missing = (name: string): Failure =>
  new Failure("OBJECT_MISSING", `object ${name} was written and is not there any more`, {
    hint: "something deleted it meanwhile: find out what, then run the same command again",
    facts: { object: name },
  });

interface Written {
  readonly tables: readonly ArchivedTable[];
  readonly packs: ArchiveManifest["packs"];
  readonly objects: readonly ArchivedObject[];
}

/** The whole stream of SQL, in packs. */
const writePacks = async (
  { vault, clock, progress, signal }: ArchiveWorld,
  { point, part, packBytes = PACK_BYTES }: ArchiveRequest,
  store: AttemptStore,
): Promise<Written> => {
  const began = clock.elapsedMs();
  const classes = classesOf(point).length === 1 ? "all classes" : "some classes";
  const facts = part.tables.map((table) => table.facts);
  const selection = selectTables(part.schema, facts, classes);
  const secrets = new Map([[part.class, await vault.classSecret(part.class)]]);
  const content = {
    heading: [...headingOf(point), ...selection.notices],
    selection,
    tables: part.tables.map((table) => ({
      facts: table.facts,
      lines: () => linesOf({ store: vault.hot, classes: secrets }, part.class, table),
    })),
  };
  const plainBytes = part.tables.map(() => 0);
  const writer = new PackWriter(store, vault.entropy, packBytes);
  const rowsTotal = part.tables.reduce((sum, table) => sum + table.rows, 0);
  let [rowsDone, bytesDone] = [0, 0];
  for await (const piece of sqlStream(content)) {
    signal.throwIfAborted();
    const { rows, table, bytes } = piece;
    rowsDone += rows;
    bytesDone += bytes.length;
    if (table !== undefined) plainBytes[table] = (plainBytes[table] ?? 0) + bytes.length;
    await writer.add(piece);
    if (table === undefined) continue;
    const tables = { tablesDone: table, tablesTotal: part.tables.length };
    progress({ phase: "archiving", ...tables, rowsDone, rowsTotal, bytesDone, elapsedMs: clock.elapsedMs() - began });
  }
  await writer.finish();
  const tables = part.tables.map((table, i) => ({
    facts: table.facts,
    rows: table.rows,
    plainBytes: plainBytes[i] as number,
  }));
  return { tables, packs: writer.packs, objects: writer.objects };
};

const factsOf = (
  vaultId: string,
  { point, part, businessDate, schedule, times }: ArchiveRequest,
  tables: readonly ArchivedTable[],
): ArchiveFacts => ({
  vaultId,
  database: point.database,
  businessDate,
  class: part.class,
  schedule,
  pointId: point.id,
  startedAt: point.startedAt,
  finishedAt: point.finishedAt,
  tables: tables.length,
  rows: tables.reduce((sum, table) => sum + table.rows, 0),
  plainBytes: tables.reduce((sum, table) => sum + table.plainBytes, 0),
  times,
});

const manifestOf = (
  { point, part }: ArchiveRequest,
  facts: ArchiveFacts,
  { tables, packs }: Pick<Written, "tables" | "packs">,
): ArchiveManifest => {
  const { id, database, identity, snapshot, uncovered, tier, release, commit } = point;
  const optional = { ...(release !== undefined && { release }), ...(commit !== undefined && { commit }) };
  return {
    format: 1,
    kind: "archive manifest",
    part: facts,
    point: { id, database, identity, snapshot, uncovered, tier, ...optional },
    classes: classesOf(point),
    schema: part.schema,
    tables,
    packs,
  };
};

/** Of the point as it was captured; one whose rows leave by their age once, whatever days of it there are. */
const classesOf = ({ parts, expired = [] }: Point): readonly string[] => [
  ...new Set([...parts, ...expired].map((one) => partClass(one.class).class)),
];
