import { Failure } from "../model/errors.ts";
import type { ReleaseReceipt } from "../model/release.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { canonicalJson } from "./canonical-json.ts";
import { decodeDocument, encodeDocument } from "./document.ts";
import { nameSegment } from "./name-segment.ts";

const FORMAT = 1;

/** Says for which commit a release id stands, from the moment its opening begins. Written once, never changed. */
export type ReleaseClaim = {
  readonly format: 1;
  readonly kind: "release claim";
  readonly database: string;
  readonly release: string;
  readonly commit: string;
  readonly claimedAt: number;
};

type Evidence = ReleaseReceipt | ReleaseClaim;

export const RECEIPTS = "receipts/releases/";

export const receiptName = (database: string, release: string): string =>
  `${RECEIPTS}${nameSegment(database)}/${nameSegment(release)}.json`;

export const claimName = (database: string, release: string): string =>
  `claims/releases/${nameSegment(database)}/${nameSegment(release)}.json`;

/** The bytes that a receipt's signature is over. */
export const signedBytes = (receipt: ReleaseReceipt): Buffer => {
  const { signature: _, ...rest } = receipt;
  return Buffer.from(canonicalJson(rest), "utf8");
};

/**
 * Writes a receipt or a claim, unless one has its name. A clear document (see document.ts) whose line is canonical JSON.
 * @returns what stands there now: ours, or the other one
 */
export const putOnce = async <T extends Evidence>(store: ObjectStore, name: string, evidence: T): Promise<T> => {
  const bytes = encodeDocument(JSON.parse(canonicalJson(evidence)) as object);
  if ((await store.put(name, [bytes])) === "created") return evidence;
  const there = await getEvidence<T>(store, name, evidence.kind);
  if (there === undefined)
    throw new Failure("OBJECT_MISSING", `object ${name} exists and cannot be found`, { facts: { object: name } });
  return there;
};

/** @throws OBJECT_CORRUPT  naming the object; VAULT_TOO_NEW */
export const getReceipt = (
  store: ObjectStore,
  { database, release }: { readonly database: string; readonly release: string },
): Promise<ReleaseReceipt | undefined> => getEvidence(store, receiptName(database, release), "release receipt");

/** A receipt by its object's name, which begins with RECEIPTS. @throws as getReceipt */
export const getReceiptNamed = async (store: ObjectStore, name: string): Promise<ReleaseReceipt> => {
  const receipt = await getEvidence<ReleaseReceipt>(store, name, "release receipt");
  if (receipt === undefined) throw new Failure("OBJECT_MISSING", `object ${name} is gone`, { facts: { object: name } });
  return receipt;
};

const getEvidence = async <T extends Evidence>(
  store: ObjectStore,
  name: string,
  kind: T["kind"],
): Promise<T | undefined> => {
  const bytes = await store.get(name);
  if (bytes === undefined) return undefined;
  const evidence = decodeDocument<T>(name, bytes, FORMAT);
  const nameOf = kind === "release receipt" ? receiptName : claimName;
  if (evidence.kind !== kind || nameOf(evidence.database, evidence.release) !== name)
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: it is not the ${kind} its name says`, {
      facts: { object: name },
    });
  return evidence;
};
