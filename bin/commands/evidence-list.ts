import { Option } from "@commander-js/extra-typings";
import type { AuditRecord } from "../../lib/model/audit.ts";
import { EXIT } from "../../lib/model/errors.ts";
import { lineOf, listRecords } from "../../lib/operations/evidence.ts";
import { formatCount, formatDuration, formatInstant, formatNumber, formatTable } from "../format.ts";
import { instantArgument, withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";
import { EVIDENCE } from "./evidence-sign.ts";

const EXAMPLES = `
Examples:
  lastgood evidence list --vault ./vault
  lastgood evidence list --from 2026-11-01 --to 2026-11-30

A day is one of UTC. Each record is checked on the way, also those that are not shown.`;

export const addEvidenceList: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "evidence", EVIDENCE)
      .command("list")
      .description("show what was done, failed and was refused")
      .addOption(
        new Option("--from <time>", "from this day or instant on").argParser((text) => instantArgument(text, "start")),
      )
      .addOption(
        new Option("--to <time>", "to the end of this day, or this instant").argParser((text) =>
          instantArgument(text, "end"),
        ),
      ),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, { from, to, ...options }) => {
        const { audit } = await vaultOf(session, options);
        const records: AuditRecord[] = [];
        const range = { ...(from && { from }), ...(to && { to }) };
        for await (const record of listRecords(audit.evidence, range)) records.push(record);
        session.output.result("evidence.list", { records: records.map(shown) }, () => recordLines(records));
        return EXIT.ok;
      }),
    );
};

/** What all records have, and the record itself as it was signed: each act has facts of its own. */
const shown = (record: AuditRecord) => {
  const { seq, at, actor, act, outcome, database } = record;
  return { seq, at, actor, act, outcome, ...(database && { database }), line: lineOf(record) };
};

const recordLines = (records: readonly AuditRecord[]): readonly string[] =>
  records.length === 0
    ? ["no record"]
    : formatTable(
        [
          { title: "RECORD", align: "right" },
          { title: "WHEN" },
          { title: "WHO" },
          { title: "ACT" },
          { title: "OUTCOME" },
          { title: "DATABASE" },
          { title: "WHAT" },
        ],
        records.map((record) => [
          formatCount(record.seq),
          formatInstant(record.at),
          record.actor,
          record.act,
          record.outcome,
          record.database ?? "",
          wordsOf(record),
        ]),
      );

const wordsOf = (record: AuditRecord): string => {
  if (record.outcome !== "done")
    return [record.code, record.point && `point ${record.point}`].filter(Boolean).join(", ");
  switch (record.act) {
    case "capture":
      return `point ${record.point}, ${formatNumber(record.tables, "table")}, ${formatNumber(record.rows, "row")}`;
    case "archive":
      return `class ${record.part.class} of ${record.part.id}, ${formatNumber(record.rows, "row")}`;
    case "expire":
      return `class ${record.part.class} of ${record.part.id}, ${record.objectsLeft === 0 ? "gone" : "objects LEFT"} ${marginWords(record.marginMs)}`;
    case "retention":
      return `${formatCount(record.gone)} of ${formatCount(record.due)} due gone, ${formatCount(record.held)} held, ${formatCount(record.overdue)} overdue`;
    case "sweep":
      return formatNumber(record.objects, "object");
    case "hold":
      return `${record.hold} ${record.step}`;
    case "verify":
      return `level ${record.level}, ${formatNumber(record.points, "point")}, ${formatNumber(record.problems, "problem")}`;
    case "drill":
      return `${record.part.store === "hot" ? "point" : "archive"} ${record.part.id}, ${formatNumber(record.rows, "row")} restored in ${formatDuration(record.restoreMs)}`;
    case "restore":
      return `point ${record.point}, ${formatNumber(record.rows, "row")}`;
    case "release":
      return `${record.release} for commit ${record.commit}, point ${record.point}`;
    case "daily verification":
      return "";
    case "policy":
      return `${record.sha256.slice(0, 16)}${record.before === undefined ? "" : `, before ${record.before.slice(0, 16)}`}`;
    case "alarm":
      return `class ${record.part.class} of ${record.part.id}: ${record.reason}`;
    case "key export":
      return `class ${record.part.class} of ${record.part.id}`;
    case "report":
      return `${formatInstant(record.from)} to ${formatInstant(record.to)}`;
  }
};

const marginWords = (marginMs: number): string =>
  marginMs < 0 ? `${formatDuration(-marginMs)} AFTER its deadline` : `${formatDuration(marginMs)} before its deadline`;
