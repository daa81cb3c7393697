import { classWords } from "../model/part-groups.ts";
import type { ComplianceReport } from "../model/report.ts";
import { type ReportTable, tableOf } from "./table.ts";
import { retentionTables } from "./tables-retention.ts";
import { scopeTables } from "./tables-scope.ts";

/** Every table of the report, in the order of its sections. */
export const tablesOf = (report: ComplianceReport): readonly ReportTable[] =>
  [...scopeTables(report), ...backupTables(report), ...proofTables(report), ...retentionTables(report)].toSorted(
    (a, b) => a.section - b.section,
  );

const backupTables = ({ captures, archives, failures, missed }: ComplianceReport): readonly ReportTable[] => [
  tableOf({
    name: "captures",
    section: 5,
    title: "Points captured",
    none: "No point was captured.",
    rows: captures,
    onPage: (rows) => rows.map((row) => ({ ...row, classes: [classWords(row.classes).join(", ")] })),
    first: { words: "the newest", by: (a, b) => b.startedAt - a.startedAt },
    columns: ({ bytes, count, instant, prose, text }) => [
      instant("started_at", "Started", (row) => row.startedAt),
      instant("finished_at", undefined, (row) => row.finishedAt),
      text("database", "Database", (row) => row.database),
      text("point", "Point", (row) => row.point),
      text("tier", "Tier", (row) => row.tier),
      text("release", "Release", (row) => row.release),
      text("commit", undefined, (row) => row.commit),
      prose("classes", "Classes", (row) => row.classes.join(" ")),
      count("rows", "Rows", (row) => row.rows),
      bytes("stored_bytes", "Stored", (row) => row.storedBytes),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "archives",
    section: 5,
    title: "Archive parts made",
    none: "No archive part was made.",
    rows: archives,
    columns: ({ bytes, count, deadline, digest, instant, text }) => [
      text("archive", "Archive", (row) => row.archive),
      text("class", "Class", (row) => row.class),
      text("schedule", "Schedule", (row) => row.schedule),
      text("point", undefined, (row) => row.point),
      count("rows", "Rows", (row) => row.rows),
      bytes("sealed_bytes", "Sealed", (row) => row.sealedBytes),
      instant("captured_at", undefined, (row) => row.startedAt),
      deadline("retain_until", "Locked until", (row) => row.retainUntil),
      deadline("deadline", "Gone by", (row) => row.deadline),
      digest("sha256", "Document", (row) => row.sha256),
      text("version", undefined, (row) => row.version),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "failures",
    section: 5,
    title: "Acts that failed or were refused",
    none: "No act failed or was refused.",
    rows: failures,
    first: { words: "the newest", by: (a, b) => b.seq - a.seq },
    columns: ({ count, instant, text }) => [
      instant("at", "At", (row) => row.at),
      text("act", "Act", (row) => row.act),
      text("outcome", "Outcome", (row) => row.outcome),
      text("code", "Code", (row) => row.code),
      text("database", "Database", (row) => row.database),
      text("point", undefined, (row) => row.point),
      text("by", "By", (row) => row.by),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "missed",
    section: 6,
    title: "Points that were not there on time",
    none: "No verification told of a point that was missing, incomplete or late.",
    rows: missed,
    columns: ({ deadline, text }) => [
      deadline("expected_at", "Expected", (row) => row.expectedAt),
      text("database", "Database", (row) => row.database),
      text("tier", "Tier", (row) => row.tier),
      text("found", "Found", (row) => row.found),
      text("point", "Point", (row) => row.point),
      text("first_told", "First told", (row) => row.firstTold),
      text("last_told", "Last told", (row) => row.lastTold),
    ],
  }),
];

const proofTables = (report: ComplianceReport): readonly ReportTable[] => [
  tableOf({
    name: "daily-verifications",
    section: 7,
    title: "Daily verifications",
    none: "No daily verification is recorded.",
    rows: report.days,
    first: { words: "those that are not green, then the newest", by: (a, b) => worse(a.light, b.light) || b.at - a.at },
    columns: ({ bytes, count, instant, light, prose, text }) => [
      text("day", "Day", (row) => row.day),
      light("light", "Light", (row) => row.light),
      count("points", "Points read", (row) => row.points),
      count("objects", undefined, (row) => row.objects),
      bytes("bytes", "Bytes", (row) => row.bytes),
      count("rows", undefined, (row) => row.rows),
      count("problems", "Problems", (row) => row.problems),
      instant("all_read_since", "All read since", (row) => row.allReadSince),
      text("broken", "Broken", (row) => row.broken.join(" ")),
      prose("reasons", "Reasons", (row) => row.reasons.join("; ")),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "checks",
    section: 7,
    title: "Other verifications",
    none: "Nobody verified the vault by hand.",
    rows: report.checks,
    first: { words: "the newest", by: (a, b) => b.seq - a.seq },
    columns: ({ bytes, count, duration, instant, text }) => [
      instant("at", "At", (row) => row.at),
      text("level", "Level", (row) => row.level),
      count("points", "Points", (row) => row.points),
      count("objects", "Objects", (row) => row.objects),
      bytes("bytes", "Bytes", (row) => row.bytes),
      count("rows", "Rows", (row) => row.rows),
      count("problems", "Problems", (row) => row.problems),
      duration("elapsed_ms", "Took", (row) => row.elapsedMs),
      text("by", "By", (row) => row.by),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "restores",
    section: 8,
    title: "Drills and restores",
    none: "Nothing was restored, neither as a drill nor in earnest.",
    rows: report.restores,
    first: {
      words: "those that did not end well, then the newest",
      by: (a, b) => Number(isBad(b.result)) - Number(isBad(a.result)) || b.seq - a.seq,
    },
    columns: ({ bytes, count, digest, duration, instant, text }) => [
      instant("at", "At", (row) => row.at),
      text("purpose", "Purpose", (row) => row.purpose),
      text("of", "Of", (row) => row.of),
      text("result", "Result", (row) => row.result),
      count("tables", undefined, (row) => row.tables),
      count("rows", "Rows", (row) => row.rows),
      bytes("plain_bytes", "Size", (row) => row.plainBytes),
      duration("restore_ms", "Restored", (row) => row.restoreMs),
      duration("elapsed_ms", "In all", (row) => row.elapsedMs),
      text("code", "Code", (row) => row.code),
      digest("plan", undefined, (row) => row.plan),
      text("by", "By", (row) => row.by),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "approvals",
    section: 14,
    title: "What people did and allowed",
    none: "No hold, policy, restore, release, key or report was touched.",
    rows: report.approvals,
    first: { words: "the newest", by: (a, b) => b.seq - a.seq },
    columns: ({ count, instant, prose, text }) => [
      instant("at", "At", (row) => row.at),
      text("by", "By", (row) => row.by),
      text("what", "What", (row) => row.what),
      prose("about", "About", (row) => row.about),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "invariants",
    section: 16,
    title: "Daily invariants",
    none: "No daily verification is recorded, so no invariant was checked.",
    rows: report.invariants,
    columns: ({ count, prose, text }) => [
      text("id", "Invariant", (row) => row.id),
      count("runs", "Runs", (row) => row.runs),
      count("holds", "Held", (row) => row.holds),
      count("broken", "Broken", (row) => row.broken),
      count("not_applicable", "Not applicable", (row) => row.notApplicable),
      text("first_broken", "First broken", (row) => row.firstBroken),
      text("last_broken", "Last broken", (row) => row.lastBroken),
      prose("found", "Found by the newest run", (row) => row.found),
    ],
  }),
];

const ORDER = ["red", "yellow", "green"];

const worse = (a: string, b: string): number => ORDER.indexOf(a) - ORDER.indexOf(b);

const isBad = (result: string): boolean => result !== "equal" && result !== "done";
