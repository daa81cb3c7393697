import { Failure, isFailure } from "../model/errors.ts";
import { canonicalJson, plainJson } from "./canonical-json.ts";
import { decodeDocument, encodeLine } from "./document.ts";

const FORMAT = 1;

interface Evidence {
  readonly format: 1;
  readonly kind: string;
}

/** A clear document whose line is canonical JSON: a value has one object, so that whoever has the value has its digest. */
export const encodeEvidence = (value: Evidence): Buffer => encodeLine(canonicalJson(plainJson(value)));

/**
 * Reads one back, from bytes that anybody may have written.
 * @param what  it is, in words: `record 41 of the audit chain`
 * @throws EVIDENCE_BROKEN  saying of what it is that it is damaged; VAULT_TOO_NEW
 */
export const decodeEvidence = <T extends Evidence>(
  { what, name, kind }: { readonly what: string; readonly name: string; readonly kind: T["kind"] },
  bytes: Buffer,
): T => {
  const broken = (why: string, cause?: unknown): Failure =>
    new Failure("EVIDENCE_BROKEN", `${what} ${why}`, { cause, facts: { object: name } });
  let value: T;
  try {
    value = decodeDocument<T>(name, bytes, FORMAT);
  } catch (error) {
    if (isFailure(error, "VAULT_TOO_NEW")) throw error;
    throw broken("is damaged: its digest does not hold, or it is no JSON", error);
  }
  if (value.kind !== kind || value.format !== FORMAT) throw broken(`is no ${kind}`);
  // What was read must be what was hashed: a second field of a name, or a space, would make one value of two objects.
  if (!encodeLine(canonicalJson(plainJson(value))).equals(bytes)) throw broken("is not written as evidence is");
  return value;
};
