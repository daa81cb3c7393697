import { decodeManifest } from "../../lib/engine/archive/archive-manifest.ts";
import { openFrame } from "../../lib/engine/archive/open-archive-part.ts";
import { decompress, unpack } from "../../lib/engine/chunk.ts";
import { adoptPage, getPage, type Page, pageChunkNames } from "../../lib/engine/page.ts";
import { type PartHeader, pagesOf } from "../../lib/engine/points.ts";
import { open } from "../../lib/engine/seal.ts";
import type { Vault } from "../../lib/engine/vault.ts";
import { isFailure } from "../../lib/model/errors.ts";
import type { ChunkEntry, PageRef, Part } from "../../lib/model/point.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import type { RetainedFacts, RetainedStore } from "../../lib/ports/retained-store.ts";

const WORD = /[KB]-\d{7}-[kb]/g;
const HEX = /"((?:[0-9a-f]{2}){8,})"/g;

/** Every word of the shop in some bytes, also where keys stand in them as hex. */
export const wordsIn = (bytes: Buffer): readonly string[] => {
  const text = bytes.toString("latin1");
  const hidden = [...text.matchAll(HEX)].map(([, hex = ""]) => Buffer.from(hex, "hex").toString("latin1"));
  return [text, ...hidden].flatMap((one) => one.match(WORD) ?? []);
};

interface OpenedPart {
  readonly words: readonly string[];
  readonly pages: readonly PageRef[];
}

interface OpenedPage {
  readonly words: readonly string[];
  readonly chunks: readonly ChunkEntry[];
}

/**
 * Opens everything in a vault that any key in its key store opens, by a walk that asks no point and trusts no list: every part
 * object by its own key, every page by every key of its class, every chunk that one of them names, every archive by its manifest. What is stored under a
 * name never changes, so what was read once is remembered.
 */
export class InsideView {
  readonly #parts = new Map<string, OpenedPart>();
  readonly #pages = new Map<string, OpenedPage>();
  readonly #chunks = new Map<string, readonly string[]>();
  readonly #keys = new Map<string, Buffer>();
  /** By page and name of a key: whether it opens the page. */
  readonly #opens = new Map<string, boolean>();
  readonly #clear = new Map<string, readonly string[]>();

  /** Each word that can be read now, and an object in which it stands. */
  async readable(vault: Vault, archive: RetainedStore): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    const note = (words: readonly string[], where: string): void => {
      for (const word of words) found.set(word, where);
    };
    const hot = await namesIn(vault.hot);
    const there = new Set(hot);
    const keyNames = (await namesIn(vault.stores.keys)).filter((name) => name.startsWith("parts/"));
    const openPages = new Map<string, OpenedPage>();
    for (const keyName of keyNames) {
      const key = await this.#key(vault, keyName);
      for (const name of hot.filter((one) => one.startsWith(`${keyName}.`))) {
        const part = await this.#part(vault.hot, name, key);
        note(part.words, name);
        for (const ref of part.pages)
          if (there.has(ref.name)) openPages.set(ref.name, await this.#page(vault.hot, ref));
      }
      const className = keyName.split("/")[2] as string;
      for (const name of hot.filter((one) => one.startsWith(`pages/${className}/`))) {
        const page = await this.#adopted(vault.hot, name, keyName, key);
        if (page !== undefined) openPages.set(name, page);
      }
    }
    for (const [name, page] of openPages) {
      note(page.words, name);
      for (const chunk of page.chunks) if (there.has(chunk.name)) note(await this.#chunk(vault.hot, chunk), chunk.name);
    }
    for (const keyName of await namesIn(vault.stores.keys, "archives/")) {
      const dataKey = await this.#archiveKey(vault, keyName);
      for await (const facts of archive.list(`${keyName}/`))
        if (facts.name.endsWith("/manifest")) note(await this.#archived(archive, facts, dataKey), facts.name);
    }
    return found;
  }

  async #archiveKey(vault: Vault, name: string): Promise<Buffer> {
    const [, database = "", businessDate = "", className = ""] = name.split("/");
    const key = this.#keys.get(name) ?? (await vault.archiveKey({ database, businessDate, class: className }));
    this.#keys.set(name, key);
    return key;
  }

  /** Every word in the packs that a manifest names, whether a document names the manifest or not. */
  async #archived(
    archive: RetainedStore,
    { name, version }: RetainedFacts,
    dataKey: Buffer,
  ): Promise<readonly string[]> {
    const known = this.#chunks.get(`${name} ${version}`);
    if (known !== undefined) return known;
    const sealed = (await archive.get(name, version)) as Buffer;
    const directory = name.slice(0, name.lastIndexOf("/") + 1);
    const manifest = decodeManifest(name, sealed, dataKey, directory.split("/").at(-2) as string);
    const words = [...wordsIn(Buffer.from(JSON.stringify(manifest)))];
    for (const pack of manifest.packs) {
      const [packVersion = ""] = await archive.versions(`${directory}${pack.name}`);
      const bytes = await archive.get(`${directory}${pack.name}`, packVersion);
      let offset = 0;
      for (const frame of bytes === undefined ? [] : pack.frames) {
        const piece = (bytes as Buffer).subarray(offset, offset + frame.bytes);
        words.push(...wordsIn(openFrame(pack.name, pack, frame, offset, piece)));
        offset += frame.bytes;
      }
    }
    this.#chunks.set(`${name} ${version}`, words);
    return words;
  }

  /** Words in objects of a store as they lie there: there must be none. */
  async clear(store: ObjectStore, place: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const name of await namesIn(store)) {
      const known = `${place}/${name}`;
      let words = this.#clear.get(known);
      if (words === undefined) {
        words = [...wordsIn(Buffer.from(name)), ...wordsIn((await store.get(name)) ?? Buffer.alloc(0))];
        this.#clear.set(known, words);
      }
      if (words.length > 0) found.push(known);
    }
    return found;
  }

  /** Every page and chunk that newest points lead to, and what always stays: whatever else there is nobody needs. */
  async unneeded(vault: Vault, points: readonly { readonly parts: readonly { readonly name: string }[] }[]) {
    const needed = new Set<string>();
    for (const { name } of points.flatMap((point) => point.parts)) {
      needed.add(name);
      for (const ref of this.#parts.get(name)?.pages ?? []) {
        needed.add(ref.name);
        for (const chunk of (await pageChunkNames(vault.hot, ref.name)) ?? []) needed.add(chunk);
      }
    }
    const names = await namesIn(vault.hot);
    const there = new Set(names);
    const ours = /^(parts|pages|chunks)\//;
    return {
      left: names.filter((name) => ours.test(name) && !needed.has(name)),
      missing: [...needed].filter((name) => !there.has(name)),
    };
  }

  async #key(vault: Vault, name: string): Promise<Buffer> {
    const [, id = "", className = ""] = name.split("/");
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = await vault.partKey(id, className);
    this.#keys.set(name, key);
    return key;
  }

  async #part(hot: ObjectStore, name: string, key: Buffer): Promise<OpenedPart> {
    const known = this.#parts.get(name);
    if (known !== undefined) return known;
    const { plain } = open<PartHeader>(name, (await hot.get(name)) as Buffer, "part", key);
    const json = unpack(name, plain);
    const part = { words: wordsIn(json), pages: pagesOf(JSON.parse(json.toString("utf8")) as Part) };
    this.#parts.set(name, part);
    return part;
  }

  async #page(hot: ObjectStore, ref: Pick<PageRef, "name" | "key">): Promise<OpenedPage> {
    const known = this.#pages.get(ref.name);
    return known ?? this.#remember(ref.name, await getPage(hot, ref));
  }

  async #adopted(hot: ObjectStore, name: string, keyName: string, key: Buffer): Promise<OpenedPage | undefined> {
    const pair = `${name} ${keyName}`;
    const opens = this.#opens.get(pair);
    if (opens === false) return undefined;
    if (opens === true) return this.#pages.get(name);
    try {
      const adopted = await adoptPage(hot, name, key);
      this.#opens.set(pair, adopted !== undefined);
      return adopted && this.#remember(name, adopted.page);
    } catch (error) {
      if (!isFailure(error, "OBJECT_CORRUPT")) throw error;
      this.#opens.set(pair, false);
      return undefined;
    }
  }

  #remember(name: string, page: Page): OpenedPage {
    const keys = Array.from({ length: page.keys.count }, (_, i) => page.keys.key(i).toString("latin1")).join(" ");
    const words = wordsIn(Buffer.from(`${keys} ${JSON.stringify(page.chunks)}`, "latin1"));
    const opened = { words, chunks: page.chunks };
    this.#pages.set(name, opened);
    return opened;
  }

  async #chunk(hot: ObjectStore, entry: ChunkEntry): Promise<readonly string[]> {
    const known = this.#chunks.get(entry.name);
    if (known !== undefined) return known;
    const sealed = await hot.get(entry.name);
    if (sealed === undefined) return [];
    const { plain } = open(entry.name, sealed, "chunk", Buffer.from(entry.key, "base64"));
    const words = wordsIn(decompress(entry.name, plain, entry.plainBytes));
    this.#chunks.set(entry.name, words);
    return words;
  }
}

export const namesIn = async (store: ObjectStore, prefix = ""): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
};
