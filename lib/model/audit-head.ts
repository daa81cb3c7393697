import type { AuditRecord } from "./audit.ts";
import type { EpochMs } from "./units.ts";

/**
 * What a key signed of the audit chain: so many records, and these and no others. The first `size` records are the leaves of a
 * Merkle tree (RFC 9162, section 2.1); a leaf's bytes are the record's object.
 */
export type AuditHead = {
  readonly format: 1;
  readonly kind: "audit head";
  readonly vaultId: string;
  readonly size: number;
  /** Of the tree, hex. */
  readonly root: string;
  /** sha-256 of the object of record `size`, hex. */
  readonly last: string;
  readonly at: EpochMs;
  /** The head before it, and the proof that this tree only grew from that one. Left out in the first. */
  readonly before?: {
    readonly size: number;
    readonly root: string;
    readonly consistency: readonly string[];
  };
  /** Over the canonical JSON (RFC 8785) of all the other fields. */
  readonly signature: {
    readonly algorithm: string;
    /** sha-256 of the public key's SPKI in DER, hex. */
    readonly keyId: string;
    /** Base64. */
    readonly signature: string;
  };
};

/** That one record is in the chain: for somebody who has the public key, and neither the vault nor the evidence store. */
export type AuditProof = {
  readonly format: 1;
  readonly kind: "audit proof";
  readonly record: AuditRecord;
  /** Hashes from the leaf's sibling up, hex (RFC 9162, section 2.1.3). */
  readonly path: readonly string[];
  readonly head: AuditHead;
};
