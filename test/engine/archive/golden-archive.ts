import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { listArchiveParts, type StoredArchivePart } from "../../../lib/engine/archive/list-archive-parts.ts";
import { makeArchivePart } from "../../../lib/engine/archive/make-archive-part.ts";
import { getPart, listPoints } from "../../../lib/engine/points.ts";
import { Vault } from "../../../lib/engine/vault.ts";
import { directoryRetainedStore } from "../../../lib/local/directory-retained-store.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import type { ArchiveTimes } from "../../../lib/model/archive.ts";
import type { Part, PartRef, Point } from "../../../lib/model/point.ts";
import type { CapturedSchema, SchemaStatement } from "../../../lib/model/schema.ts";
import type { RetainedStore } from "../../../lib/ports/retained-store.ts";
import { manualClock } from "../../faults/manual-clock.ts";
import { goldenKeys, writeGoldenVault } from "../golden.ts";
import { namesIn, seededEntropy } from "../memory-vault.ts";
import { QUIET } from "./archive-world.ts";

const GOLDEN = fileURLToPath(new URL("../../golden/archive-1/", import.meta.url));
/** Lists the files, so that one that is missing shows. */
const CONTENTS = join(GOLDEN, "contents.txt");
const VAULT = "hot/vault.json";
/** What a person has in the end: the data key, and the SQL that it opens. */
export const DATA_KEY = "data.key";
export const SQL = "archive.sql";

/** Some frames make a pack, and there are several. */
const PACK_BYTES = 150;

const TIMES: ArchiveTimes = {
  retainUntil: Date.UTC(2036, 10, 19),
  lock: "compliance",
  keepUntil: Date.UTC(2036, 10, 18),
  deleteAt: Date.UTC(2036, 10, 20),
  deadline: Date.UTC(2036, 10, 21),
};

const statement = (table: string, tableOid: number, own: Partial<SchemaStatement> & { sql: string }) => ({
  section: "pre" as const,
  kind: "table",
  schema: "public",
  name: `public.${table}`,
  tableOid,
  ...own,
});

/** What the synthetic tables of the golden vault would have been made by. */
const SCHEMA: CapturedSchema = {
  statements: [
    statement("orders", 16_384, { sql: "CREATE TABLE public.orders (id bigint NOT NULL, body text)" }),
    statement("notes", 16_385, { sql: "CREATE TABLE public.notes (id text NOT NULL, body text)" }),
    statement("orders", 16_384, {
      kind: "sequence",
      name: "public.orders_id_seq",
      sql: "CREATE SEQUENCE public.orders_id_seq",
    }),
    statement("orders", 16_384, {
      section: "post",
      kind: "primary key",
      sql: "ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id)",
    }),
  ],
  sequences: [{ schema: "public", name: "orders_id_seq", lastValue: "70000", isCalled: true }],
  uncovered: [{ kind: "large objects", count: 2, names: [] }],
};

/** As SQL could make them: the tables of the golden vault share an oid. */
const withSchema = (part: Part): Part => ({
  ...part,
  schema: SCHEMA,
  tables: part.tables.map((table, i) => ({ ...table, facts: { ...table.facts, oid: 16_384 + i } })),
});

export interface GoldenArchive {
  readonly vault: Vault;
  readonly archive: RetainedStore;
  readonly part: StoredArchivePart;
  /** Every file of it by its path: of the archive as they lie on a disk. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Where `archive/` of these files lies. */
  readonly directory: string;
}

/** Archives the first point of the golden vault, with fixed entropy, clock and keys. */
export const writeGoldenArchive = async (): Promise<GoldenArchive> => {
  const clock = manualClock(Date.UTC(2026, 10, 21, 17));
  const entropy = seededEntropy("golden archive");
  const vault = await Vault.open(await writeGoldenVault(), goldenKeys(), entropy);
  const directory = await scratch();
  const archive = directoryRetainedStore(join(directory, "archive"), { clock, entropy });
  const point = (await listPoints(vault.hot))[0] as Point;
  const { part } = await makeArchivePart(
    { vault, archive, clock, ...QUIET },
    {
      point: { ...point, release: "v1.2.3", uncovered: SCHEMA.uncovered },
      part: withSchema(await getPart(vault, point, point.parts[0] as PartRef)),
      businessDate: "2026-11-20",
      schedule: "yearly",
      times: TIMES,
      packBytes: PACK_BYTES,
    },
  );
  const files = new Map([[VAULT, (await vault.hot.get("vault.json")) as Buffer]]);
  for (const name of await namesIn(vault.stores.keys, "archives/"))
    files.set(`keys/${name}`, (await vault.stores.keys.get(name)) as Buffer);
  for (const path of await filesBelow(directory)) files.set(path, await readFile(join(directory, path)));
  return { vault, archive, part, files, directory };
};

/** The archive that was written once, in a directory of its own. */
export const openGoldenArchive = async (): Promise<GoldenArchive> => {
  const directory = await scratch();
  const clock = manualClock(Date.UTC(2026, 10, 21, 18));
  const stores = { hot: memoryStore(clock), keys: memoryStore(clock) };
  const files = new Map<string, Buffer>();
  for (const path of (await readFile(CONTENTS, "utf8")).trim().split("\n")) {
    const bytes = await golden(path);
    files.set(path, bytes);
    if (path === VAULT) await stores.hot.put("vault.json", [bytes]);
    else if (path.startsWith("keys/")) await stores.keys.put(path.slice("keys/".length), [bytes]);
    else {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), bytes);
    }
  }
  const entropy = seededEntropy("reader");
  const vault = await Vault.open(stores, goldenKeys(), entropy);
  const archive = directoryRetainedStore(join(directory, "archive"), { clock, entropy });
  const [part] = (await listArchiveParts(archive)).parts;
  return { vault, archive, part: part as StoredArchivePart, files, directory };
};

/** A directory as somebody would have it who took the archive and its data key, and nothing else. */
export const copyOf = async ({ part, directory }: GoldenArchive): Promise<string> => {
  const manifest = part.objects.find(({ name }) => name.endsWith("/manifest"))?.name as string;
  const copy = join(directory, "copy");
  await cp(dirname(join(directory, "archive", manifest)), copy, { recursive: true });
  await writeFile(join(copy, DATA_KEY), await golden(DATA_KEY));
  return copy;
};

/** What was kept beside it. */
export const golden = (path: string): Promise<Buffer> => readFile(fileOf(path));

/** Writes the golden files anew. */
export const keepGoldenArchive = async (files: ReadonlyMap<string, Buffer>, beside: object): Promise<void> => {
  await rm(GOLDEN, { recursive: true, force: true });
  for (const [path, bytes] of [...files, ...Object.entries(beside)]) {
    await mkdir(dirname(fileOf(path)), { recursive: true });
    await writeFile(fileOf(path), bytes as Buffer | string);
  }
  await writeFile(CONTENTS, [...files.keys()].map((path) => `${path}\n`).join(""));
};

/** The suffix keeps tools from formatting what looks like JSON. */
const fileOf = (path: string): string => join(GOLDEN, `${path}.golden`);

const scratch = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-archive-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
};

const filesBelow = async (directory: string): Promise<readonly string[]> => {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(directory.length + 1))
    .toSorted();
};
