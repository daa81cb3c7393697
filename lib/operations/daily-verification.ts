import { archiveNamedBy } from "../engine/archive/archive-names.ts";
import { shreddedKeysThatStand } from "../engine/shred.ts";
import { type Stock, type StockWorld, takeStock } from "../engine/take-stock.ts";
import type { AuditEntry } from "../model/audit.ts";
import { EXIT, isFailure } from "../model/errors.ts";
import type { Point } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import type { DailyVerification } from "../model/verification.ts";
import { businessDateOf } from "../policy/business-date.ts";
import { type DayFacts, invariantsOf } from "../policy/invariants.ts";
import { cycleDaysOf, rotation, SLICES } from "../policy/rotation.ts";
import { leftoverTimes } from "../policy/unknown-copies.ts";
import { invariantLights, worstOf } from "../policy/verdict.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import { type AuditWorld, appendRecord } from "./audit.ts";
import { type ArchiveStock, takeArchiveStock } from "./day-archives.ts";
import { chooseDrill, type DrillChoice } from "./day-drill.ts";
import { lastVerification, readEvidence, readHolds, unlessBroken } from "./day-evidence.ts";
import { findThoughGone } from "./day-gone.ts";
import { lookAtHead } from "./day-heads.ts";
import { tierVerdicts } from "./day-tiers.ts";
import { drillEntry } from "./entries.ts";
import type { DrillReport } from "./verify-restore.ts";

/** Where the evidence does not tell which was the last: what it does not tell is told. */
const NO_DRILL: DrillChoice = { point: undefined, missed: new Map() };

export interface DailyWorld extends StockWorld {
  readonly audit: AuditWorld;
  /** Where archives rest; left out where there is no such store. */
  readonly archive?: RetainedStore | undefined;
}

export interface DailyOptions {
  /** Restores a point into a scratch database and compares it; left out, no drill is made and a late one is told. */
  readonly drill?: ((point: string) => Promise<DrillReport>) | undefined;
  /** Of who signs the evidence, SPKI in PEM; left out, the newest head is not held to its signature. */
  readonly publicKey?: string | undefined;
  /** Hears the verdict before it is recorded: evidence that takes no record must not hide what was found. */
  readonly tell?: ((verification: DailyVerification) => void) | undefined;
}

/**
 * The daily verification: everything named is looked for by listings, today's share is read, the invariants are judged, a
 * drill is made when one is due, and all of it is recorded as one verdict. It changes nothing but the evidence.
 *
 * What is wrong with the vault is in the verdict. A store that does not answer ends the run without one: the run that is
 * missing shows in the next.
 * @throws STORE_*, the signal's reason; EVIDENCE_*  it was verified, and cannot be recorded
 */
export const verifyDay = async (
  world: DailyWorld,
  policy: Policy,
  options: DailyOptions = {},
): Promise<DailyVerification> => {
  const { clock, audit } = world;
  const startedAt = clock.now();
  const last = await unlessBroken(() => lastVerification(audit.evidence));
  const cycleDays = cycleDaysOf(policy);
  const share = rotation(last.value?.verification.rotation.turns ?? [], cycleDays, startedAt);
  const turn = share.turns.at(-1) ?? { from: 0, count: SLICES };
  const evidence = await readEvidence(audit.evidence, last.value, { ...turn, of: SLICES });
  const { publicKey } = options;
  const { heads } = await lookAtHead(audit.evidence, { publicKey, lastSeq: evidence.chain.lastSeq });
  const stock = await takeStock(world, share.reads);
  const archives = await takeArchiveStock(world, share.reads);
  const { holds, broken: holdsBroken } = await readHolds(audit.evidence);
  const choice = await unlessBroken(() => chooseDrill(audit.evidence, policy, wholePoints(stock), startedAt));
  const point = choice.value?.point;
  const drilled =
    options.drill === undefined || point === undefined ? NOT_DRILLED : await runDrill(world, point, options.drill);
  const now = clock.now();
  const judged = await unlessBroken(() =>
    tierVerdicts(
      {
        evidence: audit.evidence,
        now,
        points: stock.points,
        archives: archives.parts,
        holds,
        damaged: new Map([...damagedOf(stock), ...archives.damaged]),
        last: last.value?.verification,
        drillsMissed: drillsMissed(choice.value ?? NO_DRILL, drilled),
      },
      policy,
    ),
  );
  const facts: DayFacts = {
    now,
    points: stock.points,
    archives: archives.parts,
    holds,
    holdsBroken,
    tables: stock.tables,
    damaged: stock.problems.length + archives.problems,
    unnamed: stock.unnamed,
    unknownArchived: unknownArchived(policy, archives),
    strangers: strangersIn(stock, archives),
    listed: stock.found.objects,
    keysWithoutPart: [...stock.keysWithoutPart, ...archives.keysWithoutPart],
    leftOfExpired: stock.leftOfExpired,
    shreddedKeysThatStand: await keysThatStand(world),
    gone: { lookedFor: evidence.gone, found: await findThoughGone(world, evidence.gone) },
    chain: { ...evidence.chain, broken: evidence.chain.broken ?? last.broken ?? choice.broken ?? judged.broken, heads },
    clockOffsetMs: evidence.clockOffsetMs,
    checkedBefore: last.value?.verification.finishedAt,
  };
  const invariants = invariantsOf(policy, facts);
  const verification: DailyVerification = {
    day: businessDateOf(startedAt, policy.timeZone),
    startedAt,
    finishedAt: clock.now(),
    light: worstOf([
      ...(judged.value ?? []).map((tier) => tier.light),
      ...invariantLights(invariants),
      ...(drilled.drill?.equal === false ? (["red"] as const) : []),
    ]),
    tiers: judged.value ?? [],
    invariants,
    rotation: {
      cycleDays,
      turns: share.turns,
      points: stock.read.points,
      objects: stock.read.objects + archives.read.objects,
      bytes: stock.read.bytes + archives.read.bytes,
      rows: stock.read.rows + archives.read.rows,
      problems: facts.damaged,
      ...(share.allReadSince === undefined ? {} : { allReadSince: share.allReadSince }),
    },
    ...(drilled.drill === undefined ? {} : { drill: drilled.drill }),
  };
  options.tell?.(verification);
  const own: AuditEntry = { outcome: "done", act: "daily verification", verification };
  for (const entry of [...drilled.entries, own]) await appendRecord(audit, entry);
  return verification;
};

const wholePoints = ({ points, damaged }: Stock): readonly Point[] => points.filter((point) => !damaged.has(point.id));

interface Drilled {
  readonly drill?: NonNullable<DailyVerification["drill"]>;
  /** Why it could not be made. */
  readonly failed?: string;
  /** To be recorded. */
  readonly entries: readonly AuditEntry[];
}

const NOT_DRILLED: Drilled = { entries: [] };

const runDrill = async (
  { clock, signal }: DailyWorld,
  { id, database }: Point,
  drill: NonNullable<DailyOptions["drill"]>,
): Promise<Drilled> => {
  const began = clock.elapsedMs();
  try {
    const report = await drill(id);
    const { rows, restore, elapsedMs } = report;
    return {
      drill: { point: id, rows, equal: true, restoreMs: restore.elapsedMs, elapsedMs },
      entries: [drillEntry(report)],
    };
  } catch (error) {
    if (signal.aborted || !isFailure(error)) throw error;
    const entries = [{ outcome: "failed", act: "drill", code: error.code, database, point: id }] as const;
    // A scratch server that is not there says nothing about the point.
    if (error.exit !== EXIT.different)
      return { failed: `the drill of point ${id} could not be made: ${error.message}`, entries };
    const elapsedMs = clock.elapsedMs() - began;
    return { drill: { point: id, rows: 0, equal: false, restoreMs: 0, elapsedMs }, entries };
  }
};

/** By database. One that was made today is not late, one that failed is. */
const drillsMissed = ({ point, missed }: DrillChoice, { drill, failed }: Drilled): ReadonlyMap<string, string> => {
  if (point === undefined || (drill === undefined && failed === undefined)) return missed;
  const others = [...missed].filter(([database]) => database !== point.database);
  return new Map(failed === undefined ? others : [...others, [point.database, failed]]);
};

/** Also a document that cannot be read: by when its archive must be gone, nobody knows any more. */
const unknownArchived = (policy: Policy, { unknown, unreadable }: ArchiveStock): DayFacts["unknownArchived"] => {
  const copies = [...unknown, ...unreadable.map((one) => ({ ...one, leftOf: archiveNamedBy(one.name) }))];
  const deadlines = copies.map(({ leftOf, writtenAt }) => leftoverTimes(policy, leftOf, writtenAt).deadline);
  return { objects: unknown.length, deadline: deadlines.length === 0 ? undefined : Math.min(...deadlines) };
};

/** What somebody else put into the hot store or the archive. */
const strangersIn = ({ strangers }: Stock, { unknown }: ArchiveStock): DayFacts["strangers"] => {
  const archived = unknown.flatMap(({ name, leftOf }) => (leftOf === undefined ? [`archive/${name}`] : []));
  return { names: [...strangers.names, ...archived], total: strangers.total + archived.length };
};

const keysThatStand = async ({ vault }: DailyWorld): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const name of shreddedKeysThatStand(vault.stores.keys)) found.push(name);
  return found;
};

/** What is wrong with each point, in words. */
const damagedOf = ({ damaged, problems }: Stock): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const { point, message } of problems) if (point !== undefined && !found.has(point)) found.set(point, message);
  for (const id of damaged) if (!found.has(id)) found.set(id, "it shares a page that is damaged");
  return found;
};
