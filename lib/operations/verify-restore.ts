import { comparePlain } from "../engine/compare-plain.ts";
import { layerSource } from "../engine/layers.ts";
import type { RestoreReport } from "../engine/restore/apply-restore.ts";
import { holdingPages } from "../engine/restore/hold-pages.ts";
import { assertNotRefused } from "../engine/restore/restore-plan.ts";
import { Failure } from "../model/errors.ts";
import type { PlainReader } from "../ports/plain-reader.ts";
import { openPoint } from "./points.ts";
import { type ApplyWorld, applyPlan, planOfRestore } from "./restore.ts";

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
 * @throws DIFFERENT  naming the tables; TARGET_NOT_EMPTY and all that a restore throws
 */
export const verifyByRestore = (
  world: ApplyWorld & { readonly reader: PlainReader },
  wanted: string,
): Promise<DrillReport> =>
  // The rows are read twice, by the restore and by the comparison: what they lie in is held for both.
  holdingPages(world, async (hold) => {
    const opened = await openPoint(world.vault, wanted);
    await hold(opened.parts);
    return restoreAndCompare(world, opened);
  });

const restoreAndCompare = async (
  world: ApplyWorld & { readonly reader: PlainReader },
  { point, parts }: Awaited<ReturnType<typeof openPoint>>,
): Promise<DrillReport> => {
  const { vault, clock, signal } = world;
  const began = clock.elapsedMs();
  const plan = await planOfRestore(world, point.id, { scope: { schemas: [], tables: [] } });
  assertNotRefused(plan);
  const restore = await applyPlan(world, plan, { proof: "counts" });
  const tables = parts.flatMap((part) => part.tables.map((table) => ({ class: part.class, table })));
  const rowsTotal = tables.reduce((rows, { table }) => rows + table.rows, 0);
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
  for (const { class: className, table } of tables) {
    const { namingSecret } = await vault.classSecret(className);
    const source = layerSource(vault.hot, namingSecret, className, table);
    const found = await comparePlain(source, table, world.reader, tell, signal);
    const name = `${table.facts.schema}.${table.facts.name}`;
    if (found.different > 0 || found.rows !== table.rows)
      different.push(`${name} (${found.different} of ${table.rows} rows)`);
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
