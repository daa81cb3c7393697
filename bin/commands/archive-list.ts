import { EXIT } from "../../lib/model/errors.ts";
import { type ArchiveList, listArchives } from "../../lib/operations/archive.ts";
import { ARCHIVE_NOUN, archiveVaultOf } from "../archive.ts";
import { formatBytes, formatCount, formatInstant, formatNumber, formatTable } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";

export const addArchiveList: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "archive", ARCHIVE_NOUN)
      .command("list")
      .description("list the archives of a vault; ends with 9 if one cannot be told"),
  ).action(
    act(async (session, options) => {
      const list = await listArchives(await archiveVaultOf(session, options));
      session.output.result("archive.list", list, () => listLines(list));
      return list.damaged.length === 0 ? EXIT.ok : EXIT.different;
    }),
  );
};

const listLines = ({ parts, unknown, foreign, damaged }: ArchiveList): readonly string[] => [
  ...(parts.length === 0 ? ["no archive yet"] : partLines(parts)),
  ...damaged.map(({ name }) => `DAMAGED: ${name} cannot be read`),
  ...foreign.names.map((name) => `FOREIGN: ${name} is not of Lastgood: move it out of the archive`),
  ...(foreign.objects === foreign.names.length
    ? []
    : [`${formatNumber(foreign.objects - foreign.names.length, "more object")} that are not of Lastgood`]),
  ...(unknown.objects === 0
    ? []
    : [
        `${formatNumber(unknown.objects, "object")} of no archive, ${formatBytes(unknown.bytes)}: of a run that works or was stopped`,
      ]),
];

const partLines = (parts: ArchiveList["parts"]): readonly string[] =>
  formatTable(
    [
      { title: "ARCHIVE" },
      { title: "CLASS" },
      { title: "SCHEDULE" },
      { title: "POINT" },
      { title: "ROWS", align: "right" },
      { title: "STORED", align: "right" },
      { title: "LOCKED UNTIL" },
      { title: "GONE BY" },
      { title: "" },
    ],
    parts.map((part) => [
      part.id,
      part.class,
      part.schedule,
      part.pointId,
      formatCount(part.rows),
      formatBytes(part.sealedBytes),
      part.times.lock === "none" ? "not locked" : `${formatInstant(part.times.retainUntil)} ${part.times.lock}`,
      formatInstant(part.times.deadline),
      part.state === "readable" ? "" : "KEY DESTROYED",
    ]),
  );
