import type { PartId } from "../model/audit.ts";
import type { PartRef, Point, Tier } from "../model/point.ts";
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
  /** The last point that names the part: what it is put back from if a hold comes after a process that died. */
  readonly point?: Point;
}

/** @param point  the newest generation of the part's point, if it is there */
export const putBegun = async (hot: ObjectStore, begun: BegunExpiry, point?: Point): Promise<void> => {
  const { part, database, tier, startedAt, deadline } = begun;
  const ref = refIn(point, part.class);
  const document: BegunDocument = {
    format: FORMAT,
    kind: "begun expiry",
    part,
    database,
    tier,
    startedAt,
    deadline,
    ...(point !== undefined && ref !== undefined && { point }),
  };
  const put = () => hot.put(nameOf(part), [encodeDocument(document)]);
  if ((await put()) === "created" || ref === undefined) return;
  // An earlier run could not remove it, and it may have been folded since.
  if (refIn(await pointBegun(hot, part), part.class)?.sha256 === ref.sha256) return;
  await removeBegun(hot, part);
  await put();
};

/** The last point that named a part whose removal was begun. */
export const pointBegun = async (hot: ObjectStore, part: PartId): Promise<Point | undefined> =>
  (await getBegun(hot, nameOf(part)))?.point;

const refIn = (point: Point | undefined, className: string): PartRef | undefined =>
  point?.parts.find((ref) => ref.class === className);

const getBegun = async (hot: ObjectStore, name: string): Promise<BegunDocument | undefined> => {
  const bytes = await hot.get(name);
  return bytes && decodeDocument<BegunDocument>(name, bytes, FORMAT);
};

/** @throws OBJECT_CORRUPT, VAULT_TOO_NEW, STORE_* */
export const listBegun = async (hot: ObjectStore): Promise<readonly BegunExpiry[]> => {
  const begun: BegunExpiry[] = [];
  for await (const { name } of hot.list(PREFIX)) {
    const document = await getBegun(hot, name);
    // Another run has ended meanwhile.
    if (document === undefined) continue;
    const { format: _, kind: __, point: ___, ...one } = document;
    begun.push(one);
  }
  return begun;
};

export const removeBegun = async (hot: ObjectStore, part: PartId): Promise<void> => {
  await hot.delete(nameOf(part));
};

const nameOf = (part: PartId): string => `${PREFIX}${part.store}/${nameSegment(part.id)}/${part.class}.json`;
