import { Failure } from "../model/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Signature } from "../ports/signer.ts";

const PREFIX = "reports/";
const NUMBER_DIGITS = 6;
const SIGNATURE = ".signature.json";

const numberText = (number: number): string => String(number).padStart(NUMBER_DIGITS, "0");
export const reportName = (number: number): string => `${PREFIX}${numberText(number)}.json`;
export const signatureName = (number: number): string => `${PREFIX}${numberText(number)}${SIGNATURE}`;

/** Of the newest report in an evidence store; 0 if there is none. */
export const lastReportNumber = async (evidence: ObjectStore): Promise<number> => {
  let last = 0;
  for await (const { name } of evidence.list(PREFIX))
    last = Math.max(last, Number(/^reports\/(\d+)\./.exec(name)?.[1] ?? 0));
  return last;
};

/** Names of the reports in an evidence store, signed or not. */
export async function* reportNames(evidence: ObjectStore): AsyncGenerator<string> {
  for await (const { name } of evidence.list(PREFIX)) if (!name.endsWith(SIGNATURE)) yield name;
}

/** A report as it was signed; without a signature where its maker died before it had written one. */
export interface KeptReport {
  readonly bytes: Buffer;
  readonly vaultId: unknown;
  readonly signature: Signature | undefined;
}

/** @throws EVIDENCE_BROKEN  it, or its signature, cannot be read; STORE_* */
export const readReport = async (evidence: ObjectStore, name: string): Promise<KeptReport> => {
  const bytes = (await evidence.get(name)) ?? Buffer.alloc(0);
  const signed = await evidence.get(`${name.slice(0, -".json".length)}${SIGNATURE}`);
  try {
    const { vaultId } = JSON.parse(bytes.toString("utf8")) as { readonly vaultId?: unknown };
    const signature = signed === undefined ? undefined : (JSON.parse(signed.toString("utf8")) as Signature);
    return { bytes, vaultId, signature };
  } catch (cause) {
    throw new Failure("EVIDENCE_BROKEN", `report ${name}, or its signature, cannot be read as JSON`, {
      cause,
      facts: { object: name },
    });
  }
};
