import { createCipheriv, createDecipheriv } from "node:crypto";
import { Failure } from "../model/errors.ts";
import type { Entropy } from "../ports/clock.ts";

/**
 * A sealed object: magic `LGO1`, u32 big-endian length of the header, header (JSON, clear), nonce of 12 bytes,
 * AES-256-GCM ciphertext, tag of 16 bytes. Everything before the nonce is authenticated. FORMAT.md section 2.
 */
const MAGIC = Buffer.from("LGO1", "latin1");
const FORMAT_NEWEST = 1;
const HEAD_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES_MAX = 16 * 1024 * 1024;

/** What every header says. It is readable without a key, so it never holds a row value. */
export interface SealedHeader {
  readonly kind: "chunk" | "page" | "part" | "work";
  readonly format: number;
}

/** @returns the pieces of the object, to be concatenated */
export const seal = (header: SealedHeader, plain: Uint8Array, key: Buffer, entropy: Entropy): readonly Buffer[] => {
  const json = Buffer.from(JSON.stringify(header), "utf8");
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32BE(json.length, 4);
  const nonce = entropy.bytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.concat([head, json]));
  const body = cipher.update(plain);
  cipher.final();
  return [head, json, nonce, body, cipher.getAuthTag()];
};

/**
 * Reads the clear header of a sealed object. It is not yet authenticated.
 * @throws OBJECT_CORRUPT  naming the object
 * @throws VAULT_TOO_NEW  a later Lastgood wrote it
 */
export const readHeader = <H extends SealedHeader>(name: string, sealed: Buffer, kind: H["kind"]): H =>
  split<H>(name, sealed, kind).header;

/** Whether the beginning of a sealed object holds its header whole. */
export const holdsHeader = (beginning: Buffer): boolean =>
  beginning.length >= HEAD_BYTES && beginning.length >= HEAD_BYTES + beginning.readUInt32BE(4);

/**
 * Opens a sealed object.
 * @throws OBJECT_CORRUPT  naming the object: a bit changed, bytes are missing, or the key is another object's
 */
export const open = <H extends SealedHeader>(
  name: string,
  sealed: Buffer,
  kind: H["kind"],
  key: Buffer,
): { readonly header: H; readonly plain: Buffer } => {
  const { header, clearBytes } = split<H>(name, sealed, kind);
  if (sealed.length < clearBytes + NONCE_BYTES + TAG_BYTES) throw corrupt(name, "it is cut short");
  const bodyAt = clearBytes + NONCE_BYTES;
  const bodyEnd = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(clearBytes, bodyAt));
  decipher.setAAD(sealed.subarray(0, clearBytes));
  decipher.setAuthTag(sealed.subarray(bodyEnd));
  const plain = decipher.update(sealed.subarray(bodyAt, bodyEnd));
  try {
    decipher.final();
  } catch (cause) {
    throw corrupt(name, "its seal does not hold", cause);
  }
  return { header, plain };
};

const split = <H extends SealedHeader>(name: string, sealed: Buffer, kind: H["kind"]) => {
  if (sealed.length < HEAD_BYTES || !sealed.subarray(0, 4).equals(MAGIC))
    throw corrupt(name, "it is not a sealed object");
  const length = sealed.readUInt32BE(4);
  const clearBytes = HEAD_BYTES + length;
  if (length > HEADER_BYTES_MAX || clearBytes > sealed.length) throw corrupt(name, "its header is cut short");
  let header: H;
  try {
    header = JSON.parse(sealed.toString("utf8", HEAD_BYTES, clearBytes)) as H;
  } catch (cause) {
    throw corrupt(name, "its header cannot be read", cause);
  }
  if (typeof header?.format === "number" && header.format > FORMAT_NEWEST)
    throw new Failure(
      "VAULT_TOO_NEW",
      `object ${name} has format ${header.format}, this Lastgood reads up to ${FORMAT_NEWEST}`,
    );
  if (header?.kind !== kind) throw corrupt(name, `it is not a ${kind}`);
  return { header, clearBytes };
};

const corrupt = (name: string, why: string, cause?: unknown): Failure =>
  new Failure("OBJECT_CORRUPT", `object ${name} is damaged: ${why}`, { cause, facts: { object: name } });
