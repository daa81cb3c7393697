import { Failure, isFailure } from "../../model/errors.ts";
import { partClass } from "../../model/row-age.ts";
import type { TableFacts } from "../../model/table.ts";
import type { Lanes } from "../../ports/lanes.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { SourceDatabase, SourceView } from "../../ports/source-database.ts";
import { type CopyResult, type CopyWorld, copyTables, type LaneOpening } from "../copy-tables.ts";
import { type AgeDivision, divideByAge } from "../divide-by-age.ts";
import type { CopyTask, LaneClass } from "../lane.ts";
import { layerSource } from "../layers.ts";
import { type Earlier, type FoundTable, planTables } from "../plan-capture.ts";
import type { Vault } from "../vault.ts";
import { overlayStore } from "./overlay-store.ts";
import { type OpenPoint, type TableSet, tableSides } from "./table-set.ts";

/** A migration that is running moves tables under the reader: the state is read again from a new snapshot, this often. */
const RETAKES_MAX = 3;
const KEY_BYTES = 32;

export interface ScratchWorld extends Omit<CopyWorld, "openLanes"> {
  readonly vault: Vault;
  readonly source: SourceDatabase;
  /** Where what is read goes: empty, and thrown away by the caller when the comparison is done. */
  readonly scratch: ObjectStore;
  /** Lanes that read from and write to an overlay of the vault's hot store by the scratch store, and have joined the view. */
  readonly openLanes: (opening: LaneOpening) => Promise<Lanes<CopyTask, CopyResult>>;
}

/**
 * Reads what the live database has beyond a point, as a capture would: a delta of each table whose chain holds, else a
 * base. It goes to a scratch store that overlays the vault, sealed under keys that are kept nowhere: nothing of it is
 * written into the vault and nobody can read it when this process has ended.
 *
 * It takes no intent. An intent would be a write, and who only compares may have no right to write; a sweep beside it
 * can make an object of an expired point go missing, which fails here naming it, and never gives a wrong answer.
 *
 * @returns the live tables, whose layers lie in the vault and the scratch store
 * @throws SOURCE_MOVED (after several tries), DATABASE_*, STORE_*, and the signal's reason
 */
export const captureScratch = async (world: ScratchWorld, earlier: OpenPoint): Promise<TableSet> => {
  for (let take = 1; ; take++) {
    await using view = await world.source.openView();
    try {
      return await takeOnce(world, earlier, view);
    } catch (error) {
      if (!isFailure(error, "SOURCE_MOVED") || take === RETAKES_MAX) throw error;
      world.warn(`${error.message}; reading the database again from a new snapshot`);
    }
  }
};

const takeOnce = async (world: ScratchWorld, earlier: OpenPoint, view: SourceView): Promise<TableSet> => {
  const { vault } = world;
  const began = world.clock.elapsedMs();
  const whole = await tablesToRead(earlier, view);
  const problems = await view.preflight(whole.map((table) => table.facts));
  if (problems.length > 0) throw new Failure("DATABASE_FORBIDDEN", problems.join("; "));
  const found = await divideAsThen(vault, earlier, view, whole);
  const classes = await openClasses(vault, earlier, new Set(found.map((table) => table.class)));
  const before: Earlier = { parts: earlier.parts, adopted: new Map() };
  const plans = planTables(found, before, new Map([...classes].map(([name, keys]) => [name, keys.namingSecret])), {
    identity: view.identity,
    xmin: view.snapshot.xmin,
    xmax: view.snapshot.xmax,
    baseAsked: false,
  });
  const id = `scratch-${vault.entropy.bytes(8).toString("hex")}`;
  const copied = await copyTables(world, { id, began, view }, classes, plans, before);
  const store = overlayStore(vault.hot, world.scratch);
  return {
    shown: { point: null, database: world.source.database, takenAt: view.snapshot.takenAt },
    identity: view.identity,
    tables: tableSides(
      copied.tables.map(({ class: className, record }) => {
        const { namingSecret } = classes.get(className) as LaneClass;
        return { source: layerSource(store, namingSecret, className, record), table: record };
      }),
    ),
    days: new Map(
      [...earlier.set.days].map(([name, { age }]) => [name, { side: "the live database", age, gone: new Set() }]),
    ),
    leftOut: earlier.set.leftOut.map((part) => ({
      class: part.class,
      days: null,
      because: "a table that is new since then may be of it, so none that is new was compared",
    })),
  };
};

interface LiveTable extends FoundTable {
  readonly isNew: boolean;
}

/**
 * Live tables with the classes they have in the point. One that it has not is new, or of a class that has expired there:
 * where any has, it cannot be told which, so the table is not read.
 */
const tablesToRead = async (earlier: OpenPoint, view: SourceView): Promise<readonly LiveTable[]> => {
  const { identity } = earlier.point;
  const sameDatabase =
    identity.systemIdentifier === view.identity.systemIdentifier && identity.databaseOid === view.identity.databaseOid;
  const nameOf = (facts: TableFacts): string =>
    sameDatabase ? String(facts.oid) : JSON.stringify([facts.schema, facts.name]);
  const known = new Map<string, string>();
  for (const [className, { tables }] of earlier.parts)
    for (const { facts } of tables) known.set(nameOf(facts), partClass(className).class);
  const [anyPart] = earlier.parts.keys();
  const anyClass = anyPart === undefined ? undefined : partClass(anyPart).class;
  const ofNew = earlier.set.leftOut.length === 0 ? anyClass : undefined;
  return (await view.tables()).flatMap((table) => {
    const className = known.get(nameOf(table.facts)) ?? ofNew;
    return className === undefined ? [] : [{ ...table, class: className, isNew: !known.has(nameOf(table.facts)) }];
  });
};

/**
 * The live tables in the days of the point: rows of later days are with those that had no day then. Days that have expired
 * in the point are not read, as they are compared with nothing. A table that is new, or has lost the column that tells its
 * rows' age, stays whole.
 */
const divideAsThen = async (
  vault: Vault,
  { point, set }: OpenPoint,
  view: SourceView,
  tables: readonly LiveTable[],
): Promise<readonly FoundTable[]> => {
  const division: AgeDivision = {
    view,
    ages: new Map((point.rowAges ?? []).map(({ class: name, ...age }) => [name, age])),
    roles: new Map(),
    seedOf: async (name) => (await vault.classSecret(name)).hashSeed,
    since: point.snapshot.xmin,
    warn: () => undefined,
  };
  const found: FoundTable[] = [];
  for (const table of tables) found.push(...(table.isNew ? [table] : await divideOrWhole(division, table)));
  return found.filter(({ class: name }) => {
    const { class: className, day = "" } = partClass(name);
    return set.days.get(className)?.gone.has(day) !== true;
  });
};

const divideOrWhole = async (division: AgeDivision, table: FoundTable): Promise<readonly FoundTable[]> => {
  try {
    return await divideByAge(division, [table]);
  } catch (error) {
    if (!isFailure(error, "ROW_AGE_UNKNOWN")) throw error;
    return [table];
  }
};

/** The secrets of the vault's classes, so that equal chunks are known again; a class it does not have gets one for now. */
const openClasses = async (
  vault: Vault,
  earlier: OpenPoint,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, LaneClass>> => {
  const known = new Set([...earlier.parts.keys()].map((name) => partClass(name).class));
  const classes = new Map<string, LaneClass>();
  for (const name of names) {
    const secret = known.has(partClass(name).class)
      ? await vault.classSecret(name)
      : { namingSecret: vault.entropy.bytes(KEY_BYTES), hashSeed: "1" };
    classes.set(name, { ...secret, partKey: vault.entropy.bytes(KEY_BYTES) });
  }
  return classes;
};
