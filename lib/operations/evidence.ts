import { headSizes, readChain } from "../engine/audit-chain.ts";
import { assertSigned, brokenHead, getHead, headBytes, putHead } from "../engine/audit-head.ts";
import { canonicalJson, plainJson } from "../engine/canonical-json.ts";
import { encodeEvidence } from "../engine/evidence-document.ts";
import { consistencyPath, type Hash, inclusionPath, leafHash, rootOf } from "../engine/merkle.ts";
import type { AuditRecord } from "../model/audit.ts";
import type { AuditHead, AuditProof } from "../model/audit-head.ts";
import { Failure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Signer } from "../ports/signer.ts";
import { type AuditWorld, readRecords } from "./audit.ts";

/** What a signing gives. */
export interface SignedHead {
  readonly head: AuditHead;
  /** Whether it was made now: a chain that did not grow keeps its head. */
  readonly made: boolean;
}

/**
 * Signs how long the chain is and what is in it. All of it is read, and the new head proves that it grew from the one before:
 * what was signed once cannot be changed or cut off without a signature missing.
 * @throws EVIDENCE_NOT_FOUND  there is no record yet; EVIDENCE_BROKEN  naming the record or head; CLOCK_WRONG, STORE_*
 */
export const signHead = async (world: AuditWorld, signer: Signer): Promise<SignedHead> => {
  const { evidence, vaultId, clock } = world;
  const before = await newestHead(evidence);
  if (before !== undefined) assertSigned(before, await signer.publicKey());
  const { leaves, last } = await readLeaves(evidence, vaultId);
  const size = leaves.length;
  const at = clock.now();
  if (before !== undefined) {
    assertStillThere(before, leaves);
    if (before.size === size) return { head: before, made: false };
    if (before.at > at)
      throw new Failure("CLOCK_WRONG", `the newest head was signed at ${isoOf(before.at)}, now it is ${isoOf(at)}`);
  }
  const unsigned = {
    format: 1,
    kind: "audit head",
    vaultId,
    size,
    root: hexOf(rootOf(leaves)),
    last,
    at,
    ...(before && { before: grownFrom(before, leaves) }),
  } as const;
  const head = { ...unsigned, signature: { ...(await signer.sign(headBytes(unsigned))) } };
  return { head: await putHead(evidence, head), made: true };
};

/** Checks that the records are those which a head was signed for. */
const assertStillThere = ({ size, root }: AuditHead, leaves: readonly Hash[]): void => {
  if (leaves.length < size)
    throw brokenHead(size, `has records that are not there any more: record ${leaves.length + 1} is missing`);
  if (hexOf(rootOf(leaves.slice(0, size))) !== root)
    throw brokenHead(size, `is of other records than are there: one up to record ${size} was changed`);
};

const grownFrom = ({ size, root }: AuditHead, leaves: readonly Hash[]): NonNullable<AuditHead["before"]> => ({
  size,
  root,
  consistency: consistencyPath(leaves, size).map(hexOf),
});

/** A head's own bytes: the file to be kept where nobody who writes evidence can write. */
export const headFile = (head: AuditHead): Buffer => encodeEvidence(head);

/** A record's own line: what its digest is over. */
export const lineOf = (record: AuditRecord): string => canonicalJson(plainJson(record));

/** Records of a time, as their own clocks tell it; both ends are within. @throws EVIDENCE_BROKEN, STORE_* */
export async function* listRecords(
  evidence: ObjectStore,
  { from = 0, to = Number.POSITIVE_INFINITY }: { readonly from?: EpochMs; readonly to?: EpochMs },
): AsyncGenerator<AuditRecord> {
  for await (const record of readRecords(evidence)) if (record.at >= from && record.at <= to) yield record;
}

/**
 * Proves that a record is in the chain, by the newest head: whoever has the public key needs nothing else.
 * @throws EVIDENCE_NOT_FOUND  there is no such record, or no head that has it; EVIDENCE_BROKEN, STORE_*
 */
export const proveRecord = async (evidence: ObjectStore, vaultId: string, seq: number): Promise<AuditProof> => {
  const head = await newestHead(evidence);
  if (head === undefined || seq > head.size)
    throw new Failure("EVIDENCE_NOT_FOUND", `record ${seq} is under no signed head: there are ${head?.size ?? 0}`, {
      facts: { record: seq },
    });
  const { leaves, records } = await readLeaves(evidence, vaultId, { to: head.size, keep: seq });
  assertStillThere(head, leaves);
  const [record] = records;
  if (record === undefined) throw new Failure("EVIDENCE_NOT_FOUND", `there is no record ${seq}`);
  return { format: 1, kind: "audit proof", record, path: inclusionPath(leaves, seq - 1).map(hexOf), head };
};

const newestHead = async (evidence: ObjectStore): Promise<AuditHead | undefined> => {
  const size = (await headSizes(evidence)).at(-1);
  return size === undefined ? undefined : getHead(evidence, size);
};

interface Leaves {
  readonly leaves: readonly Hash[];
  /** Digest of the last record. */
  readonly last: string;
  /** The one that was to be kept, if it is there. */
  readonly records: readonly AuditRecord[];
}

const readLeaves = async (
  evidence: ObjectStore,
  vaultId: string,
  { to, keep }: { readonly to?: number; readonly keep?: number } = {},
): Promise<Leaves> => {
  const leaves: Hash[] = [];
  const records: AuditRecord[] = [];
  let last: string | undefined;
  for await (const { seq, record, bytes, digest } of readChain(evidence, to === undefined ? {} : { to })) {
    if (record.vaultId !== vaultId)
      throw new Failure("EVIDENCE_BROKEN", `record ${seq} of the audit chain is of vault ${record.vaultId}`, {
        facts: { record: seq },
      });
    leaves.push(leafHash(bytes));
    if (seq === keep) records.push(record);
    last = digest;
  }
  if (last === undefined) throw new Failure("EVIDENCE_NOT_FOUND", "nothing was recorded in this vault yet");
  return { leaves, last, records };
};

const hexOf = (hash: Hash): string => hash.toString("hex");
const isoOf = (at: EpochMs): string => new Date(at).toISOString();
