import { createHmac } from "node:crypto";
import { Failure } from "../model/errors.ts";
import { partClass } from "../model/row-age.ts";
import type { Entropy } from "../ports/clock.ts";
import type { KeyContext, KeyService } from "../ports/key-service.ts";
import type { ObjectStore, VaultStores } from "../ports/object-store.ts";
import { type ArchivePlace, archiveId, archiveKeyName } from "./archive/archive-names.ts";
import { getObject } from "./chunk.ts";
import { decodeDocument, encodeDocument } from "./document.ts";
import { isShredded } from "./shred.ts";

const FORMAT = 1;
const VAULT_NAME = "vault.json";

interface VaultDocument {
  readonly format: 1;
  readonly kind: "vault";
  readonly id: string;
}

interface WrappedDocument {
  readonly format: 1;
  readonly kind: "wrapped key";
  /** Base64. */
  readonly wrapped: string;
}

/** Whether there is a vault in a hot store. */
export const isVault = async (hot: ObjectStore): Promise<boolean> => (await hot.head(VAULT_NAME)) !== undefined;

/** A data key: its wrapped form's name in the key store, what it is bound to, and what it opens, in words. */
interface DataKey {
  readonly name: string;
  readonly context: KeyContext;
  readonly of: string;
}

/** What a class's chunks are named and its keys are hashed with. Whoever has it can tell equal rows, not read them. */
export interface ClassSecret {
  readonly namingSecret: Buffer;
  /** Signed 64-bit decimal. */
  readonly hashSeed: string;
}

/** An open vault: its stores, its id, and the keys of its classes and parts as they are asked for. */
export class Vault {
  readonly id: string;
  readonly stores: VaultStores;
  readonly entropy: Entropy;
  readonly #keys: KeyService;

  private constructor(id: string, stores: VaultStores, keys: KeyService, entropy: Entropy) {
    this.id = id;
    this.stores = stores;
    this.#keys = keys;
    this.entropy = entropy;
  }

  get hot(): ObjectStore {
    return this.stores.hot;
  }

  /**
   * Opens a vault, or makes one in stores that are empty.
   * @throws VAULT_NOT_OURS  the hot store holds something else
   */
  static async openOrCreate(stores: VaultStores, keys: KeyService, entropy: Entropy): Promise<Vault> {
    if (!(await isVault(stores.hot))) {
      for await (const object of stores.hot.list("")) {
        // Another first capture has made it meanwhile: vault.json is the first object of every vault.
        if (await isVault(stores.hot)) break;
        throw new Failure("VAULT_NOT_OURS", `the store has objects (${object.name}) but is not a vault`);
      }
      const document: VaultDocument = { format: FORMAT, kind: "vault", id: entropy.bytes(8).toString("hex") };
      // Two first captures may race here: the loser opens what the winner made.
      await stores.hot.put(VAULT_NAME, [encodeDocument(document)]);
    }
    return Vault.open(stores, keys, entropy);
  }

  /**
   * @throws VAULT_NOT_FOUND  there is no vault
   * @throws VAULT_TOO_NEW  a later Lastgood made it
   */
  static async open(stores: VaultStores, keys: KeyService, entropy: Entropy): Promise<Vault> {
    const bytes = await stores.hot.get(VAULT_NAME);
    if (bytes === undefined) throw new Failure("VAULT_NOT_FOUND", "there is no vault here: vault.json is missing");
    const document = decodeDocument<VaultDocument>(VAULT_NAME, bytes, FORMAT);
    return new Vault(document.id, stores, keys, entropy);
  }

  /** The secret of a class, which the parts of its days share; made when the class is first captured. */
  async classSecret(partName: string, make: "make" | "must exist" = "must exist"): Promise<ClassSecret> {
    const { class: className } = partClass(partName);
    const name = `classes/${className}`;
    const context = this.#context("naming", { class: className });
    if (make === "make" && (await this.stores.keys.head(name)) === undefined) {
      const { wrapped } = await this.#keys.generate(context);
      await this.stores.keys.put(name, [encodeWrapped(wrapped)]);
    }
    const namingSecret = await this.#unwrap(name, context);
    const seed = createHmac("sha256", namingSecret).update("key hash seed").digest().readBigInt64BE(0);
    // Zero is PostgreSQL's word for "no seed", and then the first column would be hashed differently.
    return { namingSecret, hashSeed: String(seed === 0n ? 1n : seed) };
  }

  /**
   * The data key of a part, made if there never was one. The wrapped key is in the store before anything is sealed under it.
   * @throws KEY_SHREDDED  there was one, and it was destroyed
   */
  partKeyOrMake(pointId: string, className: string): Promise<Buffer> {
    return this.#keyOrMake(this.#keyOfPart(pointId, className));
  }

  /** @throws KEY_SHREDDED  the part has expired, whoever put its key back since */
  partKey(pointId: string, className: string): Promise<Buffer> {
    return this.#keyOf(this.#keyOfPart(pointId, className));
  }

  /** The same for an archive part. */
  archiveKeyOrMake(place: ArchivePlace): Promise<Buffer> {
    return this.#keyOrMake(this.#keyOfArchive(place));
  }

  archiveKey(place: ArchivePlace): Promise<Buffer> {
    return this.#keyOf(this.#keyOfArchive(place));
  }

  #keyOfPart(pointId: string, className: string): DataKey {
    const context = this.#context("part", { point: pointId, class: className });
    return { name: partKeyName(pointId, className), context, of: `part ${pointId}/${className}` };
  }

  #keyOfArchive(place: ArchivePlace): DataKey {
    const context = this.#context("archive", { archive: archiveId(place), class: place.class });
    return { name: archiveKeyName(place), context, of: `archive ${archiveId(place)}/${place.class}` };
  }

  async #keyOrMake(wanted: DataKey): Promise<Buffer> {
    const { name, context } = wanted;
    if ((await this.stores.keys.head(name)) !== undefined || (await isShredded(this.stores.keys, name)))
      return this.#keyOf(wanted);
    const { key, wrapped } = await this.#keys.generate(context);
    // Two attempts at one archive may race here: the loser uses what the winner made.
    if ((await this.stores.keys.put(name, [encodeWrapped(wrapped)])) === "exists") return this.#keyOf(wanted);
    return key;
  }

  async #keyOf({ name, context, of }: DataKey): Promise<Buffer> {
    if ((await this.stores.keys.head(name)) === undefined || (await isShredded(this.stores.keys, name)))
      throw new Failure("KEY_SHREDDED", `the data key of ${of} is gone: it cannot be read any more`);
    return this.#unwrap(name, context);
  }

  async #unwrap(name: string, context: KeyContext): Promise<Buffer> {
    const document = decodeDocument<WrappedDocument>(name, await getObject(this.stores.keys, name), FORMAT);
    return this.#keys.unwrap(Buffer.from(document.wrapped, "base64"), context);
  }

  #context(purpose: string, rest: KeyContext): KeyContext {
    return { vault: this.id, purpose, ...rest };
  }
}

const encodeWrapped = (wrapped: Buffer): Buffer =>
  encodeDocument({
    format: FORMAT,
    kind: "wrapped key",
    wrapped: wrapped.toString("base64"),
  } satisfies WrappedDocument);

/** Where the wrapped data key of a part lies in the key store. Without it the part's bytes are noise. */
export const partKeyName = (pointId: string, className: string): string => `parts/${pointId}/${className}`;
