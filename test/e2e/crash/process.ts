import { createHash } from "node:crypto";
import { type CaptureReport, capture } from "../../../lib/engine/capture.ts";
import { LEASE_MS } from "../../../lib/engine/intent.ts";
import { layerSource } from "../../../lib/engine/layers.ts";
import { getPage, pageChunkNames } from "../../../lib/engine/page.ts";
import { getPart, listPoints } from "../../../lib/engine/points.ts";
import { readTable } from "../../../lib/engine/read-table.ts";
import { partKeyName, type Vault } from "../../../lib/engine/vault.ts";
import { systemEntropy } from "../../../lib/local/system-entropy.ts";
import type { Point } from "../../../lib/model/point.ts";
import { openOrCreateVault } from "../../../lib/operations/open-vault.ts";
import type { KeyService } from "../../../lib/ports/key-service.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import type { SourceDatabase, SourceView } from "../../../lib/ports/source-database.ts";
import { seededEntropy } from "../../engine/memory-vault.ts";
import type { ManualClock } from "../../faults/manual-clock.ts";
import { memoryKeys } from "../../local/memory-keys.ts";
import { inProcessLanes } from "../in-process-lanes.ts";
import { namesIn, storesIn } from "./one-store.ts";

export const CLASS = "default";

/** What every process of a test shares. */
export interface Machine {
  readonly source: SourceDatabase;
  readonly clock: ManualClock;
}

/**
 * The key file as every process opens it anew. The key that names chunks comes from it and decides where they are cut, so
 * it is the same in every vault that begins empty: the nth write is then the same write every time.
 */
const openKeys = (): KeyService => memoryKeys(seededEntropy("crash"));

/** A source that is asked for its catalog once: it stands still, and its catalog takes longer to read than its rows. */
export const standingStill = (source: SourceDatabase): SourceDatabase => {
  let tables: ReturnType<SourceView["tables"]> | undefined;
  let schema: ReturnType<SourceView["schema"]> | undefined;
  return {
    database: source.database,
    join: (token) => source.join(token),
    async openView() {
      const view = await source.openView();
      return {
        token: view.token,
        identity: view.identity,
        snapshot: view.snapshot,
        tables: () => (tables ??= view.tables()),
        schema: () => (schema ??= view.schema()),
        splits: (table, parts) => view.splits(table, parts),
        ageDigests: (query) => view.ageDigests(query),
        flushed: () => view.flushed(),
        preflight: (facts) => view.preflight(facts),
        [Symbol.asyncDispose]: () => view[Symbol.asyncDispose](),
      };
    },
  };
};

export const vaultIn = (store: ObjectStore, keys: KeyService = openKeys()): Promise<Vault> =>
  openOrCreateVault({ stores: storesIn(store), keys, entropy: systemEntropy });

/** One run of the capture command on a store: opens the vault, or makes it, and captures with two lanes. */
export const captureProcess = async (
  machine: Machine,
  store: ObjectStore,
  options: { readonly warn?: (message: string) => void; readonly signal?: AbortSignal } = {},
): Promise<CaptureReport> => {
  const { source, clock } = machine;
  const vault = await vaultIn(store);
  return capture(
    {
      vault,
      source,
      clock,
      openLanes: inProcessLanes({ source, store: vault.hot, entropy: systemEntropy }, 2),
      progress: () => {},
      warn: options.warn ?? (() => {}),
      signal: options.signal ?? new AbortController().signal,
    },
    { tier: "hot", base: false, classesOf: (tables) => tables.map(() => CLASS), classes: [CLASS] },
  );
};

/** Lets the lease of whoever died end. */
export const afterTheLease = (clock: ManualClock): Promise<void> => clock.advance(LEASE_MS + 1);

/** Points as any reader finds them; none where not even the vault was made. */
export const pointsIn = (store: ObjectStore): Promise<readonly Point[]> => listPoints(storesIn(store).hot);

/** What a reader gets of a point: a digest of each table's rows, by name. Every chunk, page and part is opened and proven on the way. */
export const contentOf = async (store: ObjectStore, point: Point): Promise<Record<string, string>> => {
  const vault = await vaultIn(store);
  const content: Record<string, string> = {};
  for (const ref of point.parts) {
    const part = await getPart(vault, point, ref);
    const { namingSecret } = await vault.classSecret(ref.class);
    for (const table of part.tables) {
      const hash = createHash("sha256");
      for await (const frames of readTable(layerSource(vault.hot, namingSecret, ref.class, table), table))
        hash.update(frames);
      content[`${table.facts.schema}.${table.facts.name}`] = hash.digest("hex");
    }
  }
  return content;
};

/** Every object that a point leads to, found by opening parts and pages, and what stays for ever. */
export const reachableIn = async (store: ObjectStore, keyService?: KeyService): Promise<readonly string[]> => {
  const vault = await vaultIn(store, keyService);
  const hot = new Set(["vault.json"]);
  const keys = new Set([`classes/${CLASS}`]);
  for (const point of await listPoints(vault.hot)) {
    hot.add(`points/${point.id}/${String(point.generation).padStart(6, "0")}.json`);
    for (const ref of point.parts) {
      hot.add(ref.name);
      keys.add(partKeyName(point.id, ref.class));
      const { tables } = await getPart(vault, point, ref);
      for (const page of tables.flatMap((table) => table.layers).flatMap((layer) => [...layer.pages, ...layer.gone])) {
        hot.add(page.name);
        for (const chunk of (await getPage(vault.hot, page)).chunks) hot.add(chunk.name);
      }
    }
  }
  return [...[...hot].map((name) => `hot/${name}`), ...[...keys].map((name) => `keys/${name}`)].toSorted();
};

/** Chunks that pages already lead to: what the next run need not store again. */
export const chunksOfPages = async (store: ObjectStore): Promise<number> => {
  const { hot } = storesIn(store);
  const chunks = new Set<string>();
  for (const page of await namesIn(hot, "pages/"))
    for (const chunk of (await pageChunkNames(hot, page)) ?? []) chunks.add(chunk);
  return chunks.size;
};
