import { headSizes, readRecord } from "../engine/audit-chain.ts";
import { assertSigned, brokenHead, getHead } from "../engine/audit-head.ts";
import { isFailure } from "../model/errors.ts";
import { formatInstant } from "../model/measure.ts";
import type { EpochMs } from "../model/units.ts";
import type { ChainFacts } from "../policy/invariants.ts";
import type { ObjectStore } from "../ports/object-store.ts";

export interface HeadFacts {
  /** When the newest head was signed; undefined before the first. */
  readonly at: EpochMs | undefined;
  readonly heads: ChainFacts["heads"];
}

/**
 * Looks at the newest signed head: who signed it, that the chain is not shorter than it says, and that the record it ends with
 * is the one that was signed. That the head grew from those before it is proven by each signing.
 * @throws STORE_*
 */
export const lookAtHead = async (
  evidence: ObjectStore,
  { publicKey, lastSeq }: { readonly publicKey: string | undefined; readonly lastSeq: number },
): Promise<HeadFacts> => {
  try {
    const size = (await headSizes(evidence)).at(-1);
    if (size === undefined)
      return { at: undefined, heads: { found: "no head was signed yet: run lastgood evidence sign", broken: false } };
    const head = await getHead(evidence, size);
    if (publicKey !== undefined) assertSigned(head, publicKey);
    if (size > lastSeq) throw brokenHead(size, `was signed when there were more than the ${lastSeq} records there are`);
    if ((await readRecord(evidence, size)).digest !== head.last)
      throw brokenHead(size, `was signed for another record ${size}`);
    return { at: head.at, heads: { found: `the head of ${formatInstant(head.at)} holds`, broken: false } };
  } catch (error) {
    if (!isFailure(error, "EVIDENCE_BROKEN")) throw error;
    return { at: undefined, heads: { found: error.message, broken: true } };
  }
};
