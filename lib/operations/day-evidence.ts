import { recordName } from "../engine/audit-chain.ts";
import { canonicalJson, plainJson } from "../engine/canonical-json.ts";
import { HoldRegister } from "../engine/hold-register.ts";
import type { AuditRecord } from "../model/audit.ts";
import { isFailure } from "../model/errors.ts";
import type { Hold } from "../model/hold.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import type { DailyVerification } from "../model/verification.ts";
import type { ChainFacts, ExpiredPart } from "../policy/invariants.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { lastRecordOf, newestRecordsOf, readRecords } from "./audit.ts";

/** Of expired parts at most this many of the newest, and as many of the share that is looked at again. */
const GONE_MAX = 2000;
/** Records before the last run that are followed again each day: what was just deleted comes back first, if anything does. */
const AGAIN = 500;

/** What the evidence says that a day's verification rests on. */
export interface DayEvidence {
  /** The run before this one. */
  readonly last: { readonly seq: number; readonly verification: DailyVerification } | undefined;
  readonly chain: Omit<ChainFacts, "heads">;
  /** Parts recorded as gone: those of the newest records, and of the share that is followed again today. */
  readonly gone: readonly ExpiredPart[];
  readonly clockOffsetMs: number | undefined;
}

/** The part of the chain that is followed again, of everything before the last run, as shares of a ring. */
export interface ChainShare {
  readonly from: number;
  readonly count: number;
  readonly of: number;
}

/** A chain that is broken is a finding, and must not hide the others. @returns what was looked for, or why it is not known */
export const unlessBroken = async <T>(
  look: () => Promise<T>,
): Promise<{ readonly value?: T; readonly broken?: string }> => {
  try {
    return { value: await look() };
  } catch (error) {
    if (isFailure(error, "EVIDENCE_BROKEN")) return { broken: error.message };
    throw error;
  }
};

/** A register that cannot be read frees nothing, and is a finding. */
export const readHolds = async (
  evidence: ObjectStore,
): Promise<{ readonly holds: readonly Hold[]; readonly broken: string | undefined }> => {
  try {
    return { holds: await new HoldRegister(evidence).list(), broken: undefined };
  } catch (error) {
    if (!isFailure(error, "OBJECT_CORRUPT")) throw error;
    return { holds: [], broken: error.message };
  }
};

/** The newest run that was recorded. @throws EVIDENCE_BROKEN, STORE_* */
export const lastVerification = async (evidence: ObjectStore): Promise<DayEvidence["last"]> => {
  const record = await lastRecordOf(evidence, "daily verification");
  return record && { seq: record.seq, verification: record.verification as DailyVerification };
};

/**
 * Follows the chain from some time before the last run on, and a share of what lies before, so that every link is looked at again within a
 * cycle. What is broken is a finding and ends the reading there.
 * @throws STORE_*
 */
export const readEvidence = async (
  evidence: ObjectStore,
  last: DayEvidence["last"],
  share: ChainShare,
): Promise<DayEvidence> => {
  const gone = new Map<string, ExpiredPart>();
  let followed = 0;
  let newest: AuditRecord | undefined;
  const follow = async (range: { readonly from: number; readonly to?: number }): Promise<void> => {
    const before = gone.size;
    for await (const record of readRecords(evidence, range)) {
      followed++;
      if (newest === undefined || record.seq > newest.seq) newest = record;
      if (record.outcome !== "done" || record.act !== "expire" || record.objectsLeft > 0) continue;
      const { store, id, class: name } = record.part;
      if (gone.size - before < GONE_MAX) gone.set(`${store}/${id}/${name}`, record);
    }
  };
  let broken: string | undefined;
  try {
    await follow({ from: Math.max(1, (last?.seq ?? 1) - AGAIN) });
    for (const { from, to } of rangesOf(share, last?.seq ?? 0)) await follow({ from, to });
  } catch (error) {
    if (!isFailure(error, "EVIDENCE_BROKEN")) throw error;
    broken = error.message;
  }
  const facts = newest && (await evidence.head(recordName(newest.seq)));
  return {
    last,
    chain: { followed, lastSeq: newest?.seq ?? last?.seq ?? 0, broken },
    gone: [...gone.values()],
    // The record was stamped by our clock just before the store stamped it.
    clockOffsetMs: newest && facts && facts.writtenAt - newest.at,
  };
};

/** Records of a share of the ring, among those before a number. */
const rangesOf = (
  { from, count, of }: ChainShare,
  before: number,
): readonly { readonly from: number; readonly to: number }[] => {
  const at = (slice: number): number => Math.floor((slice * before) / of);
  const ends = [
    { from: at(from) + 1, to: at(Math.min(from + count, of)) },
    { from: 1, to: at(from + count - of) },
  ];
  return ends.filter((range) => range.from <= range.to);
};

/**
 * Since when a policy has promised something: the oldest record of a policy in the newest run of records whose policies say
 * the same about it; `now` if none says it yet. Undefined if all say it: then it was promised from the first point on.
 * @param promise  what a policy says about it; undefined if nothing
 * @throws EVIDENCE_BROKEN, STORE_*
 */
export const promisedSince = async (
  evidence: ObjectStore,
  policy: Policy,
  promise: (policy: Policy) => string | undefined,
  now: EpochMs,
): Promise<EpochMs | undefined> => {
  // As a record holds it: names stand in another order there than in a policy that was read.
  const said = promise(JSON.parse(canonicalJson(plainJson(policy))) as Policy);
  let since = now;
  for await (const record of newestRecordsOf(evidence, "policy")) {
    const recorded = record.policy as Policy;
    // Several policies may stand for several databases; the others say nothing about these.
    if (!recorded.databases.some((name) => policy.databases.includes(name))) continue;
    if (promise(recorded) !== said) return since;
    since = record.at;
  }
  return undefined;
};
