import { describe, expect, test } from "vitest";
import { headName, recordName } from "../../lib/engine/audit-chain.ts";
import { listRecords, proveRecord, signHead } from "../../lib/operations/evidence.ts";
import { readProof, verifyProof } from "../../lib/operations/verify-evidence.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { appendSweeps, newAudit, otherProcess, overwrite } from "./audit-world.ts";
import { newEvidence, OTHER_SIGNER, PUBLIC_KEY, problemsOf, rewriteFrom, SIGNER } from "./evidence-world.ts";

describe("signing", () => {
  test("a chain that did not grow keeps its head", async () => {
    const world = await newEvidence();
    await world.clock.advance(1000);
    expect(await signHead(world, SIGNER)).toEqual({ head: world.heads[1], made: false });
  });

  test("fails with nothing to sign", async () => {
    await expect(signHead(newAudit(), SIGNER)).rejects.toMatchObject({ code: "EVIDENCE_NOT_FOUND" });
  });

  test("fails when records that were signed are gone or are others, and leaves no head", async () => {
    const world = await newEvidence();
    await world.evidence.delete(recordName(5));
    await expect(signHead(world, SIGNER)).rejects.toThrow("record 5 is missing");
    const changed = await newEvidence();
    await appendSweeps(changed, 2);
    await rewriteFrom(changed.evidence, 2, () => ({ actor: "mallory" }));
    await expect(signHead(changed, SIGNER)).rejects.toThrow(
      "the head of 5 records is of other records than are there: one up to record 5 was changed",
    );
    expect(await changed.evidence.head(headName(7))).toBeUndefined();
  });

  test("fails over a head of another key, a damaged one, and records of another vault", async () => {
    const world = await newEvidence();
    await appendSweeps(world, 1);
    await expect(signHead(world, OTHER_SIGNER)).rejects.toThrow("the head of 5 records is not signed by this key");
    await expect(signHead({ ...world, vaultId: "vault-2" }, SIGNER)).rejects.toThrow("is of vault vault-1");
    await overwrite(world.evidence, headName(5), Buffer.from("x"));
    await expect(signHead(world, SIGNER)).rejects.toThrow("the head of 5 records is damaged");
  });

  test("fails by a clock that went back", async () => {
    const world = await newEvidence();
    await appendSweeps(world, 1);
    const clock = { ...world.clock, now: () => world.heads[1].at - 1 };
    await expect(signHead({ ...world, clock }, SIGNER)).rejects.toMatchObject({ code: "CLOCK_WRONG" });
  });

  test("two that sign at once leave one head, and both have it", async () => {
    const world = await newEvidence();
    await appendSweeps(world, 1);
    const [one, two] = await Promise.all([signHead(world, SIGNER), signHead(otherProcess(world), SIGNER)]);
    expect(one.head).toEqual(two.head);
    expect(await problemsOf(world.evidence)).toEqual([]);
  });

  test("whatever call it dies in, the next one signs and all of it holds", async () => {
    for (const effect of [true, false]) {
      const world = await newEvidence();
      await appendSweeps(world, 1);
      const store = faulty(world.evidence).stopAfter("put", 1, { effect });
      await expect(signHead({ ...world, evidence: store }, SIGNER)).rejects.toThrow(Killed);
      expect((await signHead(otherProcess(world), SIGNER)).made).toBe(!effect);
      expect(await problemsOf(world.evidence)).toEqual([]);
    }
  });
});

describe("a proof of one record", () => {
  test("of every record holds by itself, through a file", async () => {
    const { evidence, vaultId } = await newEvidence();
    for (let seq = 1; seq <= 5; seq++) {
      const proof = readProof(JSON.stringify(await proveRecord(evidence, vaultId, seq), undefined, 2));
      expect(proof.record).toMatchObject({ seq });
      expect(() => verifyProof(proof, PUBLIC_KEY)).not.toThrow();
    }
  });

  test("fails for a record that is under no head, or is none", async () => {
    const world = await newEvidence();
    await appendSweeps(world, 1);
    for (const seq of [6, 7])
      await expect(proveRecord(world.evidence, world.vaultId, seq)).rejects.toMatchObject({
        code: "EVIDENCE_NOT_FOUND",
      });
    const unsigned = newAudit();
    await appendSweeps(unsigned, 1);
    await expect(proveRecord(unsigned.evidence, "vault-1", 1)).rejects.toMatchObject({ code: "EVIDENCE_NOT_FOUND" });
  });

  test("fails with the record, the path or the head changed, and under another key", async () => {
    const { evidence, vaultId, heads } = await newEvidence();
    const proof = await proveRecord(evidence, vaultId, 2);
    const { record, path, head } = proof;
    const wrong = [
      { ...proof, record: { ...record, actor: "mallory" } },
      { ...proof, record: { ...record, seq: 3 } },
      { ...proof, record: { ...record, more: 1 } as never },
      { ...proof, path: path.slice(1) },
      { ...proof, path: path.toReversed() },
      { ...proof, path: [] },
      { ...proof, head: { ...head, size: 4 } },
      { ...proof, head: heads[0] },
      { ...proof, head: { ...head, signature: heads[0].signature } },
      { ...proof, head: { ...head, signature: undefined as never } },
      { ...proof, head: { ...head, signature: { ...head.signature, signature: 1 as never } } },
    ];
    for (const one of wrong)
      expect(() => verifyProof(one, PUBLIC_KEY), JSON.stringify(one)).toThrow(
        expect.objectContaining({ code: "EVIDENCE_BROKEN" }),
      );
    const other = await OTHER_SIGNER.publicKey();
    expect(() => verifyProof(proof, other)).toThrow("the head of 5 records is not signed by this key");
  });

  test("fails when what lies there is not what was signed", async () => {
    const { evidence, vaultId } = await newEvidence();
    await rewriteFrom(evidence, 2, () => ({ actor: "mallory" }));
    await expect(proveRecord(evidence, vaultId, 2)).rejects.toThrow("one up to record 5 was changed");
  });

  test.each(["", "null", "[]", "1", "{}", '{"kind":"audit proof","format":1,"record":1,"head":{},"path":[]}'])(
    "fails on a file that holds %j",
    (text) => {
      expect(() => readProof(text)).toThrow(expect.objectContaining({ code: "EVIDENCE_BROKEN" }));
    },
  );
});

test("records are listed by their time, both ends within", async () => {
  const { evidence, heads } = await newEvidence();
  const seqs = async (range: { from?: number; to?: number }) => {
    const found: number[] = [];
    for await (const record of listRecords(evidence, range)) found.push(record.seq);
    return found;
  };
  expect(await seqs({})).toEqual([1, 2, 3, 4, 5]);
  expect(await seqs({ from: heads[1].at })).toEqual([4, 5]);
  expect(await seqs({ to: heads[1].at - 1 })).toEqual([1, 2, 3]);
  expect(await seqs({ to: heads[1].at })).toEqual([1, 2, 3, 4, 5]);
  expect(await seqs({ from: heads[1].at + 1 })).toEqual([]);
});
