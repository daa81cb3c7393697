import type { ArchivePart } from "../../model/archive.ts";
import { nameSegment } from "../name-segment.ts";

/** Which archive part: a class of a database's archive of one business date. */
export type ArchivePlace = Pick<ArchivePart, "database" | "businessDate" | "class">;

/** What people and records call an archive: `shop/2026-11-01`. */
export const archiveId = ({ database, businessDate }: Pick<ArchivePlace, "database" | "businessDate">): string =>
  `${database}/${businessDate}`;

/** Everything of one archive part lies under it: the document, and a directory for each attempt to make the part. */
export const archivePrefix = (place: ArchivePlace): string =>
  `archives/${nameSegment(place.database)}/${place.businessDate}/${place.class}/`;

const DOCUMENT = "part.json";

export const archiveDocumentName = (place: ArchivePlace): string => `${archivePrefix(place)}${DOCUMENT}`;

/** The prefix of the part whose document has this name; undefined if it is no document's. */
export const prefixOfDocument = (name: string): string | undefined =>
  /^archives\/[^/]+\/[^/]+\/[^/]+\/part\.json$/.test(name) ? name.slice(0, -DOCUMENT.length) : undefined;

/** What a name says of the archive that an object is, or was to be, part of. */
export type NamedArchive = Pick<ArchivePlace, "businessDate" | "class">;

/**
 * Of which class's archive an object is, and of which business date: its document, or what an attempt wrote; undefined if its
 * name does not say so. A name is no proof: it tells how long to wait for a lock, never that something may stay.
 */
export const archiveNamedBy = (name: string): NamedArchive | undefined => {
  const [, date = "", className = ""] =
    /^archives\/[^/]+\/(\d{4}-\d\d-\d\d)\/([^/]+)\/(?:part\.json$|[^/]+\/.)/.exec(name) ?? [];
  const at = Date.parse(`${date}T00:00:00Z`);
  const isDay = !Number.isNaN(at) && new Date(at).toISOString().startsWith(date);
  return isDay ? { businessDate: date, class: className } : undefined;
};

/** Where the wrapped data key of an archive part lies in the key store, apart from those of points (`parts/`). */
export const archiveKeyName = (place: ArchivePlace): string => archivePrefix(place).slice(0, -1);
