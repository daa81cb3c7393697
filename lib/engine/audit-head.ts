import type { AuditHead, AuditProof } from "../model/audit-head.ts";
import { Failure } from "../model/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Signature } from "../ports/signer.ts";
import { headName } from "./audit-chain.ts";
import { canonicalJson, plainJson } from "./canonical-json.ts";
import { decodeEvidence, encodeEvidence } from "./evidence-document.ts";
import { consistencyHolds, type Hash, inclusionHolds, leafHash } from "./merkle.ts";
import { signatureHolds } from "./signature.ts";

export type UnsignedHead = Omit<AuditHead, "signature">;

/** The bytes that a head's signature is over. */
export const headBytes = (head: UnsignedHead | AuditHead): Buffer => {
  const { signature: _, ...rest } = head as AuditHead;
  return Buffer.from(canonicalJson(plainJson(rest)), "utf8");
};

/** Writes a head unless there is one of its size: none is written twice. @returns the one that stands there now */
export const putHead = async (store: ObjectStore, head: AuditHead): Promise<AuditHead> =>
  (await store.put(headName(head.size), [encodeEvidence(head)])) === "created" ? head : getHead(store, head.size);

/** @throws EVIDENCE_BROKEN  naming the head; VAULT_TOO_NEW, STORE_* */
export const getHead = async (store: ObjectStore, size: number): Promise<AuditHead> => {
  const bytes = await store.get(headName(size));
  if (bytes === undefined) throw brokenHead(size, "is missing");
  const head = decodeHead(bytes, { what: wordsOf(size), name: headName(size) });
  if (head.size !== size) throw brokenHead(size, `says that it is of ${head.size}`);
  return head;
};

/** Reads a head from a file that was kept elsewhere, or from the store. @throws EVIDENCE_BROKEN, VAULT_TOO_NEW */
export const decodeHead = (bytes: Buffer, where: { readonly what: string; readonly name: string }): AuditHead =>
  decodeEvidence<AuditHead>({ ...where, kind: "audit head" }, bytes);

/** @throws EVIDENCE_BROKEN  this key did not sign it */
export const assertSigned = (head: AuditHead, publicKey: string): void => {
  if (signatureHolds(headBytes(head), head.signature as Signature | undefined, publicKey)) return;
  throw brokenHead(head.size, "is not signed by this key");
};

/** @throws EVIDENCE_BROKEN  the tree of this head did not grow from that of the head before it */
export const assertGrew = (head: AuditHead, before: Pick<AuditHead, "size" | "root">): void => {
  const path = head.before?.consistency ?? [];
  const holds =
    head.before?.size === before.size &&
    head.before.root === before.root &&
    consistencyHolds({ before: treeOf(before), after: treeOf(head), path: path.map(hashOf) });
  if (!holds) throw brokenHead(head.size, `does not follow the head of ${before.size} records`);
};

/**
 * Checks a proof alone.
 * @throws EVIDENCE_BROKEN  the key did not sign its head, or the record is not in the head's tree
 */
export const assertProofHolds = ({ record, path, head }: AuditProof, publicKey: string): void => {
  assertSigned(head, publicKey);
  const leaf = leafHash(encodeEvidence(record));
  const index = record.seq - 1;
  if (inclusionHolds({ leaf, index, path: path.map(hashOf), ...treeOf(head) })) return;
  throw new Failure("EVIDENCE_BROKEN", `record ${record.seq} of the proof is not in the tree of its head`, {
    facts: { record: record.seq },
  });
};

/** @param what  what is wrong with it */
export const brokenHead = (size: number, what: string): Failure =>
  new Failure("EVIDENCE_BROKEN", `${wordsOf(size)} ${what}`, { facts: { head: size, object: headName(size) } });

const wordsOf = (size: number): string => `the head of ${size} records`;

const treeOf = ({ size, root }: Pick<AuditHead, "size" | "root">) => ({ size, root: hashOf(root) });

export const hashOf = (hex: string): Hash => Buffer.from(hex, "hex");
