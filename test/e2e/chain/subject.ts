import { type CaptureOptions, type CaptureReport, type CaptureWorld, capture } from "../../../lib/engine/capture.ts";
import { removePoints } from "../../../lib/engine/expire.ts";
import { type LeavingParts, removeParts } from "../../../lib/engine/expire-parts.ts";
import { sweep } from "../../../lib/engine/sweep.ts";
import type { Vault } from "../../../lib/engine/vault.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { systemEntropy } from "../../../lib/local/system-entropy.ts";
import { isFailure } from "../../../lib/model/errors.ts";
import type { BusinessDay, RowAge } from "../../../lib/model/row-age.ts";
import type { SourceSnapshot } from "../../../lib/model/source.ts";
import { openOrCreateVault } from "../../../lib/operations/open-vault.ts";
import { addDays, startOfDay } from "../../../lib/policy/business-date.ts";
import type { Clock } from "../../../lib/ports/clock.ts";
import type { SourceDatabase, SourceReader, SourceView } from "../../../lib/ports/source-database.ts";
import { postgresSource } from "../../../lib/postgres/source.ts";
import { memoryKeys } from "../../local/memory-keys.ts";
import { inProcessLanes } from "../in-process-lanes.ts";
import type { Ageing } from "./ageing.ts";
import { type SeenState, witness } from "./witness.ts";

/** Of tables whose rows leave by their age; all others are of the default one. */
export const AGED_CLASS = "aged";

/** A view may be spoiled for the witness by a running TRUNCATE or migration this often before it gives up. */
const VIEWS_MAX = 20;
/** A capture may find the source moved this often in a row. */
const CAPTURES_MAX = 10;

/** A point and what the witness saw in its snapshot. */
export interface TakenPoint {
  readonly report: CaptureReport;
  readonly seen: SeenState;
  readonly warnings: readonly string[];
  /** How often the database moved under the capture. */
  readonly retakes: number;
}

export interface Subject {
  readonly vault: Vault;
  /** Captures the database that the URL names into the vault, beside a witness in the same snapshot. */
  take(url: string, options?: TakeOptions): Promise<TakenPoint>;
  /** Removes points, and parts of others, folding what stays, and sweeps what nothing names any more. */
  remove(ids: readonly string[], parts?: readonly LeavingParts[]): Promise<void>;
}

export interface TakeOptions {
  readonly base?: boolean;
  readonly lanes?: number;
  /** Stands between the engine and the database's rows, to lie to it. */
  readonly reader?: (reader: SourceReader) => SourceReader;
  readonly clock?: Clock;
  /** Divides tables of a class of their own by the age of their rows. */
  readonly ageing?: Ageing;
  /** Changes what the server says of its snapshot. */
  readonly snapshot?: (snapshot: SourceSnapshot) => SourceSnapshot;
}

/** A vault in memory and what it takes to fill it. */
export const openSubject = async (): Promise<Subject> => {
  const stores = { hot: memoryStore(systemClock), keys: memoryStore(systemClock) };
  const vault = await openOrCreateVault({ stores, keys: memoryKeys(), entropy: systemEntropy });
  const acting = { clock: systemClock, progress: () => {}, warn: () => {}, signal: new AbortController().signal };
  return {
    vault,
    take: (url, options = {}) => takeBesideWitness(vault, url, options),
    async remove(ids, parts = []) {
      if (ids.length > 0) await removePoints({ ...acting, vault }, ids);
      if (parts.length > 0) await removeParts({ ...acting, vault }, parts);
      await sweep({ ...acting, stores }, { dryRun: false });
    },
  };
};

const takeBesideWitness = async (vault: Vault, url: string, options: TakeOptions): Promise<TakenPoint> => {
  const states = new Map<string, SeenState>();
  const source = watched(await postgresSource(url), url, states, options);
  let warnings: string[] = [];
  let retakes = 0;
  const world: CaptureWorld = {
    vault,
    source,
    clock: options.clock ?? systemClock,
    openLanes: inProcessLanes({ source, store: vault.hot, entropy: vault.entropy }, options.lanes ?? 2),
    progress: () => {},
    // What was said of a view that had moved says nothing of the point.
    warn: (message) => {
      if (!message.endsWith("taking the point again from a new snapshot")) return void warnings.push(message);
      warnings = [];
      retakes += 1;
    },
    signal: new AbortController().signal,
  };
  for (let tries = 1; ; tries++) {
    try {
      const report = await capture(world, {
        tier: "hot",
        base: options.base ?? false,
        ...classesOf(options.ageing),
      });
      const seen = states.get(snapshotName(report.point.snapshot));
      if (seen === undefined) throw new TypeError("the point has a snapshot that the witness never saw");
      return { report, seen, warnings, retakes };
    } catch (error) {
      if (!isFailure(error, "SOURCE_MOVED") || tries === CAPTURES_MAX) throw error;
      warnings = [];
      retakes += 1;
    }
  }
};

const classesOf = (ageing: Ageing | undefined): Pick<CaptureOptions, "classesOf" | "classes" | "rowAges"> =>
  ageing === undefined
    ? { classesOf: (tables) => tables.map(() => "default"), classes: ["default"] }
    : {
        classesOf: (tables) => tables.map(({ name }) => (ageing.isAged(name) ? AGED_CLASS : "default")),
        classes: ["default", AGED_CLASS],
        rowAges: () => new Map([[AGED_CLASS, rowAgeOf(ageing)]]),
      };

const rowAgeOf = ({ column, timeZone, first, today }: Ageing): RowAge => {
  const dayOf = (day: string): BusinessDay => ({ day, startsAt: startOfDay(day, timeZone) });
  const days: BusinessDay[] = [];
  for (let day = first; day <= today; day = addDays(day, 1)) days.push(dayOf(day));
  return { column, days, next: dayOf(addDays(today, 1)) };
};

const snapshotName = (snapshot: SourceSnapshot): string => JSON.stringify(snapshot);

/** The source, with a witness that reads every view before the engine does. A view that moved under it is opened anew. */
const watched = (
  source: SourceDatabase,
  url: string,
  states: Map<string, SeenState>,
  { reader = (same) => same, snapshot = (same) => same, ageing }: TakeOptions,
): SourceDatabase => ({
  database: source.database,
  join: async (token) => reader(await source.join(token)),
  async openView() {
    for (let views = 1; ; views++) {
      const view = await source.openView();
      const state = await witness(url, view.token, ageing);
      if (state !== undefined) {
        const told = snapshot(view.snapshot);
        states.set(snapshotName(told), state);
        return withSnapshot(view, told);
      }
      await view[Symbol.asyncDispose]();
      if (views === VIEWS_MAX) throw new Error(`the database moved under the witness ${VIEWS_MAX} times`);
    }
  },
});

const withSnapshot = (view: SourceView, snapshot: SourceSnapshot): SourceView => ({
  token: view.token,
  identity: view.identity,
  snapshot,
  tables: () => view.tables(),
  schema: () => view.schema(),
  splits: (table, parts) => view.splits(table, parts),
  ageDigests: (query) => view.ageDigests(query),
  flushed: () => view.flushed(),
  preflight: (tables) => view.preflight(tables),
  [Symbol.asyncDispose]: () => view[Symbol.asyncDispose](),
});
