import { describe, expect, test } from "vitest";
import type { AuditRecord } from "../../lib/model/audit.ts";
import type { ComplianceReport } from "../../lib/model/report.ts";
import { compileReport } from "../../lib/report/compile-report.ts";
import type { ReportEvidence } from "../../lib/report/evidence.ts";
import { nothing, quarter } from "./quarter.ts";
import { DAY_MS, HOUR_MS, PERIOD } from "./quarter-facts.ts";

const NOW = PERIOD.to + 8 * HOUR_MS;
const made = (change: Partial<ReportEvidence> = {}): ComplianceReport => compileReport({ ...quarter(), ...change });

/** The quarter without what went wrong in it. */
const good = (change: Partial<ReportEvidence> = {}): ReportEvidence => {
  const all = quarter();
  const days = new Set<string>();
  const records = all.records.flatMap((record): readonly AuditRecord[] => {
    if (record.outcome !== "done" || record.act === "alarm" || record.act === "hold") return [];
    if (record.act === "expire") return [{ ...record, marginMs: Math.max(record.marginMs, HOUR_MS) }];
    if (record.act !== "daily verification") return [record];
    const verification = record.verification as Record<string, unknown>;
    days.add(verification["day"] as string);
    return [{ ...record, verification: { ...verification, light: "green", invariants: [], tiers: [] } }];
  });
  const drills = records.filter((record) => record.act === "drill");
  const again = drills.map((record) => ({ ...record, at: record.at + 7 * DAY_MS }));
  return {
    ...all,
    records: [...records, ...again].toSorted((a, b) => a.at - b.at),
    kept: all.kept.map((row) => ({ ...row, state: "kept", deadline: Math.max(row.deadline, NOW + DAY_MS) })),
    holds: [],
    days: [...days],
    ...change,
  };
};

const findings = (report: ComplianceReport): readonly string[] =>
  report.verdict.findings.map(
    ({ light, section, says, which }) => `${light} ${section} ${says}${which ? ` ${which}` : ""}`,
  );
const lightOf = (report: ComplianceReport, about: string) =>
  report.verdict.lights.find((one) => one.about === about)?.light;

test("a quarter in which all went well has no finding, and every light is green by something that was found", () => {
  const report = compileReport(good());
  expect(findings(report)).toEqual([]);
  expect(report.verdict).toMatchObject({ light: "green", sentence: expect.stringContaining("was kept") as string });
  for (const { says } of report.verdict.lights) expect(says).not.toMatch(/\b0 /);
});

test("without evidence nothing is green but that there is no hold, and it is said", () => {
  const { verdict } = compileReport(nothing());
  expect(verdict.light).toBe("yellow");
  expect(verdict.lights.filter(({ light }) => light === "green").map(({ about }) => about)).toEqual(["holds"]);
  expect(verdict.sentence).toMatch(/^There is no evidence of this period/);
});

test("all that went wrong in a quarter is found, the worst first, each with its section and the first few by name", () => {
  expect(findings(made())).toEqual([
    "red 6 1 promised point missing or incomplete. shop hot of 2026-10-12 01:00:00Z",
    "red 10 2 copies outlived the deadline. personal of 20261031T010000Z-75001, 17 d 06 h over; other of 20260903T010000Z-4ddb, 5 h 00 min over",
    "red 7 21 days were red. 2026-10-12; 2026-10-13; 2026-10-14 and 18 more",
    "red 16 1 invariant broken on some day. I-01 in 17 runs",
    "red 8 1 drill found a difference. 20261020T010000Z-5fbbc on 2026-10-20",
    "red 8 14 d 00 h passed without a good drill; the policy says P7D.",
    "red 12 1 copy held past the deadline. personal of 20261110T010000Z-88557, 7 d 06 h over",
    "yellow 6 1 point came late.",
    "yellow 5 1 capture or archive failed or was refused.",
    "yellow 10 1 alarm came because a deadline was near.",
    "yellow 7 1 day was yellow. 2026-10-28",
    "yellow 7 1 day not verified. 2026-11-06",
    "yellow 8 1 drill or restore failed or was refused. restore on 2026-11-15: TARGET_NOT_EMPTY",
    "yellow 12 1 hold in force. h-0007",
  ]);
});

describe("one thing is changed in a quarter that went well", () => {
  const expired = good().records.find((record) => record.outcome === "done" && record.act === "expire") as AuditRecord;
  const without = (act: string) => good().records.filter((record) => record.act !== act);
  const ofArchives = () =>
    good().records.map((record) =>
      record.outcome === "done" && record.act === "drill"
        ? { ...record, part: { store: "archive", id: "shop/2026-10-01" } as const }
        : record,
    );
  const failed = (act: "retention" | "drill" | "capture", code: string): AuditRecord => {
    const { seq, vaultId, actor } = expired;
    const at = PERIOD.from + HOUR_MS;
    return { format: 1, kind: "audit record", previous: "", seq, at, vaultId, actor, outcome: "failed", act, code };
  };
  const hold = { ...(quarter().holds[0] as ReportEvidence["holds"][number]), parts: [] };
  const step = { by: "both", at: NOW - DAY_MS };
  const [kept, ...others] = good().kept as [ReportEvidence["kept"][number], ...ReportEvidence["kept"]];

  test.each<[string, Partial<ReportEvidence>, string, "red" | "yellow" | "green", RegExp]>([
    ["no capture is recorded", { records: without("capture") }, "backups", "yellow", /No point was captured/],
    [
      "a capture failed",
      { records: [...good().records, failed("capture", "DATABASE_LOST")] },
      "backups",
      "yellow",
      /failed/,
    ],
    ["no worker ran", { records: without("retention") }, "retention", "yellow", /No run of the retention worker/],
    [
      "the worker failed",
      { records: [...good().records, failed("retention", "STORE_FULL")] },
      "retention",
      "yellow",
      /STORE_FULL/,
    ],
    [
      "a part is at its deadline",
      { kept: [{ ...kept, deadline: NOW }, ...others] },
      "retention",
      "red",
      /1 copy outlived/,
    ],
    [
      "a part has a millisecond left",
      { kept: [{ ...kept, deadline: NOW + 1 }, ...others] },
      "retention",
      "green",
      /^$/,
    ],
    ["something is unclear", { notices: ["point p: class x is not in the policy"] }, "retention", "yellow", /class x/],
    ["nobody verified", { records: without("daily verification") }, "verification", "yellow", /No day was verified/],
    ["no drill was made", { records: without("drill") }, "restores", "yellow", /No drill shows/],
    ["only archives were drilled", { records: ofArchives() }, "restores", "yellow", /No drill shows that a point/],
    [
      "a drill had no server",
      { records: [...good().records, failed("drill", "NO_POSTGRES")] },
      "restores",
      "yellow",
      /NO_POSTGRES/,
    ],
    [
      "a drill found damage",
      { records: [...good().records, failed("drill", "RESTORE_UNPROVEN")] },
      "restores",
      "red",
      /found a difference/,
    ],
    [
      "the policy wants drills more often",
      { drillEvery: { term: "P1D", ms: DAY_MS } },
      "restores",
      "red",
      /without a good drill/,
    ],
    ["a hold was asked for", { holds: [{ ...hold, approved: undefined }] }, "holds", "yellow", /waits for a second/],
    ["a hold is past its review", { holds: [{ ...hold, reviewAt: NOW }] }, "holds", "red", /1 hold past its review/],
    [
      "a hold was released",
      { holds: [{ ...hold, releaseRequested: { ...step, reason: "over" }, released: step }] },
      "holds",
      "green",
      /^$/,
    ],
    ["a part is not found", { kept: others }, "evidence", "yellow", /1 part not found, and no record tells of leaving/],
    ["no head was signed", { integrity: { ...good().integrity, head: undefined } }, "evidence", "yellow", /No head/],
    [
      "the head is old",
      { integrity: { ...good().integrity, head: { size: 1, root: "", at: PERIOD.to - 27 * HOUR_MS } } },
      "evidence",
      "yellow",
      /1 d 03 h/,
    ],
    [
      "the chain is broken",
      { integrity: { ...good().integrity, broken: "record 7 is missing" } },
      "evidence",
      "red",
      /record 7 is missing/,
    ],
    ["the period is not over", { madeAt: PERIOD.to - 1 }, "evidence", "yellow", /had not ended/],
    ["the period is just over", { madeAt: PERIOD.to }, "evidence", "green", /^$/],
  ])("%s", (_, change, about, light, says) => {
    const report = compileReport(good(change));
    expect(lightOf(report, about)).toBe(light);
    expect(findings(report).join("\n")).toMatch(says);
    expect(report.verdict.light).toBe(light);
  });
});

test("a copy that a hold let outlive its deadline is told with the hold, and is no failure of retention", () => {
  const row = made().overdue.find(({ heldBy }) => heldBy !== undefined);
  expect(row).toMatchObject({ heldBy: "h-0007", state: "still there", part: { class: "personal" } });
  const released = { by: "both", at: (row?.deadline ?? 0) - 1 };
  const holds = quarter().holds.map((hold) => ({ ...hold, released }));
  expect(made({ holds }).overdue.filter(({ heldBy }) => heldBy !== undefined)).toEqual([]);
});

test("what was recorded after the period is in its report only where it is about it", () => {
  const { records } = quarter();
  const late = records.find((record) => record.outcome === "done" && record.act === "expire") as AuditRecord & {
    part: object;
  };
  const after = { ...late, seq: 9000, at: PERIOD.to + DAY_MS };
  const about = {
    ...after,
    part: { store: "hot", id: "x", class: "other" },
    deadline: PERIOD.to - 1,
    marginMs: -DAY_MS,
  } as AuditRecord;
  const other = {
    ...about,
    seq: 9001,
    part: { store: "hot", id: "y", class: "other" },
    deadline: PERIOD.to,
  } as AuditRecord;
  const report = made({ records: [...records, about, other] });
  expect(report.expiries.map(({ part }) => part.id)).toContain("x");
  expect(report.expiries.map(({ part }) => part.id)).not.toContain("y");
  expect(report.overdue.map(({ part }) => part.id)).toContain("x");
  expect(report.integrity.lastSeq).toBeLessThan(9000);
});

test("a gap that a later verification finds filled was late, and one that is told on many days is told once", () => {
  const { missed } = made();
  expect(missed.map(({ found, firstTold, lastTold }) => [found, firstTold, lastTold])).toEqual([
    ["missing", "2026-10-12", "2026-10-14"],
    ["late", "2026-10-28", "2026-10-30"],
  ]);
  const filled = quarter().records.map((record) => {
    if (record.outcome !== "done" || record.act !== "daily verification") return record;
    const verification = record.verification as {
      day: string;
      tiers: { promised: { expectedAt: number; found: string }[] }[];
    };
    if (verification.day !== "2026-10-14") return record;
    const tiers = verification.tiers.map((tier) => ({
      ...tier,
      promised: tier.promised.map((one) => ({ ...one, found: "present" })),
    }));
    return { ...record, verification: { ...verification, tiers } };
  });
  expect(made({ records: filled }).missed[0]).toMatchObject({ found: "late", firstTold: "2026-10-12" });
});

test("a point in the vault that no record tells of is in the report, and is named as one without a record", () => {
  const point = {
    id: "p9",
    database: "shop",
    tier: "hot",
    startedAt: PERIOD.from,
    finishedAt: PERIOD.from + 1,
    parts: [],
    stored: { objects: 1, bytes: 7 },
  } as const;
  const report = compileReport(good({ points: [point, { ...point, id: "before", startedAt: PERIOD.from - 1 }] }));
  expect(report.captures.filter(({ seq }) => seq === undefined).map((row) => row.point)).toEqual(["p9"]);
  expect(findings(report)).toEqual(["yellow 5 1 point without a record. p9"]);
});

test("the same evidence gives the same report", () => {
  expect(JSON.stringify(made())).toBe(JSON.stringify(made()));
});
