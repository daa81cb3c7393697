import { Failure } from "../model/errors.ts";
import { freeBytes } from "../model/free-bytes.ts";
import type { ChunkEntry, PageRef } from "../model/point.ts";
import type { TableFacts } from "../model/table.ts";
import { getChunk } from "./chunk.ts";
import { frameEnd } from "./frames.ts";
import { KeyReader } from "./key.ts";
import { compareKeys, type KeyList } from "./key-list.ts";
import type { LayerSource } from "./layers.ts";
import { getPage, type Page } from "./page.ts";
import type { Problems, VerifyLevel } from "./verify-report.ts";

/** Chunks fetched ahead of the one being checked. */
const CHUNKS_AHEAD = 2;
/** Sizes asked for at once. */
const HEADS_MAX = 16;

export interface PageWork {
  readonly source: LayerSource;
  readonly facts: TableFacts;
  readonly hashSeed: string;
  readonly level: VerifyLevel;
  readonly problems: Problems;
  readonly where: { readonly point: string; readonly table: string };
  readonly signal: AbortSignal;
  readonly onRead: (counts: { readonly objects: number; readonly bytes: number; readonly rows: number }) => void;
}

export interface PageChecked {
  readonly ok: boolean;
  /** Sum of the key hashes of its rows modulo 2^64; of gone keys zero, because no layer sums them. */
  readonly sum: bigint;
}

/** Checks one page and its chunks against what its part says about it. */
export const checkPage = async (work: PageWork, ref: PageRef): Promise<PageChecked> => {
  const { source, problems } = work;
  const before = problems.all.length;
  const where = { ...work.where, object: ref.name };
  const page = await problems.attempt(where, () => getPage(source.store, ref));
  if (page === undefined) return { ok: false, sum: 0n };
  await checkSizes(work, ref, page);
  comparePage(problems, where, ref, page);
  const keyed = work.facts.key !== undefined && page.chunks.length > 0;
  const reader = new KeyReader(work.facts.key ?? [KEYLESS], work.facts.format, work.hashSeed);
  if (work.level === "read") await checkChunks(work, page, keyed ? reader : undefined);
  const sum = keyed ? sumOf(page.keys, reader) : 0n;
  return { ok: problems.all.length === before, sum };
};

/** Never read: a table without a key has no keys to read. */
const KEYLESS = { name: "", position: 0, order: "output" } as const;

const sumOf = (keys: KeyList, reader: KeyReader): bigint => {
  let high = 0;
  let low = 0;
  for (let i = 0; i < keys.count; i++) {
    reader.readKey(keys.bytes, keys.start(i), keys.end(i));
    high += reader.hash.hi;
    low += reader.hash.lo;
  }
  return BigInt.asUintN(64, BigInt(high) * 2n ** 32n + BigInt(low));
};

const comparePage = (
  problems: Problems,
  where: PageWork["where"] & { readonly object: string },
  ref: PageRef,
  { chunks, keys }: Page,
): void => {
  const listed = chunks.reduce((rows, chunk) => rows + chunk.rows, 0);
  const first = keys.count === 0 ? "" : keys.key(0).toString("hex");
  const last = keys.count === 0 ? "" : keys.key(keys.count - 1).toString("hex");
  const same =
    ref.chunks === chunks.length &&
    ref.rows === (chunks.length === 0 ? keys.count : listed) &&
    (keys.count === 0 || chunks.length === 0 || keys.count === listed) &&
    ref.first === first &&
    ref.last === last &&
    ref.plainBytes === chunks.reduce((bytes, chunk) => bytes + chunk.plainBytes, 0);
  if (!same) problems.add("DIGEST_MISMATCH", `page ${ref.name} does not hold what its part says`, where);
};

/** Every object that the page stands for is there and has its size. */
const checkSizes = async (work: PageWork, ref: PageRef, page: Page): Promise<void> => {
  const { source, problems } = work;
  const inChunks = page.chunks.reduce((bytes, chunk) => bytes + chunk.sealedBytes, 0);
  const claims = [{ name: ref.name, bytes: ref.sealedBytes - inChunks }].concat(
    page.chunks.map((chunk) => ({ name: chunk.name, bytes: chunk.sealedBytes })),
  );
  for (let at = 0; at < claims.length; at += HEADS_MAX) {
    work.signal.throwIfAborted();
    const batch = claims.slice(at, at + HEADS_MAX);
    const heads = await Promise.all(batch.map(({ name }) => source.store.head(name)));
    heads.forEach((head, i) => {
      const { name, bytes } = batch[i] as (typeof batch)[number];
      const where = { ...work.where, object: name };
      work.onRead({ objects: 1, bytes: head?.bytes ?? 0, rows: 0 });
      if (head === undefined) problems.add("OBJECT_MISSING", `object ${name} is missing from the vault`, where);
      else if (head.bytes !== bytes)
        problems.add("OBJECT_CORRUPT", `object ${name} has ${head.bytes} bytes, expected ${bytes}`, where);
    });
  }
};

const checkChunks = async (work: PageWork, page: Page, reader: KeyReader | undefined): Promise<void> => {
  const { source, problems } = work;
  const ahead: { entry: ChunkEntry; first: number; plain: Promise<Buffer> }[] = [];
  let first = 0;
  let next = 0;
  for (;;) {
    work.signal.throwIfAborted();
    while (ahead.length <= CHUNKS_AHEAD && next < page.chunks.length) {
      const entry = page.chunks[next++] as ChunkEntry;
      const plain = getChunk(source.store, source.namingSecret, source.place, entry);
      // Whoever awaits it gets the error; until then it must not end the process.
      plain.catch(() => undefined);
      ahead.push({ entry, first, plain });
      first += entry.rows;
    }
    const chunk = ahead.shift();
    if (chunk === undefined) return;
    const where = { ...work.where, object: chunk.entry.name };
    await problems.attempt(where, async () => {
      const plain = await chunk.plain;
      const rows = checkRows(chunk.entry, chunk.first, plain, page.keys, reader);
      freeBytes(plain);
      work.onRead({ objects: 0, bytes: 0, rows });
    });
  }
};

/** @throws DIGEST_MISMATCH  the rows of a chunk are not those that its page lists */
const checkRows = (
  entry: ChunkEntry,
  first: number,
  plain: Buffer,
  keys: KeyList,
  reader: KeyReader | undefined,
): number => {
  const differs = (what: string): Failure =>
    new Failure("DIGEST_MISMATCH", `chunk ${entry.name} does not hold the rows that its page lists: ${what}`, {
      facts: { object: entry.name },
    });
  let rows = 0;
  for (let at = 0; at < plain.length; rows++) {
    const end = frameEnd(plain, at);
    if (reader !== undefined) {
      if (first + rows >= keys.count) throw differs("it has more");
      reader.read(plain, at, end);
      const start = keys.start(first + rows);
      if (compareKeys(reader.bytes, 0, reader.length, keys.bytes, start, keys.end(first + rows)) !== 0)
        throw differs("a key differs");
    }
    at = end;
  }
  if (rows !== entry.rows) throw differs(`it has ${rows} rows, expected ${entry.rows}`);
  if (reader !== undefined) {
    const range = [keys.key(first).toString("hex"), keys.key(first + rows - 1).toString("hex")];
    if (range[0] !== entry.first || range[1] !== entry.last) throw differs("its first or last key differs");
  }
  return rows;
};
