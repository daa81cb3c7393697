import type { ComplianceReport } from "../model/report.ts";
import { mergeDays } from "./day-rows.ts";
import { partColumns } from "./part-columns.ts";
import { type ReportTable, tableOf } from "./table.ts";

/** What was found, what was looked at, and by which rules. */
export const scopeTables = ({
  verdict,
  examined,
  notices,
  lost,
  schedule,
  policyChanges,
}: ComplianceReport): readonly ReportTable[] => [
  tableOf({
    name: "findings",
    section: 1,
    title: "Findings",
    none: "Nothing was found against the evidence.",
    rows: verdict.findings,
    columns: ({ count, light, prose, text }) => [
      light("light", "Light", (row) => row.light),
      text("about", "About", (row) => row.about),
      prose("says", "Finding", (row) => row.says),
      prose("which", "Which", (row) => row.which),
      count("section", "Section", (row) => row.section),
    ],
  }),
  tableOf({
    name: "examined",
    section: 2,
    title: "What was examined",
    none: "No store of the vault was examined.",
    rows: examined,
    columns: ({ count, prose, text }) => [
      text("store", "Store", (row) => row.store),
      prose("found", "Found", (row) => row.found),
      count("unknown", "Named by nothing", (row) => row.unknown),
    ],
  }),
  tableOf({
    name: "notices",
    section: 2,
    title: "What the policy leaves open",
    none: "The policy speaks of everything that is in the vault.",
    rows: notices,
    columns: ({ prose }) => [prose("notice", "Notice", (row) => row)],
  }),
  tableOf({
    name: "lost",
    section: 2,
    title: "Parts that left without a record",
    none: "Every part that was made in the period is there, or a record says that it left.",
    rows: lost,
    onPage: (rows) =>
      mergeDays(
        rows,
        () => "",
        (group) => group[0],
      ),
    columns: ({ text, instant, count }) => [
      ...partColumns(text),
      instant("captured_at", "Captured", (row) => row.startedAt),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "schedule",
    section: 3,
    title: "Retention schedule",
    none: "The policy has no class.",
    rows: schedule,
    columns: ({ prose, text }) => [
      text("class", "Class", (row) => row.class),
      prose("tables", "Tables", (row) => row.tables.join(" ")),
      prose("purpose", "Purpose", (row) => row.purpose),
      prose("legal_basis", "Legal basis", (row) => row.legalBasis),
      text("max", "Gone within", (row) => row.max),
      prose("row_age", "Rows of a day", (row) => row.rowAge),
      prose("min", "Kept at least", (row) => row.min),
      prose("archive", "Archives", (row) => row.archive),
      prose("lock", "Lock", (row) => row.lock),
    ],
  }),
  tableOf({
    name: "policy-changes",
    section: 4,
    title: "Policy changes",
    none: "No run saw another policy than the one before it.",
    rows: policyChanges,
    columns: ({ count, digest, instant, text }) => [
      instant("at", "Seen at", (row) => row.at),
      text("by", "By", (row) => row.by),
      digest("before", "Before", (row) => row.before),
      digest("sha256", "After", (row) => row.sha256),
      count("record", "Record", (row) => row.seq),
    ],
  }),
];
