import { expect, test } from "vitest";
import { headName, recordName } from "../../lib/engine/audit-chain.ts";
import { encodeEvidence } from "../../lib/engine/evidence-document.ts";
import type { ActName, AuditRecord } from "../../lib/model/audit.ts";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import {
  appendRecord,
  lastRecordOf,
  newestRecordsOf,
  readRecords,
  readRecordsBack,
  recorded,
} from "../../lib/operations/audit.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { counting } from "../faults/counting.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { actsOf, appendSweeps, newAudit, otherProcess, overwrite, policyOf, sweepOf } from "./audit-world.ts";

const recordsOf = async (records: AsyncIterable<AuditRecord>): Promise<readonly AuditRecord[]> => {
  const all: AuditRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
};

test("a record says who, when and what, and holds the digest of the one before", async () => {
  const world = newAudit();
  const first = await appendRecord(world, sweepOf(7));
  await world.clock.advance(1000);
  const second = await appendRecord(world, { outcome: "refused", act: "restore", code: "PLAN_STALE", point: "p" });
  expect(first).toMatchObject({ seq: 1, previous: "0".repeat(64), vaultId: "vault-1", actor: "ada", objects: 7 });
  expect(second.previous).toMatch(/^[1-9a-f][0-9a-f]{63}$|^0[0-9a-f]{63}$/);
  expect(second.previous).not.toBe(first.previous);
  expect(second.at - first.at).toBe(1000);
  expect(await recordsOf(readRecords(world.evidence))).toEqual([first, second]);
  expect(await recordsOf(readRecordsBack(world.evidence))).toEqual([second, first]);
});

test("twenty processes that append at once leave every record once, and no gap", async () => {
  const world = newAudit();
  await Promise.all(Array.from({ length: 20 }, (_, at) => appendRecord(otherProcess(world), sweepOf(at))));
  const acts = await actsOf(world.evidence);
  expect(acts.map((act) => Number(act.split(" ")[0]))).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  expect(acts.map((act) => Number(act.split(" ")[1])).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, at) => at),
  );
});

test("the end of a chain of any length up to 70 is found by whoever remembers nothing", async () => {
  const world = newAudit();
  for (let length = 1; length <= 70; length++)
    expect((await appendRecord(otherProcess(world), sweepOf(length))).seq).toBe(length);
});

test("appending to a thousand records looks at a few names and lists no record; the next time at one", async () => {
  const world = newAudit();
  await appendSweeps(world, 1000);
  const store = counting(world.evidence);
  const other = { ...world, evidence: store };
  await appendRecord(other, sweepOf(1001));
  expect(store.counts).toMatchObject({ list: { calls: 1 }, get: { calls: 1 }, put: { calls: 1 } });
  expect(store.counts.head.calls).toBeLessThanOrEqual(20);
  store.reset();
  await appendRecord(other, sweepOf(1002));
  expect(store.counts).toMatchObject({ list: { calls: 0 }, get: { calls: 0 }, head: { calls: 1 } });
});

test("a range has both its ends, and is checked against the record before it", async () => {
  const world = newAudit();
  await appendSweeps(world, 100);
  const range = async (from: number, to: number) =>
    (await recordsOf(readRecords(world.evidence, { from, to }))).map((record) => record.seq);
  expect(await range(1, 2)).toEqual([1, 2]);
  expect(await range(99, 200)).toEqual([99, 100]);
  expect(await range(33, 33)).toEqual([33]);
  expect(await range(101, 200)).toEqual([]);
  // Record 32 as it would be had it been written with another time.
  const before = newAudit();
  await before.clock.advance(1);
  await appendSweeps(before, 32);
  await overwrite(world.evidence, recordName(32), (await before.evidence.get(recordName(32))) as Buffer);
  await expect(range(33, 33)).rejects.toThrow("record 33 of the audit chain does not follow record 32");
  expect(await range(34, 35)).toEqual([34, 35]);
});

test.each([[1], [2], [40], [99]])("fails to read past record %i that is missing, from either end", async (seq) => {
  const world = newAudit();
  await appendSweeps(world, 100);
  await world.evidence.delete(recordName(seq));
  const gone = `record ${seq} of the audit chain is missing`;
  await expect(recordsOf(readRecords(world.evidence))).rejects.toThrow(gone);
  await world.evidence.put(headName(99), []);
  await expect(recordsOf(readRecordsBack(otherProcess(world).evidence))).rejects.toThrow(gone);
});

test("reading back checks each link too, and that the first record is the first of a chain", async () => {
  const [world, later] = [newAudit(), newAudit()];
  await later.clock.advance(1);
  await appendSweeps(world, 5);
  await appendSweeps(later, 5);
  const [first, second] = [recordName(1), recordName(2)];
  const ours = (await world.evidence.get(second)) as Buffer;
  await overwrite(world.evidence, second, (await later.evidence.get(second)) as Buffer);
  await expect(recordsOf(readRecordsBack(world.evidence))).rejects.toThrow(
    "record 3 of the audit chain does not follow",
  );
  await overwrite(world.evidence, second, ours);
  const [record] = await recordsOf(readRecords(world.evidence));
  const orphan = newAudit();
  const lost: AuditRecord = { ...(record as AuditRecord), previous: "1".repeat(64) };
  await orphan.evidence.put(first, [encodeEvidence(lost)]);
  const says = "record 1 of the audit chain is not the first of a chain";
  await expect(recordsOf(readRecordsBack(orphan.evidence))).rejects.toThrow(says);
  await expect(recordsOf(readRecords(orphan.evidence))).rejects.toThrow(says);
});

test("the newest record of a rare act is found without reading what happened since", async () => {
  const world = newAudit();
  await appendRecord(world, policyOf("one"));
  const policy = await appendRecord(world, policyOf("two"));
  await appendSweeps(world, 300);
  const store = counting(world.evidence);
  expect(await lastRecordOf(store, "policy")).toEqual(policy);
  expect(store.counts).toMatchObject({ get: { calls: 1 }, list: { calls: 1 }, head: { calls: 0 } });
  expect(await lastRecordOf(store, "policy", (record) => record.sha256 === "one")).toMatchObject({ seq: 1 });
  expect(await lastRecordOf(store, "drill")).toBeUndefined();
});

test("the newest record of another act is found by reading back to it and not much further", async () => {
  const world = newAudit();
  await appendSweeps(world, 500);
  await appendRecord(world, { outcome: "done", act: "restore", point: "p", plan: "x", rows: 1, elapsedMs: 1 });
  await appendSweeps(world, 5);
  const store = counting(world.evidence);
  expect(await lastRecordOf(store, "restore")).toMatchObject({ seq: 501, point: "p" });
  expect(store.counts.get.calls).toBeLessThan(20);
  expect(await lastRecordOf(store, "hold")).toBeUndefined();
});

test("an act that failed is not the newest that was done", async () => {
  const world = newAudit();
  await appendRecord(world, policyOf("one"));
  await appendRecord(world, { outcome: "failed", act: "policy", code: "STORE_FULL" });
  expect((await lastRecordOf(world.evidence, "policy"))?.seq).toBe(1);
  expect(await namesIn(world.evidence, "acts/")).toHaveLength(1);
  await appendSweeps(world, 1);
  await appendRecord(world, { outcome: "refused", act: "sweep", code: "STORE_FORBIDDEN" });
  expect((await lastRecordOf(world.evidence, "sweep"))?.seq).toBe(3);
});

test("a mark that points to no record, or to one of another act, is passed over; one that points to a damaged record is not", async () => {
  const world = newAudit();
  await appendRecord(world, policyOf("one"));
  await appendSweeps(world, 2);
  const mark = (seq: number) => world.evidence.put(`acts/policy/${String(seq).padStart(12, "0")}`, []);
  await mark(3);
  await mark(99);
  expect((await lastRecordOf(world.evidence, "policy"))?.seq).toBe(1);
  await overwrite(world.evidence, recordName(3), Buffer.from("x"));
  await expect(lastRecordOf(world.evidence, "policy")).rejects.toThrow("record 3 of the audit chain is damaged");
});

test("the mark of a writer that came second is passed over", async () => {
  const world = newAudit();
  await Promise.all([
    ...Array.from({ length: 5 }, (_, at) => appendRecord(otherProcess(world), policyOf(`${at}`))),
    ...Array.from({ length: 5 }, (_, at) => appendRecord(otherProcess(world), sweepOf(at))),
  ]);
  const found = await recordsOf(newestRecordsOf(world.evidence, "policy"));
  const there = (await recordsOf(readRecordsBack(world.evidence))).filter((record) => record.act === "policy");
  expect(found).toEqual(there);
  expect(found.length).toBe(5);
});

test("whatever call an appender dies in, the chain goes on without a gap and nothing in it is missed", async () => {
  const entries = [policyOf("one"), sweepOf(1), policyOf("two")];
  const deaths = (["put", "get", "head"] as const).flatMap((verb) =>
    [1, 2, 3, 4, 5].flatMap((nth) => [true, false].map((effect) => ({ verb, nth, effect }))),
  );
  let killed = 0;
  for (const { verb, nth, effect } of deaths) {
    const world = newAudit();
    await appendSweeps(world, 2);
    const store = faulty(world.evidence).stopAfter(verb, nth, { effect });
    try {
      for (const entry of entries) await appendRecord({ ...world, evidence: store }, entry);
    } catch (error) {
      expect(error).toBeInstanceOf(Killed);
      killed += 1;
    }
    const where = `${verb} ${nth} ${effect}`;
    await appendRecord(otherProcess(world), policyOf("three"));
    await appendRecord(otherProcess(world), sweepOf(9));
    const records = await recordsOf(readRecords(world.evidence));
    expect(records.length, where).toBeGreaterThanOrEqual(4);
    const policies = records.filter((record) => record.act === "policy").toReversed();
    expect(await recordsOf(newestRecordsOf(otherProcess(world).evidence, "policy")), where).toEqual(policies);
  }
  expect(killed).toBeGreaterThan(15);
});

const aborted = (cause: Error): Error => Object.assign(new Error("aborted", { cause }), { name: "AbortError" });
const failing = (error: unknown) => async (): Promise<never> => {
  throw error;
};
const never = () => expect.unreachable("nothing was done");

test("what an act gives is recorded as done, each entry of it", async () => {
  const world = newAudit();
  const result = await recorded(
    world,
    { act: "sweep" },
    async () => 2,
    (count) => [sweepOf(count), sweepOf(count + 1)],
  );
  expect(result).toBe(2);
  expect(await actsOf(world.evidence)).toEqual(["1 2", "2 3"]);
});

test.each([
  ["failed", new Failure("STORE_UNREACHABLE", "no answer"), "STORE_UNREACHABLE"],
  ["failed", new Failure("DIFFERENT", "rows differ"), "DIFFERENT"],
  ["refused", new Failure("TABLE_UNCLASSIFIED", "table x"), "TABLE_UNCLASSIFIED"],
  ["refused", new Failure("OBJECT_RETAINED", "locked"), "OBJECT_RETAINED"],
  ["refused", new Failure("USAGE", "no such flag"), "USAGE"],
  ["failed", new TypeError("cannot read x"), "BUG"],
  ["failed", aborted(new Failure("INTERRUPTED", "stopped by SIGINT")), "INTERRUPTED"],
  ["failed", aborted(new Error("no Failure")), "BUG"],
  ["failed", new Error("wrapped", { cause: new Failure("STORE_FULL", "disk is full") }), "BUG"],
])("an act that throws is recorded as %s, and throws the same: %s", async (outcome, error, code) => {
  const world = newAudit();
  const about = { act: "capture", database: "shop", point: "p" } as const;
  await expect(recorded(world, about, failing(error), never)).rejects.toBe(error);
  const [record] = await recordsOf(readRecords(world.evidence));
  expect(record).toMatchObject({ ...about, outcome, code });
});

test("what broke because of Ctrl-C is recorded as interrupted", async () => {
  const world = newAudit();
  const signal = AbortSignal.abort(new Failure("INTERRUPTED", "stopped by SIGINT"));
  const error = new Error("connection closed");
  await expect(recorded(world, { act: "verify", signal }, failing(error), never)).rejects.toBe(error);
  expect(await actsOf(world.evidence)).toEqual(["1 INTERRUPTED"]);
});

test("fails loudly when what was done cannot be recorded", async () => {
  const world = newAudit();
  const evidence = faulty(world.evidence).on("put", 1, new Failure("STORE_FORBIDDEN", "no right to write"));
  const act = recorded({ ...world, evidence }, { act: "sweep" }, async () => 1, sweepOf);
  await expect(act).rejects.toMatchObject({ code: "EVIDENCE_UNWRITTEN", exit: EXIT.partial });
  await expect(act).rejects.toThrow('the act "sweep" was done and is not recorded: no right to write');
  evidence.assertAllFaultsFired();
});

test("a record that cannot be written hides no failure: its code and hint stay, and the message says both", async () => {
  const world = newAudit();
  const unwritable = () => faulty(world.evidence).on("put", 1, new Failure("STORE_FULL", "disk is full"));
  const failed = new Failure("SOURCE_MOVED", "table a was rewritten", { hint: "wait", facts: { table: "a" } });
  await expect(
    recorded({ ...world, evidence: unwritable() }, { act: "capture" }, failing(failed), never),
  ).rejects.toMatchObject({
    code: "SOURCE_MOVED",
    hint: "wait",
    facts: { table: "a" },
    cause: failed,
    message: "table a was rewritten; and this is not recorded: disk is full",
  });
  const bug = new TypeError("cannot read x");
  await expect(
    recorded({ ...world, evidence: unwritable() }, { act: "capture" }, failing(bug), never),
  ).rejects.toMatchObject({ message: "cannot read x; and this is not recorded: disk is full", cause: bug });
});

test("a damaged last record does not stop acts from being recorded, and still shows", async () => {
  const world = newAudit();
  await appendSweeps(world, 2);
  await overwrite(world.evidence, recordName(2), Buffer.from("x"));
  expect((await appendRecord(otherProcess(world), sweepOf(3))).seq).toBe(3);
  await expect(actsOf(world.evidence)).rejects.toThrow("record 2 of the audit chain is damaged");
});

test("fails to take more tries than it has when others are always first", async () => {
  const world = newAudit();
  const busy = { ...otherProcess(world).evidence, put: async () => "exists" as const };
  await expect(appendRecord({ ...world, evidence: busy }, sweepOf(1))).rejects.toMatchObject({
    code: "EVIDENCE_UNWRITTEN",
  });
});

test("every act has a mark of a name that stores take, or none", async () => {
  const marked: readonly ActName[] = ["policy", "drill", "daily verification", "report"];
  const world = newAudit();
  for (const act of marked) await appendRecord(world, { outcome: "done", act } as never);
  for (const act of marked) expect((await lastRecordOf(world.evidence, act))?.act).toBe(act);
});
