import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { putPart, putPoint } from "../lib/engine/points.ts";
import { Vault } from "../lib/engine/vault.ts";
import { createKeyFile, openKeyFile } from "../lib/local/key-file.ts";
import { memoryStore } from "../lib/local/memory-store.ts";
import { systemClock } from "../lib/local/system-clock.ts";
import { systemEntropy } from "../lib/local/system-entropy.ts";
import type { PartRef } from "../lib/model/point.ts";
import type { ObjectStore } from "../lib/ports/object-store.ts";
import { laneFor, partTableOf, type TableState, takeBase, takeDelta } from "../test/engine/synthetic-history.ts";
import { syntheticFacts } from "../test/engine/synthetic-rows.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const DATABASES = 14;
const DAYS = 28;
/** Points of releases, all of the first database. */
const RELEASES = 8;
const ROWS: Readonly<Record<string, number>> = { people: 2_000, rest: 4_000 };
const CHANGED_SHARE = 100;
/** Longer than a chunk of the synthetic cut may be: each row is a chunk of its own. */
const BODY = "x".repeat(1_700);

const POLICY = `
version: 1
controller: Benchmark
timeZone: UTC
databases: [${Array.from({ length: DATABASES }, (_, i) => `shop${i}`).join(", ")}]
classes:
  people: { tables: [public.people], max: P28D, purpose: measuring, legalBasis: none }
  rest: { tables: ["*"], max: P60D, purpose: measuring, legalBasis: none }
tiers:
  hot: { every: P1D, window: P60D }
  release: { window: P60D }
`;

/**
 * Makes a vault of 400 points of 14 databases, four weeks of daily captures with 1 % of the rows changed each day, and about
 * 100 000 chunks, one row in each. It is made in memory by the engine and written out as files: a capture would sync each.
 */
export const makeRetentionVault = async (repository: string): Promise<void> => {
  rmSync(repository, { recursive: true, force: true });
  mkdirSync(repository, { recursive: true });
  const keyFile = join(repository, "keys.json");
  await createKeyFile(keyFile);
  const stores = { hot: memoryStore(systemClock), keys: memoryStore(systemClock) };
  const vault = await Vault.openOrCreate(stores, await openKeyFile(keyFile), systemEntropy);
  // The oldest part of the first database has been due for an hour; nothing of the others is within two.
  const oldest = systemClock.now() - (DAYS - 0.5) * DAY_MS - HOUR_MS;
  for (let i = 0; i < DATABASES; i++)
    await fillDatabase(vault, `shop${i}`, oldest + (i === 0 ? 0 : 3 * HOUR_MS), i === 0 ? RELEASES : 0);
  await writeOut(stores.hot, join(repository, "vault/hot"));
  await writeOut(stores.keys, join(repository, "vault/keys"));
  writeFileSync(join(repository, "lastgood.yaml"), POLICY);
};

const fillDatabase = async (vault: Vault, database: string, oldest: number, releases: number): Promise<void> => {
  let tables: readonly TableState[] = [];
  for (let n = 0; n < DAYS + releases; n++) {
    const isRelease = n >= DAYS;
    const startedAt = isRelease ? oldest + (DAYS - 1) * DAY_MS + (n - DAYS + 1) * MINUTE_MS : oldest + n * DAY_MS;
    const id = `${new Date(startedAt).toISOString().replaceAll(/[-:]|\.\d+/g, "")}-${database}`;
    const lane = await laneFor(vault, id, Object.keys(ROWS));
    const next: TableState[] = [];
    for (const [name, count] of Object.entries(ROWS)) {
      const before = tables.find((table) => table.class === name);
      const facts = syntheticFacts({ name });
      if (before === undefined)
        next.push(await takeBase(lane, `${database}-${name}`, facts, rowsOf(database, count), name));
      else next.push(await takeDelta(lane, before, changed(before.rows as ReadonlyMap<number, string>, n)));
    }
    tables = next;
    await putPointOf(vault, { database, id, startedAt, tier: isRelease ? "release" : "hot", tables });
  }
};

const rowsOf = (database: string, count: number): ReadonlyMap<number, string> =>
  new Map(Array.from({ length: count }, (_, id) => [id, `${database} ${id} ${BODY}`]));

const changed = (rows: ReadonlyMap<number, string>, n: number): ReadonlyMap<number, string> =>
  new Map(
    [...rows].map(([id, body]) => [id, (id + n) % CHANGED_SHARE === 0 ? `${n} ${body.slice(0, BODY.length)}` : body]),
  );

interface SyntheticPoint {
  readonly database: string;
  readonly id: string;
  readonly startedAt: number;
  readonly tier: "hot" | "release";
  readonly tables: readonly TableState[];
}

const putPointOf = async (vault: Vault, { database, id, startedAt, tier, tables }: SyntheticPoint): Promise<void> => {
  const identity = {
    systemIdentifier: "7",
    timeline: 1,
    databaseOid: 5,
    database,
    serverVersion: 180_004,
    serverStartedAt: "2026-01-01T00:00:00Z",
    standby: false,
    encoding: "UTF8",
  };
  const snapshot = { xmin: "100", xmax: "100", inProgress: [], lsn: "0/16B3748", takenAt: startedAt };
  const facts = { identity, snapshot, startedAt, tier };
  const schema = { statements: [], sequences: [], uncovered: [] };
  const parts: PartRef[] = [];
  for (const table of tables) {
    const name = table.class as string;
    const part = { format: 1, class: name, pointId: id, ...facts, schema, tables: [partTableOf(table)] } as const;
    const partKey = await vault.partKey(id, name);
    parts.push(await putPart(vault.hot, vault.entropy, part, { partKey, generation: 1 }));
  }
  await putPoint(vault.hot, {
    format: 1,
    kind: "point",
    id,
    generation: 1,
    vaultId: vault.id,
    ...facts,
    database,
    finishedAt: startedAt,
    parts,
    stored: { objects: 0, bytes: 0 },
    uncovered: [],
  });
};

const writeOut = async (store: ObjectStore, directory: string): Promise<void> => {
  const names: string[] = [];
  for await (const { name } of store.list("")) names.push(name);
  for (const name of names) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, (await store.get(name)) ?? "");
  }
};
