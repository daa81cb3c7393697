import { comparePlain } from "../engine/compare-plain.ts";
import { layerSource } from "../engine/layers.ts";
import { findPoint } from "../engine/points.ts";
import type { RestoreReport } from "../engine/restore/apply-restore.ts";
import { holdingPages } from "../engine/restore/hold-pages.ts";
import { assertNotRefused } from "../engine/restore/restore-plan.ts";
import { rowsOf, type WholeTable, wholeTables } from "../engine/restore/whole-tables.ts";
import type { ClassSecret } from "../engine/vault.ts";
import { Failure } from "../model/errors.ts";
import type { Part, Point } from "../model/point.ts";
import type { PlainReader } from "../ports/plain-reader.ts";
import { type ApplyWorld, applyPlan, planOfRestore, readableParts, secretsOf } from "./restore.ts";

export interface DrillReport {
  readonly point: string;
  readonly database: string;
  readonly restore: RestoreReport;
  readonly tables: number;
  readonly rows: number;
  readonly elapsedMs: number;
}

/**
 * Verify, level restore: restores a point into an empty scratch database and compares every row by an independent query.
 * Of rows that leave by their age the days that have left are not in it, and every row of the copy is in a day that is.
 * @throws DIFFERENT  naming the tables; TARGET_NOT_EMPTY and all that a restore throws
 */
export const verifyByRestore = (
  world: ApplyWorld & { readonly reader: PlainReader },
  wanted: string,
): Promise<DrillReport> =>
  // The rows are read twice, by the restore and by the comparison: what they lie in is held for both.
  holdingPages(world, async (hold) => {
    const point = await findPoint(world.vault.hot, wanted);
    const parts = await readableParts(world.vault, point);
    await hold(parts);
    return restoreAndCompare(world, point, parts);
  });

const restoreAndCompare = async (
  world: ApplyWorld & { readonly reader: PlainReader },
  point: Point,
  parts: readonly Part[],
): Promise<DrillReport> => {
  const { clock } = world;
  const began = clock.elapsedMs();
  const plan = await planOfRestore(world, point.id, { scope: { schemas: [], tables: [] } });
  assertNotRefused(plan);
  const restore = await applyPlan(world, plan, { proof: "counts" });
  const classes = await secretsOf(world.vault, parts);
  const tables = wholeTables(parts);
  const rowsTotal = tables.reduce((sum, table) => sum + rowsOf(table), 0);
  const different: string[] = [];
  let rows = 0;
  let tablesDone = 0;
  const tell = (more: number): void => {
    rows += more;
    const elapsedMs = clock.elapsedMs() - began;
    world.progress({
      phase: "comparing rows",
      tablesDone,
      tablesTotal: tables.length,
      rowsDone: rows,
      rowsTotal,
      bytesDone: 0,
      elapsedMs,
    });
  };
  tell(0);
  for (const table of tables) {
    different.push(...(await differencesOf({ ...world, classes, tell }, table)));
    tablesDone++;
  }
  if (different.length > 0)
    throw new Failure("DIFFERENT", `restored tables differ from point ${point.id}: ${different.join(", ")}`, {
      hint: "do not restore from this point; run verify --level read and keep this output",
    });
  return {
    point: point.id,
    database: point.database,
    restore,
    tables: tables.length,
    rows,
    elapsedMs: clock.elapsedMs() - began,
  };
};

interface CompareWorld extends ApplyWorld {
  readonly reader: PlainReader;
  readonly classes: ReadonlyMap<string, ClassSecret>;
  readonly tell: (rows: number) => void;
}

/** What is not the same in a restored table, slice by slice: empty if nothing is. */
const differencesOf = async (
  { vault, reader, signal, classes, tell }: CompareWorld,
  { facts, sources }: WholeTable,
): Promise<readonly string[]> => {
  const name = `${facts.schema}.${facts.name}`;
  const different: string[] = [];
  for (const { class: className, table } of sources) {
    const { namingSecret } = classes.get(className) as ClassSecret;
    const source = layerSource(vault.hot, namingSecret, className, table);
    const found = await comparePlain(source, table, reader, tell, signal);
    if (found.different === 0 && found.rows === table.rows) continue;
    const day = table.facts.slice?.day;
    different.push(`${name}${day === undefined ? "" : ` of ${day}`} (${found.different} of ${table.rows} rows)`);
  }
  const slices = sources.flatMap(({ table }) => table.facts.slice ?? []);
  const astray = slices.length === 0 ? 0 : await reader.astray(facts, slices);
  if (astray > 0) different.push(`${name} (${astray} rows that are in no day of it, or in several)`);
  return different;
};
