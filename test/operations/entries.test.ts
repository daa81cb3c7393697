import { expect, test } from "vitest";
import { headName, recordName } from "../../lib/engine/audit-chain.ts";
import type { AuditRecord } from "../../lib/model/audit.ts";
import { Failure } from "../../lib/model/errors.ts";
import { appendRecord, readRecords, recorded } from "../../lib/operations/audit.ts";
import { captureEntry, expiryEntries, recordPolicy, unrecordedExpiries } from "../../lib/operations/entries.ts";
import { applyExpiry, type ExpiryPlan, type ExpiryReport, planExpiry } from "../../lib/operations/expire-parts.ts";
import { allPoints } from "../../lib/operations/points.ts";
import { ClassHistory } from "../engine/class-history.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { foldWorldOf } from "../engine/vault-history.ts";
import { faulty } from "../faults/faulty.ts";
import { DAY_MS, dataClass, HOUR_MS, policyOf, term } from "../policy/made-policy.ts";
import { type AuditScene, newAudit, otherProcess, overwrite, sweepOf } from "./audit-world.ts";

const POLICY = policyOf([
  dataClass("people", "P14D", { tables: ["public.people_*"] }),
  dataClass("money", "P20D", { tables: ["public.money_*"] }),
  dataClass("rest", "P60D", { tables: ["public.rest_*"] }),
]);

const recordsIn = async ({ evidence }: AuditScene): Promise<readonly AuditRecord[]> => {
  const records: AuditRecord[] = [];
  for await (const record of readRecords(evidence)) records.push(record);
  return records;
};

interface Scene {
  readonly audit: AuditScene;
  readonly plan: ExpiryPlan;
  /** Applies the plan; `dies` before its records are written, or after. */
  readonly apply: (dies?: "before its records") => Promise<ExpiryReport>;
}

/** Three points with a part of people each, all of them due. */
const dueScene = async (): Promise<Scene> => {
  const { made } = await ClassHistory.begin(3);
  await made.clock.advance(14 * DAY_MS - 11 * HOUR_MS);
  const world = foldWorldOf(made.vault, made.clock);
  const audit = { ...newAudit(), clock: made.clock };
  const plan = await planExpiry(world, POLICY);
  expect(plan.parts.map((part) => part.class)).toEqual(["people", "people", "people"]);
  const entries = async (report: ExpiryReport) => [
    ...(await unrecordedExpiries(audit, plan, report)),
    ...expiryEntries(plan, report),
  ];
  const apply = (dies?: "before its records") => {
    const run = () => applyExpiry(world, plan);
    return dies === undefined ? recorded(audit, { act: "expire" }, run, entries) : run();
  };
  return { audit, plan, apply };
};

test("each part that expired has a record of its own: which, its deadline, its key, what was deleted and how long before", async () => {
  const { audit, plan, apply } = await dueScene();
  const { parts } = await apply();
  const records = await recordsIn(audit);
  expect(records.map(({ act, outcome }) => `${act} ${outcome}`)).toEqual([
    "expire done",
    "expire done",
    "expire done",
    "sweep done",
  ]);
  for (const [at, part] of plan.parts.entries())
    expect(records[at]).toMatchObject({
      database: part.database,
      part: { store: "hot", id: part.point, class: "people" },
      tier: part.tier,
      startedAt: part.startedAt,
      deadline: part.deadline,
      keyShredded: true,
      objectsLeft: 0,
      marginMs: (parts[at] as { marginMs?: number }).marginMs,
    });
});

test("parts that went in a run that died before its records are recorded by the next one, and once", async () => {
  const { audit, apply } = await dueScene();
  await apply("before its records");
  expect(await recordsIn(audit)).toEqual([]);
  const lookedAt = audit.clock.now();
  await apply();
  const records = await recordsIn(audit);
  const expiries = records.filter(({ act }) => act === "expire");
  expect(expiries).toHaveLength(3);
  for (const record of expiries)
    expect(record).toMatchObject({ outcome: "done", keyShredded: false, objectsDeleted: 0, objectsLeft: 0, lookedAt });
  await apply();
  expect((await recordsIn(audit)).filter(({ act }) => act === "expire")).toHaveLength(3);
});

test("a record that is damaged keeps no expiry from being recorded", async () => {
  const { audit, apply } = await dueScene();
  await appendRecord(audit, sweepOf(1));
  await overwrite(audit.evidence, recordName(1), Buffer.from("x"));
  await apply("before its records");
  await apply();
  expect(await namesIn(audit.evidence, "chain/")).toHaveLength(1 + 3 + 1);
});

test("a part that was held is recorded as refused, one that a store refused as failed, each with its code", async () => {
  const { plan, apply } = await dueScene();
  const report = await apply("before its records");
  const [first, second] = plan.parts.map(({ point, class: name, deadline }) => ({ point, class: name, deadline }));
  const parts = [
    { ...first, outcome: "held", code: "PART_HELD", message: "held" },
    { ...second, outcome: "failed", code: "STORE_FULL", message: "full" },
  ] as ExpiryReport["parts"];
  expect(expiryEntries(plan, { ...report, parts }).slice(0, 2)).toEqual([
    { outcome: "refused", act: "expire", code: "PART_HELD", database: "shop", point: first?.point },
    { outcome: "failed", act: "expire", code: "STORE_FULL", database: "shop", point: second?.point },
  ]);
});

test("a capture is recorded with what its point holds", async () => {
  const { made } = await ClassHistory.begin(1);
  const [point] = await allPoints(made.vault);
  if (point === undefined) throw new Error("there is no point");
  expect(captureEntry({ point })).toMatchObject({
    outcome: "done",
    act: "capture",
    point: point.id,
    classes: point.parts.map((part) => part.class),
    rows: point.parts.reduce((sum, part) => sum + part.rows, 0),
  });
});

test("a policy is recorded when it is first seen, and whenever it is not the one of the run before", async () => {
  const audit = newAudit();
  const other = policyOf(POLICY.classes, { hot: { every: term("P1D"), window: term("P27D") } });
  for (const policy of [POLICY, structuredClone(POLICY), other, other, POLICY]) await recordPolicy(audit, policy);
  const records = await recordsIn(audit);
  const digests = records.map((record) => (record.outcome === "done" && record.act === "policy" ? record.sha256 : ""));
  expect(digests).toHaveLength(3);
  expect(digests[0]).toBe(digests[2]);
  expect(digests[1]).not.toBe(digests[0]);
  expect(records.map((record) => "before" in record && record.before)).toEqual([false, digests[0], digests[1]]);
  expect(records[0]).toMatchObject({ policy: JSON.parse(JSON.stringify(POLICY)) as object });
});

test("two policies that take turns in one vault, each for its own databases, are no changes of each other", async () => {
  const audit = newAudit();
  const another = policyOf(POLICY.classes, { databases: ["books"] });
  for (const policy of [POLICY, another, POLICY, another]) await recordPolicy(audit, policy);
  expect(await recordsIn(audit)).toHaveLength(2);
});

test("broken evidence keeps no act from being done: a damaged policy is recorded again, and what cannot be appended to is told by the act", async () => {
  const audit = newAudit();
  await recordPolicy(audit, POLICY);
  await overwrite(audit.evidence, recordName(1), Buffer.from("x"));
  await recordPolicy(audit, POLICY);
  await recordPolicy(audit, POLICY);
  expect(await namesIn(audit.evidence, "chain/")).toEqual([recordName(1), recordName(2)]);
  // As if all but the first two of nine signed records had been put back.
  await audit.evidence.put(headName(9), []);
  const other = policyOf(POLICY.classes, { databases: ["books"] });
  const after = otherProcess(audit);
  await recordPolicy(after, other);
  expect(await namesIn(audit.evidence, "chain/")).toHaveLength(2);
  await expect(recorded(after, { act: "sweep" }, async () => 1, sweepOf)).rejects.toMatchObject({
    code: "EVIDENCE_UNWRITTEN",
    message: expect.stringContaining("record 9 of the audit chain is missing") as string,
  });
});

test("a store that does not answer keeps an act from being done without its policy on record", async () => {
  const audit = newAudit();
  const evidence = faulty(audit.evidence).on("list", 1, new Failure("STORE_UNREACHABLE", "no answer"));
  await expect(recordPolicy({ ...audit, evidence }, POLICY)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
});
