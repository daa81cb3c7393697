import { EXIT } from "../../lib/model/errors.ts";
import type { PartTable } from "../../lib/model/point.ts";
import { partClass } from "../../lib/model/row-age.ts";
import { lookAtPoint } from "../../lib/operations/points.ts";
import { dayLines, expiredLines } from "../days.ts";
import { formatBytes, formatCount, formatDuration, formatInstant, formatNumber, formatTable } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

export const addPointShow: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "point", "look at restore points")
      .command("show")
      .description("show a point: when, of what, its tables, what it does not hold")
      .argument("<point>", "id or its beginning, a release, or latest"),
  ).action(
    act(async (session, wanted, options) => {
      const { vault } = await vaultOf(session, options);
      const { point, parts } = await lookAtPoint(vault, wanted);
      const tables = parts.flatMap((part) => part.tables.map((table) => tableFacts(part.class, table)));
      const whole = [...Map.groupBy(tables, ({ schema, name }) => JSON.stringify([schema, name])).values()].map(addUp);
      const [uncovered, statements] = [parts[0]?.schema.uncovered ?? [], parts[0]?.schema.statements.length ?? 0];
      session.output.result("point.show", { point, tables, uncovered, schemaStatements: statements }, () => [
        `point ${point.id}, generation ${point.generation}, tier ${point.tier}`,
        `  database  ${point.database}, PostgreSQL ${Math.floor(point.identity.serverVersion / 10_000)}, at ${point.snapshot.lsn}`,
        `  taken     ${formatInstant(point.startedAt)} in ${formatDuration(point.finishedAt - point.startedAt)}`,
        ...(point.release === undefined ? [] : [`  release   ${point.release} ${point.commit ?? ""}`.trimEnd()]),
        `  schema    ${formatNumber(statements, "statement")}`,
        ...uncovered.map(({ kind, count, names }) => `  not in it ${kind}: ${count} (${names.join(", ")})`),
        ...dayLines(point).map((line) => `  by age    ${line}`),
        ...expiredLines(point, formatInstant).map((line) => `  expired   ${line}`),
        "",
        ...formatTable(
          [
            { title: "TABLE" },
            { title: "CLASS" },
            { title: "ROWS", align: "right" },
            { title: "SIZE", align: "right" },
            { title: "SEALED", align: "right" },
            { title: "LAYERS", align: "right" },
            { title: "TAKEN" },
          ],
          whole.map((table) => [
            `${table.schema}.${table.name}`,
            table.class,
            formatCount(table.rows),
            formatBytes(table.plainBytes),
            formatBytes(table.sealedBytes),
            String(table.layers),
            table.taken,
          ]),
        ),
      ]);
      return EXIT.ok;
    }),
  );
};

const tableFacts = (partName: string, table: PartTable) => {
  const pages = table.layers.flatMap((layer) => [...layer.pages, ...layer.gone]);
  return {
    schema: table.facts.schema,
    name: table.facts.name,
    ...partClass(partName),
    rows: table.rows,
    format: table.facts.format,
    layers: table.layers.length,
    taken: table.taken,
    plainBytes: pages.reduce((bytes, page) => bytes + page.plainBytes, 0),
    sealedBytes: pages.reduce((bytes, page) => bytes + page.sealedBytes, 0),
  };
};

type TableFacts = ReturnType<typeof tableFacts>;

/** A table whose rows lie in a part for each day, as one. */
const addUp = (slices: readonly TableFacts[]): TableFacts => {
  const [first] = slices as [TableFacts];
  const sum = (count: (slice: TableFacts) => number): number =>
    slices.reduce((total, slice) => total + count(slice), 0);
  return {
    ...first,
    rows: sum(({ rows }) => rows),
    layers: sum(({ layers }) => layers),
    taken: slices.find(({ taken }) => taken !== "delta")?.taken ?? "delta",
    plainBytes: sum(({ plainBytes }) => plainBytes),
    sealedBytes: sum(({ sealedBytes }) => sealedBytes),
  };
};
