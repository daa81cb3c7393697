import { headSizes, readChain } from "../engine/audit-chain.ts";
import { assertGrew, assertProofHolds, assertSigned, brokenHead, decodeHead, getHead } from "../engine/audit-head.ts";
import { GrowingTree, leafHash } from "../engine/merkle.ts";
import { getReceiptNamed, RECEIPTS, signedBytes } from "../engine/receipt.ts";
import { keyIdOf, signatureHolds } from "../engine/signature.ts";
import type { AuditHead, AuditProof } from "../model/audit-head.ts";
import { EXIT, Failure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Signature } from "../ports/signer.ts";
import { readReport, reportNames } from "./kept-reports.ts";

export interface EvidenceQuestion {
  /** SPKI in PEM, from where nobody who writes evidence can write. */
  readonly publicKey: string;
  /** A head that was kept elsewhere, as it was written then. */
  readonly keptHead?: Buffer | undefined;
}

export interface EvidenceReport {
  readonly keyId: string;
  /** Left out if nothing could be read. */
  readonly vaultId?: string;
  /** Records that are whole and follow each other, from the first on. */
  readonly records: number;
  /** Of the last of them. */
  readonly lastAt?: EpochMs;
  readonly heads: number;
  /** Of those that this key signed. */
  readonly newestHead?: { readonly size: number; readonly at: EpochMs };
  readonly receipts: number;
  readonly reports: number;
  readonly problems: readonly { readonly message: string }[];
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

/**
 * Checks all evidence by nothing but itself and a public key: no vault, no other key, no network.
 * @throws USAGE  the key is none; STORE_*
 */
export const verifyEvidence = async (
  evidence: ObjectStore,
  { publicKey, keptHead }: EvidenceQuestion,
): Promise<EvidenceReport> => {
  const keyId = keyIdIn(publicKey);
  const check = new EvidenceCheck(evidence, publicKey);
  await check.heads();
  await check.kept(keptHead);
  await check.chain();
  await check.receipts();
  await check.reports();
  return { keyId, ...check.report(keptHead !== undefined) };
};

/** Checks a proof alone. @throws EVIDENCE_BROKEN, USAGE */
export const verifyProof = (proof: AuditProof, publicKey: string): void => {
  keyIdIn(publicKey);
  assertProofHolds(proof, publicKey);
};

/** Reads a proof from what a file holds. @throws EVIDENCE_BROKEN */
export const readProof = (text: string): AuditProof => {
  const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
  let proof: Partial<AuditProof> | null;
  try {
    proof = JSON.parse(text) as Partial<AuditProof> | null;
  } catch (cause) {
    throw new Failure("EVIDENCE_BROKEN", "the proof cannot be read as JSON", { cause });
  }
  const { kind, format, record, head, path } = isObject(proof) ? proof : {};
  const isPath = Array.isArray(path) && path.every((hash) => typeof hash === "string");
  if (kind !== "audit proof" || format !== 1 || !isObject(record) || !isObject(head) || !isPath)
    throw new Failure("EVIDENCE_BROKEN", "the file is no audit proof of format 1");
  return proof as AuditProof;
};

const keyIdIn = (publicKey: string): string => {
  const keyId = keyIdOf(publicKey);
  if (keyId !== undefined) return keyId;
  throw new Failure("USAGE", "the public key cannot be read: expected SPKI in PEM, on the curve P-256", {
    hint: "lastgood evidence key prints it",
  });
};

/** Goes on after what it finds wrong, so that one damaged object does not hide the next. */
class EvidenceCheck {
  readonly #evidence: ObjectStore;
  readonly #publicKey: string;
  readonly #problems: { readonly message: string }[] = [];
  /** Heads that this key signed, in order of their sizes. */
  readonly #heads: AuditHead[] = [];
  #headsFound = 0;
  #kept: AuditHead | undefined;
  readonly #tree = new GrowingTree();
  #chainEnded = false;
  #vaultId: string | undefined;
  #lastAt: EpochMs | undefined;
  /** Up to here the records are those of a head. */
  #signed = 0;
  #receipts = 0;
  #reports = 0;
  readonly #unsigned: string[] = [];

  constructor(evidence: ObjectStore, publicKey: string) {
    this.#evidence = evidence;
    this.#publicKey = publicKey;
  }

  async heads(): Promise<void> {
    const sizes = (await this.#attempt(() => headSizes(this.#evidence))) ?? [];
    this.#headsFound = sizes.length;
    for (const size of sizes) {
      const head = await this.#attempt(() => getHead(this.#evidence, size));
      if (head !== undefined) await this.#attempt(() => this.#takeHead(head));
    }
    if (sizes.length === 0) this.#note("there is no signed head: nothing shows who wrote these records, or how many");
  }

  #takeHead(head: AuditHead): void {
    assertSigned(head, this.#publicKey);
    this.#assertOfVault(head.vaultId, `the head of ${head.size} records`);
    const before = this.#heads.at(-1);
    this.#heads.push(head);
    if (head.before !== undefined && head.before.size !== before?.size)
      throw brokenHead(head.before.size, `is missing: the head of ${head.size} records was signed after it`);
    if (before === undefined) return;
    assertGrew(head, before);
    if (head.at < before.at) throw brokenHead(head.size, `was signed before the head of ${before.size} records`);
  }

  async kept(bytes: Buffer | undefined): Promise<void> {
    if (bytes === undefined) return;
    await this.#attempt(() => {
      const head = decodeHead(bytes, { what: "the head that was kept", name: "--head" });
      assertSigned(head, this.#publicKey);
      this.#assertOfVault(head.vaultId, "the head that was kept");
      this.#kept = head;
    });
  }

  async chain(): Promise<void> {
    const bySize = new Map(this.#heads.map((head) => [head.size, head]));
    await this.#attempt(async () => {
      for await (const { seq, record, bytes, digest } of readChain(this.#evidence)) {
        this.#assertOfVault(record.vaultId, `record ${seq} of the audit chain`);
        this.#tree.add(leafHash(bytes));
        this.#lastAt = record.at;
        for (const head of [bySize.get(seq), this.#kept?.size === seq ? this.#kept : undefined])
          if (head !== undefined) await this.#attempt(() => this.#compare(head, digest));
      }
      this.#chainEnded = true;
    });
    if (this.#chainEnded && this.#tree.size === 0)
      this.#note("there is no record: this is no evidence, or all is gone");
    const longest = [...this.#heads, ...(this.#kept === undefined ? [] : [this.#kept])].map(({ size }) => size);
    // Where the chain broke has been said. Where it just ends, only a head shows that it went on.
    const missing = this.#tree.size + 1;
    for (const size of this.#chainEnded ? longest.filter((one) => one >= missing) : [])
      this.#note(`record ${missing} of the audit chain is missing: a head of ${size} records was signed`);
  }

  #compare(head: AuditHead, last: string): void {
    const { size } = head;
    if (this.#tree.root().toString("hex") === head.root && last === head.last) {
      this.#signed = Math.max(this.#signed, size);
      return;
    }
    const first = this.#signed + 1;
    const which = first === size ? `record ${size} is not` : `one of the records ${first} to ${size} is not`;
    throw brokenHead(size, `was signed for other records: ${which} what it was`);
  }

  async receipts(): Promise<void> {
    for await (const { name } of this.#evidence.list(RECEIPTS)) {
      this.#receipts += 1;
      await this.#attempt(async () => {
        const receipt = await getReceiptNamed(this.#evidence, name);
        this.#assertOfVault(receipt.vaultId, `receipt ${name}`);
        if (!signatureHolds(signedBytes(receipt), receipt.signature as Signature | undefined, this.#publicKey))
          throw new Failure("EVIDENCE_BROKEN", `receipt ${name} is not signed by this key`);
      });
    }
  }

  async reports(): Promise<void> {
    for await (const name of reportNames(this.#evidence)) {
      this.#reports += 1;
      await this.#attempt(async () => {
        const { bytes, vaultId, signature } = await readReport(this.#evidence, name);
        this.#assertOfVault(String(vaultId), `report ${name}`);
        if (signature === undefined) this.#unsigned.push(name);
        else if (!signatureHolds(bytes, signature, this.#publicKey))
          throw new Failure("EVIDENCE_BROKEN", `report ${name} is not signed by this key`);
      });
    }
  }

  report(withKept: boolean): Omit<EvidenceReport, "keyId"> {
    const newest = this.#heads.at(-1);
    const records = this.#tree.size;
    const after = records - this.#signed;
    return {
      ...(this.#vaultId === undefined ? {} : { vaultId: this.#vaultId }),
      records,
      ...(this.#lastAt === undefined ? {} : { lastAt: this.#lastAt }),
      heads: this.#headsFound,
      ...(newest === undefined ? {} : { newestHead: { size: newest.size, at: newest.at } }),
      receipts: this.#receipts,
      reports: this.#reports,
      problems: this.#problems,
      proven: [
        `records 1 to ${records} are there, each whole and following the one before it`,
        `records 1 to ${this.#signed} are those that this key signed, and every head grew from the one before it`,
        ...(withKept ? ["nothing that the kept head was signed for was changed or cut off since"] : []),
        ...(this.#receipts > 0 ? ["every receipt of a release is as this key signed it"] : []),
        ...(this.#reports > this.#unsigned.length ? ["every report with a signature is as this key signed it"] : []),
      ],
      notProven: [
        ...(after > 0 ? [`records ${this.#signed + 1} to ${records}: no head has them yet`] : []),
        ...(withKept ? [] : ["that nothing was cut off at the end: give --head a head that was kept elsewhere"]),
        ...this.#unsigned.map(
          (name) => `report ${name}: it has no signature; its maker died, or somebody took it away`,
        ),
        "that everything was recorded, and that the clocks were right",
      ],
    };
  }

  #assertOfVault(vaultId: string, what: string): void {
    this.#vaultId ??= vaultId;
    if (vaultId !== this.#vaultId)
      throw new Failure("EVIDENCE_BROKEN", `${what} is of vault ${vaultId}, others are of ${this.#vaultId}`);
  }

  #note(message: string): void {
    this.#problems.push({ message });
  }

  /** Runs a check; what it finds wrong is noted. @throws what says nothing about the evidence: a store that does not answer */
  async #attempt<T>(check: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      const isFinding = error instanceof Failure && (error.exit === EXIT.different || error.code === "VAULT_TOO_NEW");
      if (!isFinding) throw error;
      this.#note(error.message);
      return undefined;
    }
  }
}
