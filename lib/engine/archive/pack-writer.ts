import { createHash } from "node:crypto";
import type { ArchivedObject } from "../../model/archive.ts";
import { Failure } from "../../model/errors.ts";
import { freeBytes } from "../../model/free-bytes.ts";
import { MIB } from "../../model/units.ts";
import type { Entropy } from "../../ports/clock.ts";
import type { RetainedStore, Retention } from "../../ports/retained-store.ts";
import { sha256 } from "../document.ts";
import type { SqlPiece } from "../restore/sql-stream.ts";
import { type ArchivedFrame, type ArchivedPack, compressFrame } from "./archive-manifest.ts";
import { encrypting } from "./archive-seal.ts";

/** One request stores it, and one request reads it. */
export const PACK_BYTES = 64 * MIB;
const TEXT_BYTES = MIB;
const KEY_BYTES = 32;

/** Where the objects of an attempt go, and what locks them. */
export interface AttemptStore {
  readonly archive: RetainedStore;
  /** Of every name, ending with `/`. */
  readonly prefix: string;
  readonly retention: Retention;
}

/** @throws OBJECT_EXISTS  a name that was to be new is taken */
export const putArchived = async (
  { archive, prefix, retention }: AttemptStore,
  name: string,
  pieces: readonly Buffer[],
): Promise<ArchivedObject> => {
  const digest = createHash("sha256");
  for (const piece of pieces) digest.update(piece);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const stored = await archive.put(`${prefix}${name}`, pieces, retention);
  if (stored === "exists")
    throw new Failure("OBJECT_EXISTS", `object ${prefix}${name} exists already`, {
      facts: { object: `${prefix}${name}` },
    });
  return { name: `${prefix}${name}`, version: stored.version, bytes, sha256: digest.digest("hex") };
};

/** Cuts a stream into frames, and packs of them, each pack under a key of its own. Memory: one pack. */
export class PackWriter {
  readonly packs: ArchivedPack[] = [];
  readonly objects: ArchivedObject[] = [];
  readonly #store: AttemptStore;
  readonly #entropy: Entropy;
  readonly #packBytes: number;
  /** SQL that is no row, waiting to be a frame. */
  #text: Buffer[] = [];
  #textBytes = 0;
  #key: Buffer = Buffer.alloc(0);
  #encrypt: ((piece: Buffer) => Buffer) | undefined;
  #frames: ArchivedFrame[] = [];
  #sealed: Buffer[] = [];
  #sealedBytes = 0;

  constructor(store: AttemptStore, entropy: Entropy, packBytes: number) {
    this.#store = store;
    this.#entropy = entropy;
    this.#packBytes = packBytes;
  }

  /** Takes the bytes: they are freed once they are packed. */
  async add({ bytes, rows, table }: SqlPiece): Promise<void> {
    if (table === undefined) {
      this.#text.push(bytes);
      this.#textBytes += bytes.length;
      if (this.#textBytes >= TEXT_BYTES) await this.#endText();
      return;
    }
    await this.#endText();
    await this.#frame(bytes, { table, rows });
  }

  async finish(): Promise<void> {
    await this.#endText();
    await this.#endPack();
  }

  async #endText(): Promise<void> {
    if (this.#textBytes === 0) return;
    const plain = Buffer.concat(this.#text, this.#textBytes);
    this.#text = [];
    this.#textBytes = 0;
    await this.#frame(plain, { rows: 0 });
  }

  async #frame(plain: Buffer, what: Pick<ArchivedFrame, "table" | "rows">): Promise<void> {
    if (this.#encrypt === undefined) {
      this.#key = this.#entropy.bytes(KEY_BYTES);
      this.#encrypt = encrypting(this.#key);
    }
    const packed = compressFrame(plain);
    const sealed = this.#encrypt(packed);
    this.#frames.push({ ...what, plainBytes: plain.length, bytes: sealed.length, sha256: sha256(sealed) });
    for (const used of [plain, packed]) freeBytes(used);
    this.#sealed.push(sealed);
    this.#sealedBytes += sealed.length;
    if (this.#sealedBytes >= this.#packBytes) await this.#endPack();
  }

  async #endPack(): Promise<void> {
    if (this.#frames.length === 0) return;
    const name = `packs/${String(this.packs.length + 1).padStart(6, "0")}`;
    const object = await putArchived(this.#store, name, this.#sealed);
    for (const piece of this.#sealed) freeBytes(piece);
    this.objects.push(object);
    this.packs.push({
      name,
      sha256: object.sha256,
      key: this.#key.toString("hex"),
      bytes: object.bytes,
      frames: this.#frames,
    });
    this.#encrypt = undefined;
    this.#frames = [];
    this.#sealed = [];
    this.#sealedBytes = 0;
  }
}
