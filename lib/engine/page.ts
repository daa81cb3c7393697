import { createCipheriv, createDecipheriv } from "node:crypto";
import { Failure } from "../model/errors.ts";
import { freeBytes } from "../model/free-bytes.ts";
import type { ChunkEntry, PageRef } from "../model/point.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { getObject, pack, putFresh, unpack, ZSTD_LEVEL_HOT } from "./chunk.ts";
import { KeyList, type KeyWindow } from "./key-list.ts";
import { holdsHeader, open, readHeader, type SealedHeader, seal } from "./seal.ts";

/**
 * A page is the unit a capture commits while it goes on, the unit a fold rewrites, and the unit a manifest names: some
 * chunks in key order and the keys of their rows. The chunks' names stand in its clear header, so that a sweep needs no key.
 */
const FORMAT = 1;
const KEY_BYTES = 32;
const NAME_BYTES = 8;
/** About 64 MiB of rows: 16 000 pages for a terabyte, and little lost when a capture is killed. */
export const PAGE_CHUNKS_MAX = 64;
/** Narrow rows: keys are held in memory and read back whole. */
export const PAGE_KEY_BYTES_MAX = 8 * 1024 * 1024;

/** Names of 64 chunks of a class with a long name. */
const HEADER_BYTES_LIKELY = 12 * 1024;

export interface PageHeader extends SealedHeader {
  readonly kind: "page";
  readonly class: string;
  readonly table: string;
  readonly chunks: readonly string[];
  /** The page's data key under the data key of the part that was being captured: a capture that died can be continued. */
  readonly sealedKey: string;
}

export interface Page {
  readonly chunks: readonly ChunkEntry[];
  /** Keys of all rows of the chunks, in order. Empty without a primary key. */
  readonly keys: KeyList;
}

export interface PagePlace {
  readonly class: string;
  readonly table: string;
  readonly pointId: string;
  /** Data key of the part being captured or folded. */
  readonly partKey: Buffer;
}

export const putPage = async (store: ObjectStore, entropy: Entropy, place: PagePlace, page: Page): Promise<PageRef> => {
  const key = entropy.bytes(KEY_BYTES);
  const name = `${pagePrefix(place.class, place.pointId)}${entropy.bytes(NAME_BYTES).toString("hex")}`;
  const entries = Buffer.from(JSON.stringify({ chunks: page.chunks, keys: page.keys.count }), "utf8");
  const head = Buffer.alloc(4);
  head.writeUInt32BE(entries.length);
  const keys = page.keys.encode();
  const body = Buffer.concat([head, entries, keys]);
  freeBytes(keys);
  const header: PageHeader = {
    kind: "page",
    format: FORMAT,
    class: place.class,
    table: place.table,
    chunks: page.chunks.map((chunk) => chunk.name),
    sealedKey: sealKey(place.partKey, name, key, entropy),
  };
  const packed = pack(body, ZSTD_LEVEL_HOT);
  const pieces = seal(header, packed, key, entropy);
  freeBytes(body);
  freeBytes(packed);
  const pageBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  await putFresh(store, name, pieces);
  return pageRef(name, key, page, pageBytes);
};

const pageRef = (name: string, key: Buffer, page: Page, pageBytes: number): PageRef => {
  const { chunks, keys } = page;
  return {
    name,
    key: key.toString("base64"),
    first: keys.count === 0 ? "" : keys.key(0).toString("hex"),
    last: keys.count === 0 ? "" : keys.key(keys.count - 1).toString("hex"),
    rows: chunks.length === 0 ? keys.count : chunks.reduce((sum, chunk) => sum + chunk.rows, 0),
    chunks: chunks.length,
    plainBytes: chunks.reduce((sum, chunk) => sum + chunk.plainBytes, 0),
    sealedBytes: chunks.reduce((sum, chunk) => sum + chunk.sealedBytes, pageBytes),
  };
};

/**
 * @param window  of its keys, where not all shall be held at once
 * @throws OBJECT_MISSING, OBJECT_CORRUPT  naming the page
 */
export const getPage = async (
  store: ObjectStore,
  ref: Pick<PageRef, "name" | "key">,
  window?: KeyWindow,
): Promise<Page> => {
  const sealed = await getObject(store, ref.name);
  const page = decodePage(ref.name, sealed, Buffer.from(ref.key, "base64"), window);
  freeBytes(sealed);
  return page;
};

/**
 * The chunks of a page without its keys, which take longer to read than all the rest of it.
 * @throws OBJECT_MISSING, OBJECT_CORRUPT  naming the page
 */
export const getEntries = async (
  store: ObjectStore,
  ref: Pick<PageRef, "name" | "key">,
): Promise<readonly ChunkEntry[]> => {
  const sealed = await getObject(store, ref.name);
  const { entries, body } = openPage(ref.name, sealed, Buffer.from(ref.key, "base64"));
  freeBytes(sealed);
  freeBytes(body);
  return entries.chunks;
};

const decodePage = (name: string, sealed: Buffer, key: Buffer, window?: KeyWindow): Page => {
  const { entries, keysAt, body } = openPage(name, sealed, key);
  const keys = KeyList.decode(body.subarray(keysAt), entries.keys, window);
  freeBytes(body);
  return { chunks: entries.chunks, keys };
};

const openPage = (name: string, sealed: Buffer, key: Buffer) => {
  const { plain } = open<PageHeader>(name, sealed, "page", key);
  const body = unpack(name, plain);
  freeBytes(plain);
  const keysAt = body.length < 4 ? -1 : 4 + body.readUInt32BE(0);
  if (keysAt < 0 || keysAt > body.length) throw damaged(name);
  const entries = JSON.parse(body.toString("utf8", 4, keysAt)) as { chunks: ChunkEntry[]; keys: number };
  return { entries, keysAt, body };
};

/**
 * Names of the chunks a page names, without a key. Undefined if the page is gone.
 * @throws OBJECT_CORRUPT  its header names nothing
 */
export const pageChunkNames = async (store: ObjectStore, name: string): Promise<readonly string[] | undefined> => {
  // The keys behind the header are most of a page.
  let sealed = await store.get(name, { offset: 0, length: HEADER_BYTES_LIKELY });
  if (sealed?.length === HEADER_BYTES_LIKELY && !holdsHeader(sealed)) sealed = await store.get(name);
  if (sealed === undefined) return undefined;
  const header = readHeader<PageHeader>(name, sealed, "page");
  // Without the key nothing proves the header, and what it does not name would be swept.
  const named = Array.isArray(header.chunks) && header.chunks.every((chunk) => typeof chunk === "string");
  if (!named) throw damaged(name);
  return header.chunks;
};

/** Pages that a capture wrote so far: what it leaves behind if it dies. */
export const pagePrefix = (className: string, pointId: string): string => `pages/${className}/${pointId}/`;

/**
 * Opens a page by the data key of the part it was written for, without a manifest.
 * @returns undefined if the page is gone
 */
export const adoptPage = async (
  store: ObjectStore,
  name: string,
  partKey: Buffer,
): Promise<{ readonly table: string; readonly ref: PageRef; readonly page: Page } | undefined> => {
  const sealed = await store.get(name);
  if (sealed === undefined) return undefined;
  const header = readHeader<PageHeader>(name, sealed, "page");
  const key = openKey(partKey, name, header.sealedKey);
  const page = decodePage(name, sealed, key);
  return { table: header.table, ref: pageRef(name, key, page, sealed.length), page };
};

const sealKey = (partKey: Buffer, name: string, key: Buffer, entropy: Entropy): string => {
  const nonce = entropy.bytes(12);
  const cipher = createCipheriv("aes-256-gcm", partKey, nonce).setAAD(Buffer.from(name, "utf8"));
  const sealed = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return sealed.toString("base64");
};

const openKey = (partKey: Buffer, name: string, sealedKey: string): Buffer => {
  try {
    // The header is not authenticated yet: a damaged one may lack the field.
    const sealed = Buffer.from(sealedKey, "base64");
    const decipher = createDecipheriv("aes-256-gcm", partKey, sealed.subarray(0, 12)).setAAD(Buffer.from(name, "utf8"));
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return Buffer.concat([decipher.update(sealed.subarray(12, sealed.length - 16)), decipher.final()]);
  } catch (cause) {
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: its key does not open`, {
      cause,
      facts: { object: name },
    });
  }
};

const damaged = (name: string): Failure =>
  new Failure("OBJECT_CORRUPT", `object ${name} is damaged: it is not a page`, { facts: { object: name } });
