import { EXIT } from "../../lib/model/errors.ts";
import { allPoints } from "../../lib/operations/points.ts";
import { dayLines } from "../days.ts";
import { formatAge, formatBytes, formatCount, formatInstant, formatTable } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

export const addPointList: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "point", "look at restore points")
      .command("list")
      .description("list the points of a vault, oldest first"),
  ).action(
    act(async (session, options) => {
      const { world, vault } = await vaultOf(session, options);
      const points = await allPoints(vault);
      session.output.result("point.list", { points }, () => lines(points, world.clock.now()));
      return EXIT.ok;
    }),
  );
};

const lines = (points: Awaited<ReturnType<typeof allPoints>>, now: number): readonly string[] => {
  if (points.length === 0) return ["no point: none was captured yet, or all have expired"];
  // Most vaults have no rows that leave by their age.
  const isDivided = points.some((point) => point.rowAges !== undefined);
  return formatTable(
    [
      { title: "POINT" },
      { title: "DATABASE" },
      { title: "TIER" },
      { title: "TAKEN" },
      { title: "AGE" },
      { title: "ROWS", align: "right" },
      { title: "STORED", align: "right" },
      ...(isDivided ? [{ title: "BY AGE" }] : []),
      { title: "RELEASE" },
    ],
    points.map((point) => [
      point.id,
      point.database,
      point.tier,
      formatInstant(point.startedAt),
      formatAge({ at: point.startedAt, now }),
      formatCount(point.parts.reduce((rows, part) => rows + part.rows, 0)),
      formatBytes(point.stored.bytes),
      ...(isDivided ? [dayLines(point).join(", ")] : []),
      [point.release, point.label].filter((text) => text !== undefined).join(" "),
    ]),
  );
};
