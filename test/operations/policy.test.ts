import { expect, test } from "vitest";
import { archiveDocumentName } from "../../lib/engine/archive/archive-names.ts";
import { encodeDocument } from "../../lib/engine/document.ts";
import type { ArchivePart } from "../../lib/model/archive.ts";
import { checkPolicy, explainPolicy, loadPolicy } from "../../lib/operations/policy.ts";
import { archiveTimes } from "../../lib/policy/archive-times.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { memoryVault } from "../engine/memory-vault.ts";
import { laneFor, putSyntheticPoint, takeBase } from "../engine/synthetic-history.ts";
import { syntheticFacts } from "../engine/synthetic-rows.ts";
import { memoryRetainedStore } from "../local/memory-retained-store.ts";
import { DAY_MS, dataClass, policyOf, term } from "../policy/made-policy.ts";

const START = Date.UTC(2026, 0, 1);
const HALF_DAY_MS = DAY_MS / 2;
const MONEY = dataClass("money", "P90D", {
  tables: ["public.money_*"],
  min: { term: term("P60D"), from: "capture" },
  archive: { daily: term("P30D"), monthly: term("P80D") },
  lock: { mode: "governance", term: term("P10D") },
});
const POLICY = policyOf([MONEY, dataClass("people", "P14D", { tables: ["public.people_*", "public.rest_keyed"] })]);

const storedPart = (businessDate: string): ArchivePart => {
  const startedAt = Date.parse(businessDate);
  const schedule = "daily" as const;
  const times = archiveTimes(POLICY, MONEY, schedule, { startedAt, finishedAt: startedAt });
  return {
    format: 1,
    kind: "archive part",
    vaultId: "v",
    database: "shop",
    businessDate,
    class: "money",
    schedule,
    pointId: "p0",
    startedAt,
    finishedAt: startedAt,
    tables: 0,
    rows: 0,
    plainBytes: 0,
    sealedBytes: 0,
    times,
    objects: [],
  };
};

test("without a vault it says what a capture taken now, and an archive of it, are held to", async () => {
  const { classes, archives, tables, expiries, notices } = await explainPolicy(POLICY, {}, START);
  expect(
    classes.map((one) => [one.class, one.tier, one.max, one.window, (one.times.deadline - START) / DAY_MS]),
  ).toEqual([
    ["money", "hot", "P90D", "P28D", 28],
    ["money", "release", "P90D", "P14D", 14],
    ["people", "hot", "P14D", "P28D", 14],
    ["people", "release", "P14D", "P14D", 14],
  ]);
  expect(archives).toEqual([
    {
      class: "money",
      schedule: "monthly",
      keep: "P80D",
      times: {
        lock: "governance",
        retainUntil: START + 61 * DAY_MS,
        keepUntil: START + 61 * DAY_MS,
        deleteAt: START + 80 * DAY_MS - HALF_DAY_MS,
        deadline: START + 80 * DAY_MS,
      },
    },
    {
      class: "money",
      schedule: "daily",
      keep: "P30D",
      times: {
        lock: "governance",
        retainUntil: START + 10 * DAY_MS,
        deleteAt: START + 30 * DAY_MS - HALF_DAY_MS,
        deadline: START + 30 * DAY_MS,
      },
    },
  ]);
  expect([tables, expiries, notices]).toEqual([[], [], []]);
});

test("with one it says each table's class, and when each part of points and archives goes and why", async () => {
  const { made } = await ClassHistory.begin(1);
  const archive = memoryRetainedStore(made.clock);
  const part = storedPart("2025-12-20");
  await archive.put(archiveDocumentName(part), [encodeDocument(part)], { mode: "none" });
  const explained = await explainPolicy(POLICY, { vault: made.vault, archive }, START + 5 * DAY_MS);
  expect(explained.tables.map((table) => [table.table, table.class, table.because])).toEqual([
    ["public.money_keyed", "money", '"public.money_*"'],
    ["public.money_log", "money", '"public.money_*"'],
    ["public.people_keyed", "people", '"public.people_*"'],
    ["public.people_log", "people", '"public.people_*"'],
    ["public.rest_keyed", "people", '"public.rest_keyed"'],
    [
      "public.rest_log",
      null,
      'table public.rest_log of database shop is in no class: add "public.rest_log" to the tables of a class',
    ],
  ]);
  expect(explained.expiries.map((one) => [one.point, one.tier, one.class, one.verdict, one.because])).toEqual([
    ["p0", "hot", "people", "kept", "class people is kept for P14D"],
    ["p0", "hot", "rest", "kept", "class people is kept for P14D"],
    ["shop/2025-12-20", "archive", "money", "kept", "it was archived to be kept until 2026-01-19T00:00:00.000Z"],
    ["p0", "hot", "money", "kept", "tier hot is kept for P28D"],
  ]);
  expect(explained.notices).toEqual([
    { point: "p0", message: "class rest is not in the policy: held to the class that ends first, people" },
  ]);
  const later = await explainPolicy(POLICY, { vault: made.vault, archive }, START + 18 * DAY_MS - 1);
  expect(later.expiries.map((one) => one.verdict)).toEqual(["overdue", "overdue", "due", "kept"]);
});

test("of rows that leave by their age it says which days a capture takes, and when today's are gone", async () => {
  const rowAge = { column: "clicked_at", max: term("P3D") };
  const policy = policyOf([MONEY, dataClass("clicks", "P9D", { rowAge })], { timeZone: "Europe/Copenhagen" });
  const midnight = Date.parse("2026-03-29T23:00:00+01:00");
  const { rowAges, classes } = await explainPolicy(policy, {}, midnight - 1);
  expect(rowAges).toEqual([
    {
      class: "clicks",
      column: "clicked_at",
      max: "P3D",
      firstDay: "2026-03-28",
      lastDay: "2026-03-29",
      days: 2,
      times: { deleteAt: Date.parse("2026-03-31T10:10Z"), deadline: Date.parse("2026-03-31T22:00Z") },
    },
  ]);
  expect(classes.filter((one) => one.class === "clicks").map((one) => one.times.deadline)).toEqual([
    Date.parse("2026-04-01T22:00Z"),
    Date.parse("2026-04-01T22:00Z"),
  ]);
});

test("a table of which a point has several parts by the days of its rows is told once", async () => {
  const { vault, clock } = await memoryVault();
  const names = ["people", "people_2025-12-31", "people_2026-01-01"];
  const lane = await laneFor(vault, "p0", names);
  const facts = { ...syntheticFacts({ name: "people_keyed" }), slice: { column: "at", from: "2026-01-01" } };
  const tables = await Promise.all(names.map((name, i) => takeBase(lane, `t${i}`, facts, new Map([[i, "x"]]), name)));
  await putSyntheticPoint(vault, "p0", clock.now(), tables);
  const { tables: told } = await explainPolicy(POLICY, { vault }, START);
  expect(told.map((table) => [table.table, table.class])).toEqual([["public.people_keyed", "people"]]);
});

const BROKEN = `version: 2\ncontroller: ""\n`;

test("a policy that is to be acted on and is none is refused, with its first problem and how many more there are", () => {
  const { policy, problems, notices } = checkPolicy(BROKEN);
  expect([policy, problems.length, notices]).toEqual([undefined, 5, []]);
  expect(() => loadPolicy("lastgood.yaml", BROKEN)).toThrow(
    expect.objectContaining({
      code: "POLICY_INVALID",
      message: "lastgood.yaml:1:1 version: expected 1, the only version there is; and 4 more",
      facts: { file: "lastgood.yaml", line: 1, column: 1 },
    }) as Error,
  );
});
