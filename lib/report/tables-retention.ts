import type { PartId } from "../model/audit.ts";
import { classWords, groupDays, placeWords } from "../model/part-groups.ts";
import type { ComplianceReport } from "../model/report.ts";
import { partClass } from "../model/row-age.ts";
import { partWords } from "./acts.ts";
import { mergeDays, most, sumOf } from "./day-rows.ts";
import { partColumns } from "./part-columns.ts";
import { type ReportTable, tableOf } from "./table.ts";

/** What is kept, what left, what should have left, and what somebody holds. */
export const retentionTables = (report: ComplianceReport): readonly ReportTable[] => [
  tableOf({
    name: "kept",
    section: 5,
    title: "Parts that are there",
    none: "No part was in the vault when the report was made.",
    rows: report.kept,
    onPage: (rows) =>
      mergeDays(
        rows,
        ({ database, tier, state }) => JSON.stringify([database, tier, state]),
        (group) => ({
          ...group[0],
          rows: sumOf(group, (row) => row.rows),
          sealedBytes: sumOf(group, (row) => row.sealedBytes),
        }),
      ),
    first: { words: "those that are due next", by: (a, b) => a.deadline - b.deadline },
    columns: ({ bytes, count, deadline, instant, prose, text }) => [
      ...partColumns(text),
      text("database", undefined, (row) => row.database),
      text("tier", "Tier", (row) => row.tier),
      instant("captured_at", undefined, (row) => row.startedAt),
      count("rows", "Rows", (row) => row.rows),
      bytes("sealed_bytes", undefined, (row) => row.sealedBytes),
      instant("delete_at", undefined, (row) => row.deleteAt),
      deadline("deadline", "Gone by", (row) => row.deadline),
      prose("lock", "Lock", (row) => row.lock),
      text("state", "State", (row) => row.state),
      prose("because", "Because", (row) => row.because),
    ],
  }),
  tableOf({
    name: "expiries",
    section: 9,
    title: "Expiries and proof of deletion",
    none: "No part left.",
    rows: report.expiries,
    onPage: (rows) =>
      mergeDays(
        rows,
        ({ database, tier, objectsLeft, keyShredded }) =>
          JSON.stringify([database, tier, objectsLeft === 0, keyShredded]),
        (group) => ({
          ...most(group, (row) => -row.marginMs),
          objectsDeleted: sumOf(group, (row) => row.objectsDeleted),
          objectsLeft: sumOf(group, (row) => row.objectsLeft),
        }),
      ),
    first: { words: "those with the smallest margin", by: (a, b) => a.marginMs - b.marginMs },
    columns: ({ count, deadline, duration, instant, text }) => [
      ...partColumns(text),
      text("database", undefined, (row) => row.database),
      text("tier", "Tier", (row) => row.tier),
      instant("captured_at", undefined, (row) => row.startedAt),
      deadline("deadline", "Gone by", (row) => row.deadline),
      deadline("looked_at", "Proven gone", (row) => (row.objectsLeft === 0 ? row.lookedAt : undefined)),
      duration("margin_ms", "Margin", (row) => row.marginMs),
      text("key_shredded", "Key shredded", (row) => (row.keyShredded ? "yes" : "was gone")),
      count("objects_deleted", "Deleted", (row) => row.objectsDeleted),
      count("objects_left", "Left", (row) => row.objectsLeft),
      count("record", "Record", (row) => row.seq),
      text("proof", "Proof", (row) => row.proof && `${row.proof.path.length} hashes`),
    ],
  }),
  tableOf({
    name: "retention-runs",
    section: 9,
    title: "Runs of the retention worker",
    none: "No run of the retention worker is recorded.",
    rows: report.runs,
    first: {
      words: "those with something overdue, then the newest",
      by: (a, b) => b.overdue - a.overdue || b.seq - a.seq,
    },
    columns: ({ count, instant, text }) => [
      instant("at", "At", (row) => row.at),
      count("due", "Due", (row) => row.due),
      count("gone", "Gone", (row) => row.gone),
      count("held", "Held", (row) => row.held),
      count("overdue", "Overdue", (row) => row.overdue),
      count("unknown", "Named by nothing", (row) => row.unknown),
      text("by", "By", (row) => row.by),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "overdue",
    section: 10,
    title: "Copies that outlived their deadline",
    none: "No copy outlived its deadline.",
    rows: report.overdue,
    onPage: (rows) =>
      mergeDays(
        rows,
        ({ state, heldBy }) => JSON.stringify([state, heldBy]),
        (group) => most(group, (row) => row.lateMs),
      ),
    columns: ({ deadline, duration, prose, text }) => [
      ...partColumns(text),
      deadline("deadline", "Gone by", (row) => row.deadline),
      duration("late_ms", "Over by", (row) => row.lateMs),
      text("state", "State", (row) => row.state),
      text("held_by", "Held by", (row) => row.heldBy),
      prose("because", "Because", (row) => row.because),
    ],
  }),
  tableOf({
    name: "alarms",
    section: 10,
    title: "Alarms before a deadline",
    none: "No alarm was raised.",
    rows: report.alarms,
    onPage: (rows) =>
      mergeDays(
        rows,
        () => "",
        (group) => most(group, (row) => row.seq),
      ),
    first: { words: "the newest", by: (a, b) => b.seq - a.seq },
    columns: ({ count, deadline, instant, prose, text }) => [
      instant("at", "At", (row) => row.at),
      ...partColumns(text),
      deadline("deadline", "Gone by", (row) => row.deadline),
      prose("reason", "Reason", (row) => row.reason),
      count("record", "Record", (row) => row.seq),
    ],
  }),
  tableOf({
    name: "holds",
    section: 12,
    title: "Holds",
    none: "No hold was in force or asked for.",
    rows: report.holds,
    onPage: (rows) => rows.map((row) => ({ ...row, parts: mergedParts(row.parts) })),
    columns: ({ instant, prose, text }) => [
      text("hold", "Hold", (row) => row.hold),
      text("state", "State", (row) => row.state),
      text("basis", "Basis", (row) => row.basis),
      text("matter", "Matter", (row) => row.matter),
      prose("parts", "Parts", (row) => row.parts.map(partWords).join("; ")),
      instant("review_at", "Review by", (row) => row.reviewAt),
      text("requested_by", "Requested by", (row) => row.requestedBy),
      instant("requested_at", undefined, (row) => row.requestedAt),
      text("approved_by", "Approved by", (row) => row.approvedBy),
      instant("approved_at", undefined, (row) => row.approvedAt),
      text("released_by", "Released by", (row) => row.releasedBy),
      instant("released_at", "Released", (row) => row.releasedAt),
      text("reason", undefined, (row) => row.reason),
    ],
  }),
  tableOf({
    name: "shredded-keys",
    section: 13,
    title: "Keys of parts that were destroyed",
    none: "No key was destroyed.",
    rows: byClass(report),
    columns: ({ count, instant, text }) => [
      text("class", "Class", (row) => row.class),
      count("shredded", "Destroyed", (row) => row.shredded),
      instant("first_at", "First", (row) => row.first),
      instant("last_at", "Last", (row) => row.last),
    ],
  }),
  tableOf({
    name: "inclusion-proofs",
    section: 17,
    title: "Proofs of the records of section 9",
    none: "There is no record of an expiry to prove.",
    rows: report.expiries.flatMap(({ seq, proof }) => (proof === undefined ? [] : [{ seq, ...proof }])),
    columns: ({ count, digest }) => [
      count("record", undefined, (row) => row.seq),
      count("leaf_index", undefined, (row) => row.index),
      count("tree_size", undefined, (row) => row.size),
      digest("path", undefined, (row) => row.path.join(" ")),
    ],
  }),
];

const mergedParts = (parts: readonly PartId[]): readonly PartId[] =>
  groupDays(parts, (part) => part).map((group) => ({
    store: group[0].store,
    id: placeWords(group),
    class: classWords(group.map((part) => part.class)).join(),
  }));

const byClass = ({ expiries }: ComplianceReport) => {
  const shredded = expiries.filter(({ keyShredded }) => keyShredded);
  return [...Map.groupBy(shredded, (row) => partClass(row.part.class).class)]
    .map(([name, rows]) => ({
      class: name,
      shredded: rows.length,
      first: Math.min(...rows.map(({ at }) => at)),
      last: Math.max(...rows.map(({ at }) => at)),
    }))
    .toSorted((a, b) => (a.class < b.class ? -1 : 1));
};
