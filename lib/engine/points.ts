import { Failure, isFailure } from "../model/errors.ts";
import type { ExpiredPart, PageRef, Part, PartRef, Point } from "../model/point.ts";
import type { EpochMs } from "../model/units.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { getObject, pack, putFresh, unpack } from "./chunk.ts";
import { decodeDocument, encodeDocument, sha256 } from "./document.ts";
import { open, type SealedHeader, seal } from "./seal.ts";
import type { Vault } from "./vault.ts";

const FORMAT = 1;
const ZSTD_LEVEL = 3;
/** Folds of one point while it is being looked up. */
const LOOKS_MAX = 5;

export interface PartHeader extends SealedHeader {
  readonly kind: "part";
  readonly class: string;
  readonly point: string;
  /** Every page the part needs, so that a sweep needs no key. */
  readonly pages: readonly string[];
}

export const pointName = (id: string, generation: number): string => `points/${id}/${generationText(generation)}.json`;
export const partPrefix = (id: string): string => `parts/${id}/`;
/** Objects of one part, in all its generations. */
export const partObjects = (id: string, className: string): string => `${partPrefix(id)}${className}.`;
const partName = (id: string, className: string, generation: number): string =>
  `${partObjects(id, className)}${generationText(generation)}`;
const generationText = (generation: number): string => String(generation).padStart(6, "0");

/** Every page a part names: of rows and of gone keys. */
export const pagesOf = (part: Part): readonly PageRef[] =>
  part.tables.flatMap((table) => table.layers).flatMap((layer) => [...layer.pages, ...layer.gone]);

/** Seals a part's manifest and stores it. Its point names it later: until then nobody sees it. */
export const putPart = async (
  store: ObjectStore,
  entropy: Entropy,
  part: Part,
  options: { readonly partKey: Buffer; readonly generation: number },
): Promise<PartRef> => {
  const name = partName(part.pointId, part.class, options.generation);
  const pages = pagesOf(part);
  const header: PartHeader = {
    kind: "part",
    format: FORMAT,
    class: part.class,
    point: part.pointId,
    pages: pages.map((page) => page.name),
  };
  const json = Buffer.from(JSON.stringify(part), "utf8");
  const sealed = Buffer.concat(seal(header, pack(json, ZSTD_LEVEL), options.partKey, entropy));
  // Storing them frees the bytes.
  const [digest, partBytes] = [sha256(sealed), sealed.length];
  await putFresh(store, name, [sealed]);
  return {
    class: part.class,
    name,
    sha256: digest,
    tables: part.tables.length,
    rows: part.tables.reduce((rows, table) => rows + table.rows, 0),
    plainBytes: pages.reduce((bytes, page) => bytes + page.plainBytes, 0),
    sealedBytes: pages.reduce((bytes, page) => bytes + page.sealedBytes, partBytes),
  };
};

/**
 * Opens a part of a point and proves that it is the part the point names.
 * @throws OBJECT_MISSING, OBJECT_CORRUPT, KEY_SHREDDED, KEY_WRONG
 */
export const getPart = async (vault: Vault, point: Point, ref: PartRef): Promise<Part> => {
  const sealed = await getObject(vault.hot, ref.name);
  if (sha256(sealed) !== ref.sha256) throw corrupt(ref.name, "it is not the part its point names");
  const { plain } = open<PartHeader>(ref.name, sealed, "part", await vault.partKey(point.id, ref.class));
  const part = JSON.parse(unpack(ref.name, plain).toString("utf8")) as Part;
  const same =
    part.pointId === point.id &&
    part.class === ref.class &&
    part.tier === point.tier &&
    part.startedAt === point.startedAt &&
    part.release === point.release &&
    part.commit === point.commit &&
    JSON.stringify(part.snapshot) === JSON.stringify(point.snapshot) &&
    JSON.stringify(part.identity) === JSON.stringify(point.identity);
  if (!same) throw corrupt(point.id, "its clear facts are not those that were sealed with its part");
  return part;
};

/** A point's parts. Classes of one point end at different times: those that have expired are told apart, with what says so. */
export interface PointParts {
  readonly parts: readonly Part[];
  readonly expired: readonly { readonly class: string; readonly at?: EpochMs; readonly failure: Failure }[];
}

/** What says that a part has expired, to whoever wants to read it. */
export const expiredFailure = (id: string, part: ExpiredPart): Failure =>
  new Failure(
    "KEY_SHREDDED",
    `part ${part.class} of point ${id} expired at ${new Date(part.at).toISOString()}: it cannot be read any more`,
  );

/** @throws OBJECT_MISSING, OBJECT_CORRUPT, KEY_WRONG, STORE_* */
export const getParts = async (vault: Vault, point: Point): Promise<PointParts> => {
  const parts: Part[] = [];
  const expired: PointParts["expired"][number][] = (point.expired ?? []).map((part) => ({
    ...part,
    failure: expiredFailure(point.id, part),
  }));
  for (const ref of point.parts) {
    try {
      parts.push(await getPart(vault, point, ref));
    } catch (error) {
      if (!isFailure(error, "KEY_SHREDDED")) throw error;
      expired.push({ class: ref.class, failure: error });
    }
  }
  return { parts, expired };
};

/** Writes the point: from here on it exists. */
export const putPoint = async (store: ObjectStore, point: Point): Promise<void> => {
  await putFresh(store, pointName(point.id, point.generation), [encodeDocument(point)]);
};

/**
 * Says that nothing under a point's id counts, in place of deleting it: who captures may not delete. It is a generation
 * like any other, so the highest one still says what the point is, and of two writers of the first one only one succeeds.
 */
interface Withdrawn {
  readonly format: 1;
  readonly kind: "withdrawn";
  readonly id: string;
  readonly generation: number;
}

/**
 * Makes sure that a capture which is taken for dead never has a point: the name of its point is taken.
 * @returns the point, if it has one already
 */
export const preventPoint = async (store: ObjectStore, id: string): Promise<Point | undefined> => {
  if ((await putWithdrawn(store, id, 1)) === "created") return undefined;
  return newestGeneration(store, id);
};

/** Takes back a point that was written too late. */
export const takeBackPoint = async (store: ObjectStore, id: string): Promise<void> => {
  // A fold may be writing generations of it.
  for (let look = 0; look < LOOKS_MAX; look++) {
    const newest = (await pointGenerations(store, id)).at(-1);
    if (newest === undefined) return;
    const generation = Number(newest.slice(newest.lastIndexOf("/") + 1, -".json".length)) + 1;
    if ((await putWithdrawn(store, id, generation)) === "created") return;
  }
};

const putWithdrawn = (store: ObjectStore, id: string, generation: number): Promise<"created" | "exists"> =>
  store.put(pointName(id, generation), [
    encodeDocument({ format: FORMAT, kind: "withdrawn", id, generation } satisfies Withdrawn),
  ]);

/** @throws OBJECT_CORRUPT  naming the object */
export const readPointObject = async (store: ObjectStore, name: string): Promise<Point | "withdrawn" | undefined> => {
  const bytes = await store.get(name);
  if (bytes === undefined) return undefined;
  const point = decodeDocument<Point | Withdrawn>(name, bytes, FORMAT);
  if ((point.kind !== "point" && point.kind !== "withdrawn") || pointName(point.id, point.generation) !== name)
    throw corrupt(name, "it is not the point its name says");
  return point.kind === "withdrawn" ? "withdrawn" : point;
};

/** The point an object holds; undefined if it is gone or withdrawn. */
export const getPointObject = async (store: ObjectStore, name: string): Promise<Point | undefined> => {
  const point = await readPointObject(store, name);
  return point === "withdrawn" ? undefined : point;
};

/** Every point of the vault, oldest first, each in its highest generation. */
export const listPoints = async (store: ObjectStore): Promise<readonly Point[]> => {
  const newest = new Map<string, string>();
  for await (const { name } of store.list("points/")) newest.set(name.split("/")[1] as string, name);
  const points: Point[] = [];
  for (const [id, name] of newest) {
    const point = (await readPointObject(store, name)) ?? (await newestGeneration(store, id));
    if (point !== undefined && point !== "withdrawn") points.push(point);
  }
  return points.sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
};

/** A point in its highest generation, also while a fold puts the next one in its place or it is removed. */
export const newestGeneration = async (store: ObjectStore, id: string): Promise<Point | undefined> => {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const name = (await pointGenerations(store, id)).at(-1);
    if (name === undefined) return undefined;
    const point = await readPointObject(store, name);
    if (point !== undefined) return point === "withdrawn" ? undefined : point;
  }
  return undefined;
};

/**
 * Finds a point by its id, the beginning of its id, `latest`, or its release.
 * @throws POINT_NOT_FOUND  none or more than one fits
 */
export const findPoint = async (store: ObjectStore, wanted: string): Promise<Point> => {
  const points = await listPoints(store);
  if (wanted === "latest") {
    const last = points.at(-1);
    if (last === undefined)
      throw new Failure("POINT_NOT_FOUND", "the vault has no point: none was captured yet, or all have expired", {
        hint: "run lastgood capture",
      });
    return last;
  }
  const exact = points.filter((point) => point.id === wanted || point.release === wanted);
  const found = exact.length > 0 ? exact : points.filter((point) => point.id.startsWith(wanted));
  if (found.length > 1)
    throw new Failure("POINT_NOT_FOUND", `${found.length} points fit "${wanted}"`, {
      hint: "give more of the point's id",
    });
  if (found[0] === undefined) throw new Failure("POINT_NOT_FOUND", `no point fits "${wanted}"`);
  return found[0];
};

/** Names of all generations of a point, lowest first. */
export const pointGenerations = async (store: ObjectStore, id: string): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of store.list(`points/${id}/`)) names.push(name);
  return names;
};

const corrupt = (name: string, why: string): Failure =>
  new Failure("OBJECT_CORRUPT", `object ${name} is damaged: ${why}`, { facts: { object: name } });
