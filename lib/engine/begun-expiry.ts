import type { PartId } from "../model/audit.ts";
import type { Tier } from "../model/point.ts";
import type { EpochMs } from "../model/units.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { decodeDocument, encodeDocument } from "./document.ts";
import { nameSegment } from "./name-segment.ts";

const FORMAT = 1;
const PREFIX = "expiring/";

/**
 * Says that the removal of a part was begun and is not in the evidence yet: `expiring/<store>/<id>/<class>.json` in the hot
 * store. By it a run that finds the part half removed, or gone without a record, completes what the one before began.
 */
export interface BegunExpiry {
  readonly part: PartId;
  readonly database: string;
  readonly tier: Tier;
  readonly startedAt: EpochMs;
  readonly deadline: EpochMs;
}

interface BegunDocument extends BegunExpiry {
  readonly format: 1;
  readonly kind: "begun expiry";
}

export const putBegun = async (hot: ObjectStore, begun: BegunExpiry): Promise<void> => {
  const { part, database, tier, startedAt, deadline } = begun;
  const document: BegunDocument = { format: FORMAT, kind: "begun expiry", part, database, tier, startedAt, deadline };
  await hot.put(nameOf(part), [encodeDocument(document)]);
};

/** @throws OBJECT_CORRUPT, VAULT_TOO_NEW, STORE_* */
export const listBegun = async (hot: ObjectStore): Promise<readonly BegunExpiry[]> => {
  const begun: BegunExpiry[] = [];
  for await (const { name } of hot.list(PREFIX)) {
    const bytes = await hot.get(name);
    // Another run has ended meanwhile.
    if (bytes === undefined) continue;
    const { format: _, kind: __, ...one } = decodeDocument<BegunDocument>(name, bytes, FORMAT);
    begun.push(one);
  }
  return begun;
};

export const removeBegun = async (hot: ObjectStore, part: PartId): Promise<void> => {
  await hot.delete(nameOf(part));
};

const nameOf = (part: PartId): string => `${PREFIX}${part.store}/${nameSegment(part.id)}/${part.class}.json`;
