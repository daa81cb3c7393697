import type { AuditEntry } from "../model/audit.ts";
import type { RaisedAlarm, RetentionOutcome, RetentionReport } from "./retention-report.ts";

/** What a run leaves in the evidence: each part that was removed, each alarm, what was swept, and the run itself. */
export const retentionEntries = (report: RetentionReport): readonly AuditEntry[] => [
  ...report.parts.flatMap((part) => expireEntry(part)),
  ...report.alarms.flatMap((alarm) => alarmEntry(alarm)),
  ...(report.swept.objects === 0 ? [] : [{ outcome: "done", act: "sweep", ...report.swept } as const]),
  {
    outcome: "done",
    act: "retention",
    due: report.parts.length,
    gone: report.parts.filter(({ outcome }) => outcome === "gone").length,
    held: report.parts.filter(({ outcome }) => outcome === "held").length,
    overdue: overdueOf(report).length,
    unknown: report.unknown.length,
    startedAt: report.startedAt,
    finishedAt: report.finishedAt,
    clockOffsetMs: report.clock.offsetMs,
    ...(report.clock.problem === undefined ? {} : { clockProblem: report.clock.problem }),
  },
];

/** Parts that are still there past their deadline, and that nobody holds. */
export const overdueOf = ({ parts, finishedAt }: RetentionReport): readonly RetentionOutcome[] =>
  parts.filter(({ outcome, deadline }) => outcome !== "gone" && outcome !== "held" && finishedAt >= deadline);

/** What waits for a lock or a restore was told when it became unreadable; only what was done since is told again. */
const expireEntry = (part: RetentionOutcome): readonly AuditEntry[] => {
  if (part.outcome !== "gone" && part.outcome !== "left") return [];
  if (part.outcome === "left" && !part.keyShredded && part.objectsDeleted === 0) return [];
  const { database, tier, startedAt, deadline, keyShredded, objectsDeleted, objectsLeft, lookedAt, marginMs } = part;
  return [
    {
      outcome: "done",
      act: "expire",
      database,
      part: part.part,
      tier,
      startedAt,
      deadline,
      keyShredded,
      objectsDeleted,
      objectsLeft,
      lookedAt,
      marginMs,
    },
  ];
};

/** What is wrong with the clock stands in the record of the run, and copies that nobody knows have no part to name. */
const alarmEntry = ({ part, deadline, message }: RaisedAlarm): readonly AuditEntry[] =>
  part === undefined || deadline === undefined
    ? []
    : [{ outcome: "done", act: "alarm", part, deadline, reason: message }];
