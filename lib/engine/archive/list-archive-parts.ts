import type { ArchivePart } from "../../model/archive.ts";
import { Failure, isFailure } from "../../model/errors.ts";
import type { EpochMs } from "../../model/units.ts";
import type { RetainedFacts, RetainedStore } from "../../ports/retained-store.ts";
import { decodeDocument, sha256 } from "../document.ts";
import {
  archiveDocumentName,
  archiveId,
  archiveNamedBy,
  archivePrefix,
  type NamedArchive,
  prefixOfDocument,
} from "./archive-names.ts";

const FORMAT = 1;

/** An archive part as it lies in the store. */
export interface StoredArchivePart extends ArchivePart {
  /** The archive's: `shop/2026-11-01`. */
  readonly id: string;
  readonly documentVersion: string;
  /** Of the document as it lies in the store, hex. */
  readonly documentSha256: string;
  /** When the store says that the document was written. */
  readonly writtenAt: EpochMs;
}

/** A document that cannot be read. What lies beside it may be a good archive, so it is no stranger's either. */
export interface DamagedArchivePart extends RetainedFacts {
  readonly failure: Failure;
}

/** A version that no part names. */
export interface UnknownArchived extends RetainedFacts {
  /**
   * The archive that a run that was stopped, or still runs, wrote it for. Undefined if no run leaves such an object: it lies
   * where none writes, or over what is there already, or what locks it cannot be read. Then somebody else put it there.
   */
  readonly leftOf: NamedArchive | undefined;
}

export interface ArchiveListing {
  /** In order of databases, business dates and classes. */
  readonly parts: readonly StoredArchivePart[];
  readonly unknown: readonly UnknownArchived[];
  readonly damaged: readonly DamagedArchivePart[];
}

/**
 * Every archive part of a store, without a key. Of several versions of a document the oldest counts: it is the one that was
 * written as a new name, and whoever put another one over it cannot take the place of what is locked.
 *
 * Memory: about 300 bytes for each object of the store.
 *
 * @throws VAULT_TOO_NEW, STORE_*
 */
export const listArchiveParts = async (archive: RetainedStore): Promise<ArchiveListing> => {
  const all: RetainedFacts[] = [];
  const oldest = new Map<string, RetainedFacts>();
  for await (const facts of archive.list("")) {
    all.push(facts);
    // The latest of a name comes first, so the last one seen is the oldest.
    if (prefixOfDocument(facts.name) !== undefined) oldest.set(facts.name, facts);
  }
  const parts: StoredArchivePart[] = [];
  const damaged: DamagedArchivePart[] = [];
  const named = new Set<string>();
  const names = new Set<string>();
  for (const facts of oldest.values()) {
    const { name, version } = facts;
    try {
      const part = await readArchivePart(archive, facts);
      // It was removed since the listing: what it named goes, or went, with it.
      if (part === undefined) continue;
      parts.push(part);
      for (const object of [...part.objects, { name, version }]) {
        named.add(versionOf(object));
        names.add(object.name);
      }
    } catch (failure) {
      if (!isFailure(failure, "OBJECT_CORRUPT")) throw failure;
      damaged.push({ ...facts, failure });
    }
  }
  const unreadable = damaged.map(({ name }) => prefixOfDocument(name) as string);
  const isNobodys = (facts: RetainedFacts): boolean =>
    !named.has(versionOf(facts)) &&
    !unreadable.some((prefix) => facts.name.startsWith(prefix)) &&
    // What a part names and nobody can read any more is damaged, and whoever verifies the part says so.
    !(facts.unlabelled !== undefined && names.has(facts.name));
  const unknown = all.filter(isNobodys).map((facts) => {
    const isForeign = facts.unlabelled !== undefined || names.has(facts.name);
    return { ...facts, leftOf: isForeign ? undefined : archiveNamedBy(facts.name) };
  });
  return { parts, unknown, damaged };
};

/**
 * Reads the document of an archive part; undefined if that version is gone.
 * @throws OBJECT_CORRUPT  it is damaged, or not the part that its name says
 */
export const readArchivePart = async (
  archive: RetainedStore,
  { name, version, writtenAt }: RetainedFacts,
): Promise<StoredArchivePart | undefined> => {
  const bytes = await archive.get(name, version);
  if (bytes === undefined) return undefined;
  try {
    const part = decodeDocument<ArchivePart>(name, bytes, FORMAT);
    if (!isNamed(part, name)) throw corrupt(name, "it is not the archive part its name says");
    return { ...part, id: archiveId(part), documentVersion: version, documentSha256: sha256(bytes), writtenAt };
  } catch (error) {
    // Its digest is no proof of who wrote it: whoever may put objects can make one whose digest holds and that makes no sense.
    if (error instanceof SyntaxError || error instanceof TypeError) throw corrupt(name, "it makes no sense", error);
    throw error;
  }
};

/** What a document names is deleted with it: never anything that lies elsewhere. */
const isNamed = (part: ArchivePart, name: string): boolean =>
  part.kind === "archive part" &&
  archiveDocumentName(part) === name &&
  typeof part.times.deadline === "number" &&
  part.objects.every((object) => object.name.startsWith(archivePrefix(part)) && object.name !== name);

const corrupt = (name: string, why: string, cause?: unknown): Failure =>
  new Failure("OBJECT_CORRUPT", `object ${name} is damaged: ${why}`, { cause, facts: { object: name } });

const versionOf = ({ name, version }: Pick<RetainedFacts, "name" | "version">): string => `${name}\n${version}`;
