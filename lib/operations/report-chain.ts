import { CHAIN_START, headSizes, readChain } from "../engine/audit-chain.ts";
import { assertSigned, brokenHead, getHead } from "../engine/audit-head.ts";
import { type Hash, leafHash, rootOf } from "../engine/merkle.ts";
import { inclusionPaths } from "../engine/merkle-levels.ts";
import type { AuditRecord } from "../model/audit.ts";
import type { AuditHead } from "../model/audit-head.ts";
import { Failure, isFailure } from "../model/errors.ts";
import type { RecordProof, ReportIntegrity } from "../model/report.ts";
import type { EpochMs } from "../model/units.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/** The audit chain as it was read: records from an instant on, and what proves them. */
export interface ChainFacts {
  readonly records: readonly AuditRecord[];
  readonly proofs: ReadonlyMap<number, RecordProof>;
  readonly integrity: Pick<ReportIntegrity, "records" | "lastDigest" | "root" | "head" | "broken">;
}

/**
 * Reads all of the chain and holds it to its newest head. What is broken ends the reading there, and is told.
 * @throws VAULT_TOO_NEW, STORE_*
 */
export const gatherChain = async (
  evidence: ObjectStore,
  { vaultId, publicKey, from }: { readonly vaultId: string; readonly publicKey: string; readonly from: EpochMs },
): Promise<ChainFacts> => {
  const leaves: Hash[] = [];
  const records: AuditRecord[] = [];
  let lastDigest = CHAIN_START.digest;
  const broken = await whatBreaks(async () => {
    for await (const { record, bytes, digest } of readChain(evidence)) {
      if (record.vaultId !== vaultId)
        throw new Failure("EVIDENCE_BROKEN", `record ${record.seq} of the audit chain is of vault ${record.vaultId}`);
      leaves.push(leafHash(bytes));
      lastDigest = digest;
      if (record.at >= from) records.push(record);
    }
  });
  let head: AuditHead | undefined;
  const headBroken = await whatBreaks(async () => {
    head = await newestHead(evidence, publicKey);
    if (head !== undefined && broken === undefined) assertOver(head, leaves);
  });
  const size = leaves.length;
  const expired = records.filter(({ outcome, act }) => outcome === "done" && act === "expire").map(({ seq }) => seq);
  const paths = inclusionPaths(
    leaves,
    expired.map((seq) => seq - 1),
  );
  return {
    records,
    proofs: new Map(
      [...paths].map(([index, path]) => [index + 1, { index, size, path: path.map((hash) => hash.toString("hex")) }]),
    ),
    integrity: {
      records: size,
      lastDigest,
      root: rootOf(leaves).toString("hex"),
      ...(head && { head: { size: head.size, root: head.root, at: head.at } }),
      ...((broken ?? headBroken) !== undefined && { broken: broken ?? headBroken }),
    },
  };
};

const newestHead = async (evidence: ObjectStore, publicKey: string): Promise<AuditHead | undefined> => {
  const size = (await headSizes(evidence)).at(-1);
  if (size === undefined) return undefined;
  const head = await getHead(evidence, size);
  assertSigned(head, publicKey);
  return head;
};

const assertOver = ({ size, root }: AuditHead, leaves: readonly Hash[]): void => {
  if (leaves.length < size)
    throw brokenHead(size, `has records that are not there any more, from ${leaves.length + 1} on`);
  if (rootOf(leaves.slice(0, size)).toString("hex") !== root)
    throw brokenHead(size, "is of other records than are there");
};

/** What is wrong with the evidence in words, where an act ends at a break; undefined if nothing is. */
export const whatBreaks = async (act: () => Promise<unknown>): Promise<string | undefined> => {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (isFailure(error, "EVIDENCE_BROKEN")) return error.message;
    throw error;
  }
};
