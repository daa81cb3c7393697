import { createHmac, timingSafeEqual } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { Failure } from "../model/errors.ts";
import { freeBytes } from "../model/free-bytes.ts";
import type { ChunkEntry } from "../model/point.ts";
import type { RowFormat } from "../model/table.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { open, type SealedHeader, seal } from "./seal.ts";

const FORMAT = 1;
const KEY_BYTES = 32;
const NAME_SALT_BYTES = 4;
/** Level 1 gives 90 % of level 3's ratio at 1.4 times its speed, and compression is most of what a capture costs us. */
export const ZSTD_LEVEL_HOT = 1;
/** No honest chunk is larger: a row has at most 1 GiB. Bounds what a forged length can make us allocate. */
const PLAIN_BYTES_MAX = 1024 ** 3 + 64 * 1024 * 1024;

export interface ChunkHeader extends SealedHeader {
  readonly kind: "chunk";
  readonly codec: "zstd";
  readonly rows: RowFormat;
  readonly class: string;
  readonly table: string;
  readonly id: string;
}

/** What a chunk is bound to: authenticated with its bytes, so that it opens as nothing else. */
export interface ChunkPlace {
  readonly class: string;
  readonly table: string;
  readonly rows: RowFormat;
}

/** Keyed digest of a chunk's plaintext: the same rows of the same table have the same id, and an outsider learns nothing from it. */
export const chunkId = (namingSecret: Buffer, place: ChunkPlace, plain: Uint8Array): string =>
  createHmac("sha256", namingSecret).update(`chunk\0${place.table}\0${place.rows}\0`).update(plain).digest("hex");

/**
 * Compresses, seals and stores a chunk under a name nobody else uses: its id and a random salt. Two captures that store
 * the same rows at once hold different data keys, so they must not share an object (decisions/0006).
 *
 * @returns the store's promise apart from the entry, so that the caller can go on reading
 */
export const putChunk = (
  store: ObjectStore,
  entropy: Entropy,
  place: ChunkPlace,
  chunk: { readonly id: string; readonly plain: Buffer },
): {
  readonly entry: Pick<ChunkEntry, "name" | "id" | "key" | "plainBytes" | "sealedBytes">;
  readonly stored: Promise<void>;
} => {
  const key = entropy.bytes(KEY_BYTES);
  const name = `chunks/${place.class}/${chunk.id.slice(0, 2)}/${chunk.id}.${entropy.bytes(NAME_SALT_BYTES).toString("hex")}`;
  const packed = compress(chunk.plain, ZSTD_LEVEL_HOT);
  const header: ChunkHeader = { kind: "chunk", format: FORMAT, codec: "zstd", ...place, id: chunk.id };
  const pieces = seal(header, packed, key, entropy);
  freeBytes(packed);
  const sealedBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const entry = { name, id: chunk.id, key: key.toString("base64"), plainBytes: chunk.plain.length, sealedBytes };
  return { entry, stored: putFresh(store, name, pieces) };
};

/**
 * Reads a chunk and proves that it holds what its page says. The bytes are the caller's own.
 * @throws OBJECT_MISSING, OBJECT_CORRUPT, CHUNK_DIGEST_MISMATCH  naming the object
 */
export const getChunk = async (
  store: ObjectStore,
  namingSecret: Buffer,
  place: ChunkPlace,
  entry: ChunkEntry,
): Promise<Buffer> => {
  const sealed = await getObject(store, entry.name);
  const { header, plain: packed } = open<ChunkHeader>(entry.name, sealed, "chunk", Buffer.from(entry.key, "base64"));
  freeBytes(sealed);
  const plain = decompress(entry.name, packed, entry.plainBytes);
  freeBytes(packed);
  const id = chunkId(namingSecret, place, plain);
  const bound =
    header.id === entry.id &&
    header.table === place.table &&
    header.class === place.class &&
    header.rows === place.rows;
  if (!bound || !timingSafeEqual(Buffer.from(id), Buffer.from(entry.id)))
    throw new Failure("CHUNK_DIGEST_MISMATCH", `chunk ${entry.name} does not hold the rows its page names`, {
      facts: { object: entry.name },
    });
  return plain;
};

/**
 * Compresses in one call. The output buffer holds the worst case: with less, zstd leaves its one-pass way and copies its
 * input through buffers of its own (a ninth of the processor time of a capture).
 */
export const compress = (plain: Uint8Array, level: number): Buffer =>
  zstdCompressSync(plain, {
    chunkSize: Math.max(1024, plain.length + (plain.length >> 7) + 512),
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });

export const decompress = (name: string, packed: Buffer, plainBytes: number): Buffer => {
  try {
    const plain = zstdDecompressSync(packed, {
      chunkSize: Math.max(1024, plainBytes + 64),
      maxOutputLength: Math.min(plainBytes + 1, PLAIN_BYTES_MAX),
    });
    if (plain.length === plainBytes) return plain;
  } catch (cause) {
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: it does not unpack`, {
      cause,
      facts: { object: name },
    });
  }
  throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: it does not unpack to ${plainBytes} bytes`, {
    facts: { object: name },
  });
};

/** Compressed bytes that say how long they become: u32 big-endian length, zstd. */
export const pack = (plain: Buffer, level: number): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(plain.length);
  const compressed = compress(plain, level);
  const packed = Buffer.concat([head, compressed]);
  freeBytes(compressed);
  return packed;
};

/** @throws OBJECT_CORRUPT  naming the object */
export const unpack = (name: string, packed: Buffer): Buffer => {
  if (packed.length >= 4) return decompress(name, packed.subarray(4), packed.readUInt32BE(0));
  throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: it is cut short`, { facts: { object: name } });
};

/**
 * Stores an object and frees its pieces.
 * @throws OBJECT_EXISTS  a name that was to be new is taken
 */
export const putFresh = async (store: ObjectStore, name: string, pieces: readonly Uint8Array[]): Promise<void> => {
  if ((await store.put(name, pieces)) === "exists")
    throw new Failure("OBJECT_EXISTS", `object ${name} exists already`, { facts: { object: name } });
  for (const piece of pieces) freeBytes(piece);
};

/** @throws OBJECT_MISSING  naming the object */
export const getObject = async (store: ObjectStore, name: string): Promise<Buffer> => {
  const bytes = await store.get(name);
  if (bytes === undefined)
    throw new Failure("OBJECT_MISSING", `object ${name} is missing from the vault`, { facts: { object: name } });
  return bytes;
};
