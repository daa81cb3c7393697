import type { AuditRecord } from "../model/audit.ts";
import { Failure, isFailure } from "../model/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { sha256 } from "./document.ts";
import { decodeEvidence, encodeEvidence } from "./evidence-document.ts";

const PREFIX = "chain/";
const SEQ_DIGITS = 12;
/** Records fetched side by side. */
const READ_AHEAD = 32;
const READ_BACK_FIRST = 4;
/** Each try loses to somebody who appended just then. */
const APPEND_TRIES_MAX = 200;

/** A record by what the next one says of it. */
export interface Link {
  readonly seq: number;
  /** sha-256 of the object as it lies in the store, hex. */
  readonly digest: string;
}

/** A record as it lies in the store. */
export interface ChainRecord extends Link {
  readonly record: AuditRecord;
  readonly bytes: Buffer;
}

/** What the first record follows. */
export const CHAIN_START: Link = { seq: 0, digest: "0".repeat(64) };

export const recordName = (seq: number): string => `${PREFIX}${seqText(seq)}.json`;
export const seqText = (seq: number): string => String(seq).padStart(SEQ_DIGITS, "0");

const HEADS = "heads/";

/** Heads (audit-head.ts) are named by how many records they were signed for: the newest is the last of a listing. */
export const headName = (size: number): string => `${HEADS}${seqText(size)}.json`;

/** Sizes of all heads, in their order. @throws EVIDENCE_BROKEN  something else lies among them; STORE_* */
export const headSizes = async (store: ObjectStore): Promise<readonly number[]> => {
  const sizes: number[] = [];
  for await (const { name } of store.list(HEADS)) {
    const size = Number(name.slice(HEADS.length, -".json".length));
    if (name !== headName(size))
      throw new Failure("EVIDENCE_BROKEN", `object ${name} is no head of the audit chain`, { facts: { object: name } });
    sizes.push(size);
  }
  return sizes;
};

/** Where this process last saw the end of a chain: a chain never gets shorter, so the search begins there. */
const seen = new WeakMap<ObjectStore, Link>();

/**
 * Writes the next record. Its name is free or it is not: the create-only put is the lock, and who loses takes the next number.
 * @param recordAfter  makes the record that follows a link
 * @param announce  called with each number that is tried, before its record is written
 * @throws EVIDENCE_UNWRITTEN  others were always first; STORE_*
 */
export const appendLink = async (
  store: ObjectStore,
  recordAfter: (link: Link) => AuditRecord,
  announce: (seq: number) => Promise<void>,
): Promise<AuditRecord> => {
  for (let tries = 1; tries <= APPEND_TRIES_MAX; tries++) {
    const record = recordAfter(await findTail(store));
    const bytes = encodeEvidence(record);
    await announce(record.seq);
    if ((await store.put(recordName(record.seq), [bytes])) === "exists") continue;
    seen.set(store, { seq: record.seq, digest: sha256(bytes) });
    return record;
  }
  throw new Failure("EVIDENCE_UNWRITTEN", `others appended first ${APPEND_TRIES_MAX} times`, {
    hint: "run again when less is going on",
  });
};

/**
 * The last record there is, found by looking at a few numbers: a listing would cost more each day. The search begins at the
 * newest head, so that a record missing from what was signed is no end.
 * @throws EVIDENCE_BROKEN  what a head was signed for is not there; STORE_*
 */
export const findTail = async (store: ObjectStore): Promise<Link> => {
  const known = seen.get(store);
  const isThere = async (seq: number) => (await store.head(recordName(seq))) !== undefined;
  let [last, step] = [known?.seq ?? (await headSizes(store)).at(-1) ?? 0, 1];
  for (; await isThere(last + step); step *= 2) last += step;
  for (step /= 2; step >= 1; step /= 2) if (await isThere(last + step)) last += step;
  if (last === known?.seq) return known;
  if (last === 0) return CHAIN_START;
  const bytes = await store.get(recordName(last));
  if (bytes === undefined) throw missing(last);
  // As it lies there, even if it is damaged: what is damaged must not stop acts from being recorded, and shows in itself.
  const tail = { seq: last, digest: sha256(bytes) };
  seen.set(store, tail);
  return tail;
};

export interface SeqRange {
  /** From 1; both ends are within. */
  readonly from?: number;
  readonly to?: number;
}

/**
 * The records in their order. Each is yielded after its own digest, its number and its link to the one before were checked;
 * of a range the first is checked against the record before it.
 * @throws EVIDENCE_BROKEN  naming the record; VAULT_TOO_NEW, STORE_*
 */
export async function* readChain(
  store: ObjectStore,
  { from = 1, to = Number.POSITIVE_INFINITY }: SeqRange = {},
): AsyncGenerator<ChainRecord> {
  let before: Link | undefined = from <= 1 ? CHAIN_START : undefined;
  let batch: number[] = [];
  const readBatch = async function* (): AsyncGenerator<ChainRecord> {
    for await (const next of readSideBySide(store, batch)) {
      if (before !== undefined) assertFollows(next, before);
      before = next;
      if (next.seq >= from) yield next;
    }
    batch = [];
  };
  // A listing, because only it shows that a record is missing from the middle.
  let expected = 1;
  for await (const { name } of store.list(PREFIX)) {
    if (expected > to) break;
    if (name !== recordName(expected)) throw unexpected(name, expected);
    if (expected >= from - 1) batch.push(expected);
    if (batch.length === READ_AHEAD) yield* readBatch();
    expected += 1;
  }
  yield* readBatch();
}

/** The records from the last one back, checked as readChain does; whoever has found what he looks for stops. */
export async function* readChainBack(store: ObjectStore): AsyncGenerator<ChainRecord> {
  const tail = await findTail(store);
  let after: ChainRecord | undefined;
  let count = READ_BACK_FIRST;
  for (let last = tail.seq; last > 0; last -= count, count = Math.min(2 * count, READ_AHEAD)) {
    const seqs = Array.from({ length: Math.min(count, last) }, (_, index) => last - index);
    for await (const record of readSideBySide(store, seqs)) {
      if (after !== undefined) assertFollows(after, record);
      after = record;
      yield record;
    }
  }
  if (after !== undefined) assertFollows(after, CHAIN_START);
}

/** Fetched at once and yielded in their order, up to the first that is broken. */
async function* readSideBySide(store: ObjectStore, seqs: readonly number[]): AsyncGenerator<ChainRecord> {
  for (const read of await Promise.allSettled(seqs.map((seq) => readRecord(store, seq)))) {
    if (read.status === "rejected") throw read.reason;
    yield read.value;
  }
}

/** @throws EVIDENCE_BROKEN, VAULT_TOO_NEW, STORE_* */
export const readRecord = async (store: ObjectStore, seq: number): Promise<ChainRecord> => {
  const bytes = await store.get(recordName(seq));
  if (bytes === undefined) throw missing(seq);
  return { seq, digest: sha256(bytes), record: decodeRecord(seq, bytes), bytes };
};

/** @throws EVIDENCE_BROKEN, VAULT_TOO_NEW */
const decodeRecord = (seq: number, bytes: Buffer): AuditRecord => {
  const described = { what: wordsOf(seq), name: recordName(seq), kind: "audit record" } as const;
  const record = decodeEvidence<AuditRecord>(described, bytes);
  const { at, vaultId, actor } = record;
  if (!Number.isSafeInteger(at) || typeof vaultId !== "string" || typeof actor !== "string")
    throw broken(seq, "is no audit record");
  if (record.seq !== seq) throw broken(seq, `says that it is record ${record.seq}`);
  return record;
};

const assertFollows = ({ seq, record }: ChainRecord, before: Link): void => {
  if (record.previous === before.digest) return;
  throw broken(seq, before.seq === 0 ? "is not the first of a chain" : `does not follow record ${before.seq}`);
};

const unexpected = (name: string, expected: number): Failure => {
  const seq = Number(/^chain\/(\d{12})\.json$/.exec(name)?.[1] ?? Number.NaN);
  if (seq > expected) return missing(expected);
  return new Failure("EVIDENCE_BROKEN", `object ${name} is no record of the chain`, { facts: { object: name } });
};

/** Whether a failure says that the record itself is not there. */
export const isMissing = (error: unknown): boolean =>
  isFailure(error, "EVIDENCE_BROKEN") && error.facts["missing"] === true;

const missing = (seq: number): Failure =>
  new Failure("EVIDENCE_BROKEN", `${wordsOf(seq)} is missing`, {
    facts: { record: seq, object: recordName(seq), missing: true },
  });

const broken = (seq: number, what: string): Failure =>
  new Failure("EVIDENCE_BROKEN", `${wordsOf(seq)} ${what}`, { facts: { record: seq, object: recordName(seq) } });

const wordsOf = (seq: number): string => `record ${seq} of the audit chain`;
