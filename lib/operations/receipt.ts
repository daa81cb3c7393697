import { getReceipt } from "../engine/receipt.ts";
import type { ReleaseReceipt } from "../model/release.ts";
import type { ObjectStore } from "../ports/object-store.ts";

/**
 * The receipt of a release, or undefined if it was never opened to the end.
 * @throws OBJECT_CORRUPT  it was changed; STORE_*
 */
export const findReceipt = (
  evidence: ObjectStore,
  wanted: { readonly database: string; readonly release: string },
): Promise<ReleaseReceipt | undefined> => getReceipt(evidence, wanted);
