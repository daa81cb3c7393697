import type { ArchivedObject, ArchivePart } from "../../model/archive.ts";
import { Failure } from "../../model/errors.ts";
import { freeBytes } from "../../model/free-bytes.ts";
import { MIB } from "../../model/units.ts";
import type { RetainedStore } from "../../ports/retained-store.ts";
import { canonicalJson } from "../canonical-json.ts";
import { decompress } from "../chunk.ts";
import { sha256 } from "../document.ts";
import type { RowLines } from "../restore/sql-stream.ts";
import type { Vault } from "../vault.ts";
import {
  type ArchivedFrame,
  type ArchivedPack,
  type ArchiveFacts,
  type ArchiveManifest,
  decodeManifest,
} from "./archive-manifest.ts";
import { archivePrefix } from "./archive-names.ts";
import { decryptAt } from "./archive-seal.ts";
import type { StoredArchivePart } from "./list-archive-parts.ts";

/** Sealed bytes of frames that are read in one request. */
const READ_BYTES = 16 * MIB;

export interface OpenedArchivePart {
  readonly part: StoredArchivePart;
  readonly manifest: ArchiveManifest;
  /** Objects of the packs, in the manifest's order. */
  readonly packs: readonly ArchivedObject[];
  /** Of each table where its rows lie. */
  readonly runs: readonly (readonly Run[])[];
}

/** Frames of one table in one pack, which are read in one request: they lie one after the other, as the stream had them. */
interface Run {
  readonly pack: number;
  readonly offset: number;
  readonly frames: ArchivedFrame[];
  bytes: number;
}

/**
 * Opens an archive part's manifest and proves that the document in the clear says what was sealed.
 * @throws KEY_SHREDDED, KEY_WRONG, OBJECT_MISSING, OBJECT_CORRUPT, VAULT_TOO_NEW
 */
export const openArchivePart = async (
  vault: Vault,
  archive: RetainedStore,
  part: StoredArchivePart,
): Promise<OpenedArchivePart> => {
  const dataKey = await vault.archiveKey(part);
  const { attempt, object } = manifestObject(part);
  const manifest = decodeManifest(object.name, await getArchived(archive, object), dataKey, attempt);
  const packs = manifest.packs.map((pack) => {
    const named = part.objects.find(({ name }) => name === `${archivePrefix(part)}${attempt}/${pack.name}`);
    if (named === undefined || named.sha256 !== pack.sha256 || named.bytes !== pack.bytes)
      throw differs(part, object.name);
    return named;
  });
  if (canonicalJson(factsOf(part)) !== canonicalJson(factsOf(manifest.part))) throw differs(part, object.name);
  return { part, manifest, packs, runs: runsOf(manifest) };
};

/** The facts that are sealed, of a document or of a manifest. */
const factsOf = (facts: ArchiveFacts) => {
  const { vaultId, database, businessDate, class: name, schedule, pointId, startedAt, finishedAt } = facts;
  const { tables, rows, plainBytes, times } = facts;
  const { retainUntil, lock, deleteAt, deadline, keepUntil = null } = times;
  return {
    ...{ vaultId, database, businessDate, class: name, schedule, pointId, startedAt, finishedAt },
    ...{ tables, rows, plainBytes, times: { retainUntil, lock, deleteAt, deadline, keepUntil } },
  };
};

const differs = (part: ArchivePart, object: string): Failure =>
  new Failure(
    "OBJECT_CORRUPT",
    `the document of archive ${part.database}/${part.businessDate}, class ${part.class}, is not what was sealed in its manifest`,
    { facts: { object } },
  );

/** The manifest lies in the directory of the attempt that made the part; an attempt has a name of its own. */
const manifestObject = (part: ArchivePart): { readonly attempt: string; readonly object: ArchivedObject } => {
  const prefix = archivePrefix(part);
  for (const object of part.objects) {
    const [attempt = "", file, ...more] = object.name.slice(prefix.length).split("/");
    if (file === "manifest" && more.length === 0) return { attempt, object };
  }
  throw new Failure("OBJECT_MISSING", `the document below ${prefix} names no manifest`);
};

/** @throws OBJECT_MISSING, OBJECT_CORRUPT  naming the object */
export const getArchived = async (archive: RetainedStore, object: ArchivedObject): Promise<Buffer> => {
  const { name, version } = object;
  const bytes = await archive.get(name, version);
  if (bytes === undefined)
    throw new Failure("OBJECT_MISSING", `object ${name} is missing from the archive`, { facts: { object: name } });
  if (sha256(bytes) !== object.sha256)
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: its digest does not hold`, {
      facts: { object: name },
    });
  return bytes;
};

/**
 * Opens a frame of a pack.
 * @param offset  of the frame in its pack
 * @throws OBJECT_CORRUPT  naming the pack
 */
export const openFrame = (
  name: string,
  pack: ArchivedPack,
  frame: ArchivedFrame,
  offset: number,
  sealed: Buffer,
): Buffer => {
  if (sha256(sealed) !== frame.sha256)
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: the digest of a frame does not hold`, {
      facts: { object: name },
    });
  const packed = decryptAt(Buffer.from(pack.key, "hex"), offset, sealed);
  const plain = decompress(name, packed, frame.plainBytes);
  freeBytes(packed);
  return plain;
};

/**
 * A table's rows as lines of COPY text, without reading the rest of the archive.
 *
 * Memory: 16 MiB and a frame.
 *
 * @throws OBJECT_MISSING, OBJECT_CORRUPT  naming the pack
 */
export async function* readArchivedTable(
  archive: RetainedStore,
  { manifest, packs, runs }: OpenedArchivePart,
  table: number,
): AsyncGenerator<RowLines> {
  for (const { pack, offset, bytes, frames } of runs[table] ?? []) {
    const { name, version } = packs[pack] as ArchivedObject;
    const sealed = await archive.get(name, version, { offset, length: bytes });
    if (sealed === undefined)
      throw new Failure("OBJECT_MISSING", `object ${name} is missing from the archive`, { facts: { object: name } });
    let at = 0;
    for (const frame of frames) {
      const piece = sealed.subarray(at, at + frame.bytes);
      yield {
        bytes: openFrame(name, manifest.packs[pack] as ArchivedPack, frame, offset + at, piece),
        rows: frame.rows,
      };
      at += frame.bytes;
    }
  }
}

const runsOf = ({ tables, packs }: ArchiveManifest): readonly (readonly Run[])[] => {
  const runs: Run[][] = tables.map(() => []);
  for (const [pack, { frames }] of packs.entries()) {
    let offset = 0;
    for (const frame of frames) {
      const own = frame.table === undefined ? undefined : runs[frame.table];
      const last = own?.at(-1);
      if (last?.pack === pack && last.bytes < READ_BYTES) {
        last.frames.push(frame);
        last.bytes += frame.bytes;
      } else own?.push({ pack, offset, frames: [frame], bytes: frame.bytes });
      offset += frame.bytes;
    }
  }
  return runs;
};
