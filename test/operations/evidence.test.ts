import { describe, expect, test } from "vitest";
import { headName, recordName } from "../../lib/engine/audit-chain.ts";
import { headBytes } from "../../lib/engine/audit-head.ts";
import { encodeLine } from "../../lib/engine/document.ts";
import { encodeEvidence } from "../../lib/engine/evidence-document.ts";
import { receiptName } from "../../lib/engine/receipt.ts";
import type { AuditRecord } from "../../lib/model/audit.ts";
import type { AuditHead } from "../../lib/model/audit-head.ts";
import { Failure } from "../../lib/model/errors.ts";
import { readRecords } from "../../lib/operations/audit.ts";
import { headFile, lineOf, signHead } from "../../lib/operations/evidence.ts";
import { verifyEvidence } from "../../lib/operations/verify-evidence.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { faulty } from "../faults/faulty.ts";
import { appendSweeps, newAudit, otherProcess, overwrite } from "./audit-world.ts";
import { newEvidence, OTHER_SIGNER, PUBLIC_KEY, problemsOf, rewriteFrom, SIGNER } from "./evidence-world.ts";

const bytesOf = async (store: ObjectStore, name: string): Promise<Buffer> => (await store.get(name)) as Buffer;

test("untouched evidence holds, and says what it proves and what not", async () => {
  const { evidence, heads } = await newEvidence();
  const report = await verifyEvidence(evidence, { publicKey: PUBLIC_KEY });
  expect(report).toMatchObject({
    vaultId: "vault-1",
    records: 5,
    heads: 2,
    receipts: 1,
    newestHead: { size: 5, at: heads[1].at },
    keyId: heads[0].signature.keyId,
    problems: [],
  });
  expect(report.proven).toContain(
    "records 1 to 5 are those that this key signed, and every head grew from the one before it",
  );
  expect(report.notProven).toContain("that nothing was cut off at the end: give --head a head that was kept elsewhere");
  expect(await problemsOf(evidence, { keptHead: headFile(heads[0]) })).toEqual([]);
});

test("records after the newest head are said not to be proven", async () => {
  const world = await newEvidence();
  await appendSweeps(world, 2);
  const { notProven, problems } = await verifyEvidence(world.evidence, { publicKey: PUBLIC_KEY });
  expect(notProven).toContain("records 6 to 7: no head has them yet");
  expect(problems).toEqual([]);
});

describe("one byte changed", () => {
  const objects = [
    ...[1, 2, 3, 4, 5].map((seq) => ({ name: recordName(seq), says: `record ${seq} of the audit chain` })),
    ...[3, 5].map((size) => ({ name: headName(size), says: `the head of ${size} records` })),
    { name: receiptName("shop", "1"), says: receiptName("shop", "1") },
  ];
  test.each(objects)("anywhere in $name is found, and $says is named", async ({ name, says }) => {
    const { evidence } = await newEvidence();
    const bytes = await bytesOf(evidence, name);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      await overwrite(evidence, name, changed);
      expect((await problemsOf(evidence)).join("\n"), `byte ${at}`).toContain(says);
    }
    await overwrite(evidence, name, bytes);
    expect(await problemsOf(evidence)).toEqual([]);
  });

  test.each(objects)("missing from $name, or more in it, is found too", async ({ name, says }) => {
    const { evidence } = await newEvidence();
    const bytes = await bytesOf(evidence, name);
    for (const changed of [
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0x0a)]),
      Buffer.of(),
    ]) {
      await overwrite(evidence, name, changed);
      expect((await problemsOf(evidence)).join("\n")).toContain(says);
    }
  });
});

test.each([1, 2, 4])("fails when record %i of five is taken away, and names it", async (seq) => {
  const { evidence } = await newEvidence();
  await evidence.delete(recordName(seq));
  expect(await problemsOf(evidence)).toEqual([`record ${seq} of the audit chain is missing`]);
});

test("fails when the last record is taken away: its head still names it", async () => {
  const { evidence } = await newEvidence();
  await evidence.delete(recordName(5));
  expect(await problemsOf(evidence)).toEqual([
    "record 5 of the audit chain is missing: a head of 5 records was signed",
  ]);
});

test("a chain cut off below its newest head, and that head with it, is found by a head that was kept, and only by that", async () => {
  const { evidence, heads } = await newEvidence();
  for (const name of [recordName(4), recordName(5), headName(5)]) await evidence.delete(name);
  expect(await problemsOf(evidence)).toEqual([]);
  expect(await problemsOf(evidence, { keptHead: headFile(heads[1]) })).toEqual([
    "record 4 of the audit chain is missing: a head of 5 records was signed",
  ]);
});

test("fails when two records are exchanged", async () => {
  const { evidence } = await newEvidence();
  const [two, three] = [await bytesOf(evidence, recordName(2)), await bytesOf(evidence, recordName(3))];
  await overwrite(evidence, recordName(2), three);
  await overwrite(evidence, recordName(3), two);
  expect(await problemsOf(evidence)).toEqual(["record 2 of the audit chain says that it is record 3"]);
});

test.each([
  [1, "one of the records 1 to 3 is not what it was"],
  [3, "one of the records 1 to 3 is not what it was"],
  [4, "one of the records 4 to 5 is not what it was"],
])("a chain that was written again from record %i on, whole in itself, is found by its heads", async (from, says) => {
  const { evidence } = await newEvidence();
  await rewriteFrom(evidence, from, () => ({ actor: "mallory" }));
  expect((await problemsOf(evidence)).join("\n")).toContain(says);
});

test("what comes after the newest head can be written again unseen, until it is signed", async () => {
  const world = await newEvidence();
  await appendSweeps(world, 1);
  await rewriteFrom(world.evidence, 6, () => ({ actor: "mallory" }));
  expect(await problemsOf(world.evidence)).toEqual([]);
});

test("fails under another key, head by head and receipt by receipt", async () => {
  const { evidence } = await newEvidence();
  expect(await problemsOf(evidence, { publicKey: await OTHER_SIGNER.publicKey() })).toEqual([
    "the head of 3 records is not signed by this key",
    "the head of 5 records is not signed by this key",
    `receipt ${receiptName("shop", "1")} is not signed by this key`,
  ]);
});

test("fails when one head is of another key", async () => {
  const { evidence, heads } = await newEvidence();
  const signature = { ...(await OTHER_SIGNER.sign(headBytes(heads[1]))) };
  await overwrite(evidence, headName(5), headFile({ ...heads[1], signature }));
  expect(await problemsOf(evidence)).toEqual(["the head of 5 records is not signed by this key"]);
});

test("fails on a kept head of another key, on one that was changed, and on a file that is none", async () => {
  const { evidence, heads } = await newEvidence();
  const others = headFile({ ...heads[1], signature: { ...(await OTHER_SIGNER.sign(headBytes(heads[1]))) } });
  expect(await problemsOf(evidence, { keptHead: others })).toEqual(["the head of 5 records is not signed by this key"]);
  const larger = headFile({ ...heads[1], size: 4 });
  expect(await problemsOf(evidence, { keptHead: larger })).toEqual(["the head of 4 records is not signed by this key"]);
  for (const bytes of ["", "{}", "null\n", "a head"])
    expect((await problemsOf(evidence, { keptHead: Buffer.from(bytes) })).join("\n")).toContain(
      "the head that was kept",
    );
});

test("fails when a head in the middle was taken away: the next one was signed after it", async () => {
  const { evidence } = await newEvidence();
  await evidence.delete(headName(3));
  expect(await problemsOf(evidence)).toEqual([
    "the head of 3 records is missing: the head of 5 records was signed after it",
  ]);
});

test("fails when the same key signed two heads of one size for different records", async () => {
  const { evidence } = await newEvidence();
  const other = newAudit();
  await other.clock.advance(5);
  await appendSweeps(other, 5);
  const { head } = await signHead(other, SIGNER);
  expect((await problemsOf(evidence, { keptHead: headFile(head) })).join("\n")).toContain(
    "the head of 5 records was signed for other records",
  );
});

test("fails on a record, a head, a receipt and a kept head of another vault", async () => {
  const { evidence } = await newEvidence();
  const other = await newEvidence("vault-2");
  for (const name of [recordName(1), headName(3), receiptName("shop", "1")]) {
    const ours = await bytesOf(evidence, name);
    await overwrite(evidence, name, await bytesOf(other.evidence, name));
    expect((await problemsOf(evidence)).join("\n"), name).toContain("vault-2");
    await overwrite(evidence, name, ours);
  }
  expect((await problemsOf(evidence, { keptHead: headFile(other.heads[0]) })).join("\n")).toContain(
    "the head that was kept is of vault vault-2",
  );
});

test("fails on an empty store, and on one without a head: nothing there proves nothing", async () => {
  const world = newAudit();
  expect(await problemsOf(world.evidence)).toEqual([
    "there is no signed head: nothing shows who wrote these records, or how many",
    "there is no record: this is no evidence, or all is gone",
  ]);
  await appendSweeps(world, 2);
  expect(await problemsOf(world.evidence)).toEqual([
    "there is no signed head: nothing shows who wrote these records, or how many",
  ]);
});

test.each([
  ["chain/000000000006.json", "record 6 of the audit chain is damaged"],
  ["chain/000000000007.json", "record 6 of the audit chain is missing"],
  ["chain/notes.txt", "object chain/notes.txt is no record of the chain"],
  ["chain/0000000000005.json", "object chain/0000000000005.json is no record of the chain"],
  ["heads/6.json", "object heads/6.json is no head of the audit chain"],
  ["receipts/releases/shop/2.json", "receipts/releases/shop/2.json"],
])("fails on something else among the evidence: %s", async (name, says) => {
  const { evidence } = await newEvidence();
  await evidence.put(name, [Buffer.from("{}")]);
  expect((await problemsOf(evidence)).join("\n")).toContain(says);
});

test.each([null, 1, "text", [], {}, { kind: "audit record" }, { kind: "audit record", format: 1 }])(
  "fails on a last record that is sealed and holds %j",
  async (value) => {
    const { evidence } = await newEvidence();
    await evidence.put(recordName(6), [encodeEvidence(value as never)]);
    expect((await problemsOf(evidence)).join("\n")).toContain("record 6 of the audit chain");
  },
);

describe("a last record that is whole and linked", () => {
  const lastOf = async (evidence: ObjectStore): Promise<AuditRecord> => {
    const records: AuditRecord[] = [];
    for await (const record of readRecords(evidence)) records.push(record);
    return records.at(-1) as AuditRecord;
  };

  test("fails if it is of another kind", async () => {
    const world = await newEvidence();
    await appendSweeps(world, 1);
    const record = { ...(await lastOf(world.evidence)), kind: "audit note" };
    await overwrite(world.evidence, recordName(6), encodeEvidence(record));
    expect(await problemsOf(world.evidence)).toEqual(["record 6 of the audit chain is no audit record"]);
  });

  test("fails if it is written in another way: with a space, in another order, with a name twice", async () => {
    const world = await newEvidence();
    await appendSweeps(world, 1);
    const record = await lastOf(world.evidence);
    const line = lineOf(record);
    expect(encodeLine(line)).toEqual(await bytesOf(world.evidence, recordName(6)));
    const { act, ...rest } = record;
    for (const other of [`${line} `, JSON.stringify({ ...rest, act }), line.replace("{", '{"act":"expire",')]) {
      await overwrite(world.evidence, recordName(6), encodeLine(other));
      expect(await problemsOf(world.evidence)).toEqual(["record 6 of the audit chain is not written as evidence is"]);
    }
  });
});

describe("a head that the key itself signed", () => {
  const signed = async (head: Omit<AuditHead, "signature">): Promise<Buffer> =>
    headFile({ ...head, signature: { ...(await SIGNER.sign(headBytes(head))) } });

  test("fails if it does not say, or says wrongly, from which head it grew, or cannot prove it", async () => {
    const { evidence, heads } = await newEvidence();
    const { signature: _, before, ...rest } = heads[1];
    if (before === undefined) throw new Error("the second head names the first");
    const wrong = [
      rest,
      { ...rest, before: { ...before, root: rest.root } },
      { ...rest, before: { ...before, consistency: [] } },
      { ...rest, before: { ...before, consistency: before.consistency.toReversed() } },
    ];
    for (const head of wrong) {
      await overwrite(evidence, headName(5), await signed(head));
      expect(await problemsOf(evidence)).toEqual(["the head of 5 records does not follow the head of 3 records"]);
    }
  });

  test("fails if it was signed before the head of fewer records", async () => {
    const { evidence, heads } = await newEvidence();
    const { signature: _, ...rest } = heads[1];
    await overwrite(evidence, headName(5), await signed({ ...rest, at: heads[0].at - 1 }));
    expect(await problemsOf(evidence)).toEqual(["the head of 5 records was signed before the head of 3 records"]);
  });

  test("fails if it names another last record than the one it was signed for", async () => {
    const { evidence, heads } = await newEvidence();
    const { signature: _, ...rest } = heads[1];
    await overwrite(evidence, headName(5), await signed({ ...rest, last: heads[0].last }));
    expect((await problemsOf(evidence)).join("\n")).toContain("one of the records 4 to 5 is not what it was");
  });

  test("fails if it has another root than the tree of the records that end with its last", async () => {
    const { evidence, heads } = await newEvidence();
    const { signature: _, ...rest } = heads[0];
    await overwrite(evidence, headName(3), await signed({ ...rest, root: heads[1].root }));
    expect((await problemsOf(evidence)).join("\n")).toContain("the head of 3 records was signed for other records");
  });

  test("fails under a name that is not its size's", async () => {
    const { evidence, heads } = await newEvidence();
    await evidence.put(headName(4), [headFile(heads[0])]);
    expect(await problemsOf(evidence)).toEqual(["the head of 4 records says that it is of 3"]);
  });
});

test("fails on a public key that is none, before it looks", async () => {
  const { evidence } = await newEvidence();
  await expect(verifyEvidence(evidence, { publicKey: "-----BEGIN" })).rejects.toMatchObject({ code: "USAGE" });
});

test("a store that does not answer is no finding about the evidence", async () => {
  const { evidence } = await newEvidence();
  const store = faulty(evidence).on("get", 4, new Failure("STORE_UNREACHABLE", "no answer"));
  await expect(problemsOf(store)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
});

test("a hundred records with a head a day verify, each head by its own growth", async () => {
  const world = newAudit();
  const heads: AuditHead[] = [];
  for (let day = 1; day <= 20; day++) {
    await appendSweeps(world, 5);
    await world.clock.advance(86_400_000);
    heads.push((await signHead(otherProcess(world), SIGNER)).head);
  }
  expect(await problemsOf(world.evidence)).toEqual([]);
  for (const head of heads) expect(await problemsOf(world.evidence, { keptHead: headFile(head) })).toEqual([]);
});
