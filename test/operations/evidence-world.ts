import { recordName } from "../../lib/engine/audit-chain.ts";
import { sha256 } from "../../lib/engine/document.ts";
import { encodeEvidence } from "../../lib/engine/evidence-document.ts";
import { putOnce, receiptName, signedBytes } from "../../lib/engine/receipt.ts";
import { evidenceSigner } from "../../lib/local/evidence-signer.ts";
import type { AuditRecord } from "../../lib/model/audit.ts";
import type { AuditHead } from "../../lib/model/audit-head.ts";
import type { ReleaseReceipt } from "../../lib/model/release.ts";
import { readRecords } from "../../lib/operations/audit.ts";
import { signHead } from "../../lib/operations/evidence.ts";
import { verifyEvidence } from "../../lib/operations/verify-evidence.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { type AuditScene, appendSweeps, newAudit, overwrite } from "./audit-world.ts";

export const SIGNER = evidenceSigner({ id: "00", key: Buffer.alloc(32, 7) });
export const OTHER_SIGNER = evidenceSigner({ id: "01", key: Buffer.alloc(32, 8) });
export const PUBLIC_KEY = await SIGNER.publicKey();

export interface EvidenceScene extends AuditScene {
  /** Of three records, and of five. */
  readonly heads: readonly [AuditHead, AuditHead];
}

/** Five records, a head after the third and the fifth, and the receipt of a release. */
export const newEvidence = async (vaultId = "vault-1", signer = SIGNER): Promise<EvidenceScene> => {
  const world = newAudit(vaultId);
  await appendSweeps(world, 3);
  const first = await signHead(world, signer);
  await world.clock.advance(1000);
  await appendSweeps(world, 2);
  const second = await signHead(world, signer);
  await putReceipt(world.evidence, vaultId, signer);
  return { ...world, heads: [first.head, second.head] };
};

const putReceipt = async (evidence: ObjectStore, vaultId: string, signer: typeof SIGNER): Promise<void> => {
  const receipt = {
    format: 1,
    kind: "release receipt",
    database: "shop",
    release: "1",
    commit: "4f2c1d9",
    vaultId,
    point: { id: "p", sha256: "00", takenAt: 1, tables: 1, rows: 1, sealedBytes: 1 },
    proof: { level: "read", objects: 1, bytes: 1, rows: 1, proven: [], notProven: [] },
    startedAt: 1,
    finishedAt: 2,
  } satisfies ReleaseReceipt;
  const signature = await signer.sign(signedBytes(receipt));
  await putOnce(evidence, receiptName("shop", "1"), { ...receipt, signature: { ...signature } });
};

/** What verification finds wrong. */
export const problemsOf = async (
  evidence: ObjectStore,
  { keptHead, publicKey = PUBLIC_KEY }: { readonly keptHead?: Buffer; readonly publicKey?: string } = {},
): Promise<readonly string[]> =>
  (await verifyEvidence(evidence, { publicKey, keptHead })).problems.map((problem) => problem.message);

/** Writes records again from one on as somebody would who has no key: changed, and linked to each other as they must be. */
export const rewriteFrom = async (store: ObjectStore, from: number, change: (record: AuditRecord) => object) => {
  const records: AuditRecord[] = [];
  for await (const record of readRecords(store)) records.push(record);
  let previous = records[from - 1]?.previous as string;
  for (const record of records.slice(from - 1)) {
    const changed = { ...record, ...change(record), previous } as AuditRecord;
    await overwrite(store, recordName(record.seq), encodeEvidence(changed));
    previous = sha256(encodeEvidence(changed));
  }
};
