import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { ArchivePart } from "../../model/archive.ts";
import { Failure } from "../../model/errors.ts";
import type { Part, Point } from "../../model/point.ts";
import type { CapturedSchema } from "../../model/schema.ts";
import type { TableFacts } from "../../model/table.ts";
import { openManifest, sealManifest } from "./archive-seal.ts";

const ZSTD_LEVEL = 3;

/** What a document says in the clear and its manifest proves. */
export type ArchiveFacts = Omit<ArchivePart, "format" | "kind" | "sealedBytes" | "objects">;

/** The sealed heart of an archive part: what it is, whose state, and how its packs are cut and opened. */
export interface ArchiveManifest {
  readonly format: 1;
  readonly kind: "archive manifest";
  readonly part: ArchiveFacts;
  /** Of the point it was made of. */
  readonly point: Pick<Point, "id" | "database" | "snapshot" | "identity" | "uncovered"> &
    Pick<Part, "tier" | "release" | "commit">;
  /** Every class that the point had: an archive of all of them has the whole schema. */
  readonly classes: readonly string[];
  /** Of the whole database, so that archives of several classes can be put together again. */
  readonly schema: CapturedSchema;
  readonly tables: readonly ArchivedTable[];
  /** One after the other they are one SQL stream. */
  readonly packs: readonly ArchivedPack[];
}

export interface ArchivedTable {
  readonly facts: TableFacts;
  readonly rows: number;
  /** Of its rows as lines of COPY text. */
  readonly plainBytes: number;
}

export interface ArchivedPack {
  /** Below the attempt's directory: `packs/000001`. */
  readonly name: string;
  /** Of the pack as it lies in the store, hex. */
  readonly sha256: string;
  /** Hex. */
  readonly key: string;
  readonly bytes: number;
  readonly frames: readonly ArchivedFrame[];
}

/** A zstd file of its own within a pack: so a table can be read without the rest. */
export interface ArchivedFrame {
  /** Index of the table whose rows it holds, whole lines; left out where it holds other SQL. */
  readonly table?: number;
  readonly rows: number;
  readonly plainBytes: number;
  readonly bytes: number;
  /** Of the frame as it lies in the pack, hex: what is read of a pack in part is proven too. */
  readonly sha256: string;
}

/** With a checksum inside, so that a frame that opens holds what was put in, whoever opens it. */
export const compressFrame = (plain: Buffer): Buffer =>
  zstdCompressSync(plain, {
    chunkSize: Math.max(1024, plain.length + (plain.length >> 7) + 512),
    params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });

/**
 * A manifest is text within zstd: a line `pack <sha256> <key> <name>` for each pack, which a shell can read, then one line of
 * JSON with the rest.
 */
export const encodeManifest = (manifest: ArchiveManifest, dataKey: Buffer, attempt: string): Buffer => {
  const packs = manifest.packs.map(({ sha256, key, name }) => `pack ${sha256} ${key} ${name}\n`);
  const rest = { ...manifest, packs: manifest.packs.map(({ bytes, frames }) => ({ bytes, frames })) };
  return sealManifest(
    dataKey,
    attempt,
    compressFrame(Buffer.from(`${packs.join("")}${JSON.stringify(rest)}\n`, "utf8")),
  );
};

/** @throws OBJECT_CORRUPT  naming the object */
export const decodeManifest = (name: string, sealed: Buffer, dataKey: Buffer, attempt: string): ArchiveManifest => {
  const text = zstdDecompressSync(openManifest(name, dataKey, attempt, sealed)).toString("utf8");
  const lines = text.trimEnd().split("\n");
  const rest = JSON.parse(lines.pop() as string) as ArchiveManifest;
  if (rest.format > 1)
    throw new Failure("VAULT_TOO_NEW", `object ${name} has format ${rest.format}, this Lastgood reads up to 1`);
  const packs = lines.map((line, index) => {
    const [, sha256 = "", key = "", pack = ""] = line.split(" ");
    return { ...(rest.packs[index] as ArchivedPack), sha256, key, name: pack };
  });
  return { ...rest, packs };
};
