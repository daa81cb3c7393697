import { Failure, isFailure } from "../model/errors.ts";
import type { PageRef, Part, Point, Tier } from "../model/point.ts";
import { partClass, type RowAge } from "../model/row-age.ts";
import type { CapturedSchema } from "../model/schema.ts";
import type { TableFacts } from "../model/table.ts";
import type { EpochMs } from "../model/units.ts";
import type { SourceDatabase, SourceView } from "../ports/source-database.ts";
import { type CopyWorld, copyTables } from "./copy-tables.ts";
import { divideByAge } from "./divide-by-age.ts";
import { awaitTurn, HeldIntent, listIntents } from "./intent.ts";
import type { LaneClass } from "./lane.ts";
import { adoptPage, pagePrefix } from "./page.ts";
import { type Earlier, planTables } from "./plan-capture.ts";
import { getPart, listPoints, pagesOf, putPart, putPoint, takeBackPoint } from "./points.ts";
import type { Vault } from "./vault.ts";

/** A migration that is running moves tables under the capture: it is taken again from a new snapshot, this often. */
const RETAKES_MAX = 3;
const ID_SALT_BYTES = 3;

export interface CaptureOptions {
  readonly tier: Tier;
  readonly label?: string | undefined;
  readonly release?: string | undefined;
  readonly commit?: string | undefined;
  /** Take a base of every table, whatever the chain says. */
  readonly base: boolean;
  /** The class of each table, in their order. Throws if one has none: then nothing is captured. */
  readonly classesOf: (tables: readonly TableFacts[]) => readonly string[];
  /** Classes that have a part in every point, also when they have no table: one at least, because parts hold the schema. */
  readonly classes: readonly string[];
  /** Roles of the database by whose rights the tables of a class are read; of others, by those of who logged in. */
  readonly roles?: ReadonlyMap<string, string>;
  /** How classes whose rows leave by their age are divided in a capture that begins at an instant. */
  readonly rowAges?: (startedAt: EpochMs) => ReadonlyMap<string, RowAge>;
  /** Of a capture that is an attempt of a run. */
  readonly attempt?: {
    /** Called with the point's id before anything is written under it. What it throws ends the capture. */
    readonly begin: (id: string) => Promise<void>;
    /** Earlier attempts that cannot make a point any more: their leases are not waited for. */
    readonly over: ReadonlySet<string>;
  };
}

export interface CaptureWorld extends CopyWorld {
  readonly vault: Vault;
  readonly source: SourceDatabase;
}

export interface CaptureReport {
  readonly point: Point;
  readonly tables: readonly {
    readonly schema: string;
    readonly name: string;
    /** Of a slice of its rows: the business day they are of. */
    readonly day?: string;
    readonly rows: number;
    /** `delta`, or why a base was taken. */
    readonly taken: string;
    readonly changedRows: number;
    readonly goneRows: number;
  }[];
  readonly uncovered: CapturedSchema["uncovered"];
  readonly elapsedMs: number;
}

/**
 * Takes a restore point of a database: a base of every table at first, then what changed since the point before.
 * Killed at any moment it leaves no point; run again, it takes over the pages that were already there.
 *
 * @throws CAPTURE_RUNNING, SOURCE_MOVED (after several tries), DATABASE_*, STORE_*, and the signal's reason
 */
export const capture = async (world: CaptureWorld, options: CaptureOptions): Promise<CaptureReport> => {
  const { vault, clock } = world;
  const began = clock.elapsedMs();
  const { database } = world.source;
  const onWait = (waitMs: number): void =>
    world.warn(
      `another capture of ${database} has not ended: waiting ${Math.ceil(waitMs / 1000)} s to see whether it lives`,
    );
  await awaitTurn(vault.hot, clock, database, onWait, world.signal, options.attempt?.over);
  // Only now: points in order of their start are points in order of what they show, also after a wait.
  const startedAt = clock.now();
  const id = pointId(startedAt, vault.entropy.bytes(ID_SALT_BYTES));
  await options.attempt?.begin(id);
  const held = await HeldIntent.take(vault.hot, clock, { id, database });
  try {
    for (let take = 1; ; take++) {
      try {
        await using view = await world.source.openView();
        const report = await takeOnce(world, options, { id, startedAt, began, view, held });
        await assertNotSwept(vault, held, id);
        // The point is whole, and no lease that stays for a minute makes it less so.
        await held.release().catch((error: unknown) => {
          if (!isFailure(error)) throw error;
          world.warn(`the lease of capture ${id} could not be released (${error.message}); it ends by itself`);
        });
        return report;
      } catch (error) {
        if (!isFailure(error, "SOURCE_MOVED") || take === RETAKES_MAX) throw error;
        world.warn(`${error.message}; taking the point again from a new snapshot`);
      }
    }
  } catch (error) {
    // What was stored stays for the next run to take over, so the lease is given up rather than removed. If not even
    // that can be written, the lease ends by itself; what counts is the error that brought us here.
    await held.giveUp().catch(() => undefined);
    throw error;
  }
};

/** A point of a process that slept past its lease may name pages that were swept: it must not stay. */
const assertNotSwept = async (vault: Vault, held: HeldIntent, id: string): Promise<void> => {
  if (await held.isThere()) return;
  await takeBackPoint(vault.hot, id);
  throw new Failure(
    "CAPTURE_RUNNING",
    `the lease of capture ${id} ended before it was done; its point was taken back`,
    {
      hint: "run the same command again; this process was stopped for longer than its lease",
    },
  );
};

interface Take {
  readonly id: string;
  readonly startedAt: number;
  readonly began: number;
  readonly view: SourceView;
  readonly held: HeldIntent;
}

const takeOnce = async (world: CaptureWorld, options: CaptureOptions, take: Take): Promise<CaptureReport> => {
  const { vault, clock } = world;
  const { view } = take;
  const tables = await view.tables();
  const tableClasses = options.classesOf(tables.map(({ facts }) => facts));
  const whole = tables.map((table, i) => ({ ...table, class: tableClasses[i] as string }));
  const { roles = new Map<string, string>() } = options;
  const problems = await problemsBy(view, whole, roles);
  if (problems.length > 0) throw new Failure("DATABASE_FORBIDDEN", problems.join("; "));
  const ages = options.rowAges?.(take.startedAt) ?? new Map<string, RowAge>();
  const previous = (await listPoints(vault.hot)).filter((point) => point.database === world.source.database).at(-1);
  const seedOf = async (name: string): Promise<string> => (await vault.classSecret(name, "make")).hashSeed;
  const since = previous?.snapshot.xmin ?? view.snapshot.xmax;
  const found = await divideByAge({ view, ages, roles, seedOf, since, warn: world.warn }, whole);
  const schema = await view.schema();
  const classNames = [...new Set([...options.classes, ...found.map((table) => table.class)])].sort();
  const classes = await openClasses(vault, take.id, classNames, roles);
  const earlier = await findEarlier(world, take, previous, classNames);
  const plans = planTables(found, earlier, new Map([...classes].map(([name, keys]) => [name, keys.namingSecret])), {
    identity: view.identity,
    xmin: view.snapshot.xmin,
    xmax: view.snapshot.xmax,
    baseAsked: options.base,
  });
  const copied = await copyTables(world, take, classes, plans, earlier);

  await assertSchemaStill(world, schema);
  await view.flushed();
  take.held.assertHeld();
  world.signal.throwIfAborted();
  const facts = { identity: view.identity, snapshot: view.snapshot, startedAt: take.startedAt, tier: options.tier };
  const bound = { ...defined("release", options.release), ...defined("commit", options.commit) };
  const parts = [];
  let partBytes = 0;
  for (const className of classNames) {
    const tables = copied.tables.filter((table) => table.class === className).map((table) => table.record);
    const part: Part = { format: 1, class: className, pointId: take.id, ...facts, ...bound, schema, tables };
    const { partKey } = classes.get(className) as LaneClass;
    const ref = await putPart(vault.hot, vault.entropy, part, { partKey, generation: 1 });
    partBytes += ref.sealedBytes - pagesOf(part).reduce((bytes, page) => bytes + page.sealedBytes, 0);
    parts.push(ref);
  }
  const point: Point = {
    format: 1,
    kind: "point",
    id: take.id,
    generation: 1,
    vaultId: vault.id,
    ...facts,
    ...defined("label", options.label),
    ...bound,
    database: world.source.database,
    finishedAt: clock.now(),
    parts,
    ...defined("rowAges", ages.size === 0 ? undefined : [...ages].map(([name, age]) => ({ class: name, ...age }))),
    stored: { objects: copied.stored.objects + parts.length + 1, bytes: copied.stored.bytes + partBytes },
    uncovered: schema.uncovered.map(({ kind, count }) => ({ kind, count })),
  };
  await writePoint(vault, point);
  return {
    point,
    tables: copied.tables.map(({ record, layer }) => ({
      schema: record.facts.schema,
      name: record.facts.name,
      ...defined("day", record.facts.slice?.day),
      rows: record.rows,
      taken: record.taken,
      changedRows: layer?.rows ?? 0,
      goneRows: layer?.goneRows ?? 0,
    })),
    uncovered: schema.uncovered,
    elapsedMs: clock.elapsedMs() - take.began,
  };
};

/** Every table is checked by the rights that it is read by. */
const problemsBy = async (
  view: SourceView,
  tables: readonly { readonly facts: TableFacts; readonly class: string }[],
  roles: ReadonlyMap<string, string>,
): Promise<readonly string[]> => {
  const problems: string[] = [];
  for (const role of new Set(tables.map((table) => roles.get(table.class)))) {
    const own = tables.filter((table) => roles.get(table.class) === role);
    problems.push(
      ...(await view.preflight(
        own.map(({ facts }) => facts),
        role,
      )),
    );
  }
  return problems;
};

/** Its name is taken when another attempt of the same run made sure that this one has no point. */
const writePoint = async (vault: Vault, point: Point): Promise<void> => {
  try {
    await putPoint(vault.hot, point);
  } catch (error) {
    if (!isFailure(error, "OBJECT_EXISTS")) throw error;
    throw new Failure("CAPTURE_RUNNING", `another attempt has taken the place of capture ${point.id}`, {
      cause: error,
    });
  }
};

/** The wrapped data key of every part is in the store before anything is sealed under it. A retake finds it there. */
const openClasses = async (
  vault: Vault,
  id: string,
  classNames: readonly string[],
  roles: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, LaneClass>> => {
  const classes = new Map<string, LaneClass>();
  for (const name of classNames) {
    const secret = await vault.classSecret(name, "make");
    classes.set(name, {
      ...secret,
      partKey: await vault.partKeyOrMake(id, name),
      role: roles.get(partClass(name).class),
    });
  }
  return classes;
};

/** The previous point of this database, and what captures that died left behind. The intent names all of it before it is used. */
const findEarlier = async (
  world: CaptureWorld,
  take: Take,
  previous: Point | undefined,
  classNames: readonly string[],
): Promise<Earlier> => {
  const { vault } = world;
  const { database } = world.source;
  const parts = new Map<string, Part>();
  for (const ref of previous?.parts ?? []) {
    if (!classNames.includes(ref.class)) continue;
    try {
      parts.set(ref.class, await getPart(vault, previous as Point, ref));
    } catch (error) {
      if (!isFailure(error) || error.exit === 8) throw error;
      world.warn(`part ${ref.class} of the last point cannot be read (${error.message}); taking a base`);
    }
  }
  const adopted = new Map<string, PageRef[]>();
  const ids = (await listIntents(vault.hot)).filter((intent) => intent.database === database).map(({ id }) => id);
  for (const id of ids) for (const className of classNames) await adoptPages(vault, id, className, adopted);
  const needed = [...[...parts.values()].flatMap(pagesOf), ...[...adopted.values()].flat()];
  await take.held.need(needed.map((page) => page.name));
  return { parts, adopted };
};

const adoptPages = async (
  vault: Vault,
  id: string,
  className: string,
  adopted: Map<string, PageRef[]>,
): Promise<void> => {
  const names: string[] = [];
  for await (const { name } of vault.hot.list(pagePrefix(className, id))) names.push(name);
  if (names.length === 0) return;
  const partKey = await vault.partKey(id, className);
  for (const name of names) {
    const found = await adoptPage(vault.hot, name, partKey);
    // Gone keys are never looked up again: only pages with chunks are worth taking over.
    if (found === undefined || found.page.chunks.length === 0) continue;
    const key = `${className}/${found.table}`;
    adopted.set(key, [...(adopted.get(key) ?? []), found.ref]);
  }
};

/**
 * The catalogs' own functions answer for now, not for the snapshot. If the schema reads the same from a new snapshot, it
 * was the same all along.
 */
const assertSchemaStill = async (world: CaptureWorld, before: CapturedSchema): Promise<void> => {
  await using view = await world.source.openView();
  const after = await view.schema();
  if (JSON.stringify(after.statements) !== JSON.stringify(before.statements))
    throw new Failure("SOURCE_MOVED", "the schema changed while the database was read");
};

const defined = <K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [name]: value } as { [P in K]: V });

/** `20261120T160000Z-3f9a1c`: sorts by time, unique without asking anybody. */
const pointId = (at: number, salt: Buffer): string =>
  `${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, "")}-${salt.toString("hex")}`;
