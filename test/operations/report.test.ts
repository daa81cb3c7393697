import { beforeAll, describe, expect, test } from "vitest";
import { recordName } from "../../lib/engine/audit-chain.ts";
import { sha256 } from "../../lib/engine/document.ts";
import { inclusionHolds, leafHash } from "../../lib/engine/merkle.ts";
import { listPoints } from "../../lib/engine/points.ts";
import { signatureHolds } from "../../lib/engine/signature.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { ComplianceReport } from "../../lib/model/report.ts";
import { appendRecord, readRecords } from "../../lib/operations/audit.ts";
import { captureEntry } from "../../lib/operations/entries.ts";
import { signHead } from "../../lib/operations/evidence.ts";
import {
  makeReport,
  type ReportWorld,
  reportFiles,
  reportPeriod,
  type SignedReport,
} from "../../lib/operations/report.ts";
import { verifyEvidence } from "../../lib/operations/verify-evidence.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { faulty, Killed } from "../faults/faulty.ts";
import { overwrite } from "./audit-world.ts";
import { OTHER_SIGNER, PUBLIC_KEY, SIGNER } from "./evidence-world.ts";
import { POLICY, VerifiedDays } from "./verified-days.ts";

/** Days of which each act is recorded as the commands record it, with a head signed every evening. */
const recordedDays = async (count: number): Promise<VerifiedDays> => {
  const days = await VerifiedDays.begin();
  const { audit, clock } = days.world;
  for (let day = 0; day < count; day++) {
    await days.pass();
    const point = (await listPoints(days.hot)).at(-1);
    if (point !== undefined) await appendRecord(audit, captureEntry({ point }));
    const [startedAt, finishedAt] = [clock.now(), clock.now()];
    const nothing = { due: 0, gone: 0, held: 0, overdue: 0, unknown: 0, startedAt, finishedAt };
    await appendRecord(audit, { outcome: "done", act: "retention", ...nothing });
    await signHead(audit, SIGNER);
  }
  return days;
};

const worldOf = (days: VerifiedDays, evidence: ObjectStore = days.evidence): ReportWorld => ({
  vault: days.world.vault,
  audit: { ...days.world.audit, evidence },
  signer: SIGNER,
  version: "0.1.0",
});

/** The same objects in a store that this test may damage. */
const copyOf = async (days: VerifiedDays): Promise<ObjectStore> => {
  const copy = memoryStore(days.clock);
  for (const name of await namesIn(days.evidence)) await copy.put(name, [(await days.evidence.get(name)) as Buffer]);
  return copy;
};

const period = (from: string, to: string) => reportPeriod(POLICY, from, to);
const lightsOf = ({ verdict }: ComplianceReport) => verdict.lights.map(({ about, light }) => `${about} ${light}`);

describe("a period of sixteen days that went well", () => {
  let days: VerifiedDays;
  let made: SignedReport;
  beforeAll(async () => {
    days = await recordedDays(16);
    made = await makeReport(worldOf(days), POLICY, period("2026-01-01", "2026-01-17"));
  });

  test("is verified with the evidence it lies in, byte for byte, and told where its signature is gone", async () => {
    const evidence = await copyOf(days);
    const problems = async () => (await verifyEvidence(evidence, { publicKey: PUBLIC_KEY })).problems;
    expect(await verifyEvidence(evidence, { publicKey: PUBLIC_KEY })).toMatchObject({ reports: 1, problems: [] });
    const changed = Buffer.from(made.json.replace('"green"', '"black"'), "utf8");
    await overwrite(evidence, made.name, changed);
    expect(await problems()).toEqual([{ message: `report ${made.name} is not signed by this key` }]);
    await overwrite(evidence, made.name, changed.subarray(1));
    expect(await problems()).toEqual([{ message: `report ${made.name}, or its signature, cannot be read as JSON` }]);
    await overwrite(evidence, made.name, Buffer.from(made.json, "utf8"));
    await evidence.delete("reports/000001.signature.json");
    const { notProven, problems: none } = await verifyEvidence(evidence, { publicKey: PUBLIC_KEY });
    expect(none).toEqual([]);
    expect(notProven.join("\n")).toContain(`report ${made.name}: it has no signature`);
  });

  test("is green, and has every act of it", () => {
    const { report } = made;
    expect(report.verdict.findings).toEqual([]);
    expect(report.verdict.light).toBe("green");
    expect(report.captures).toHaveLength(16);
    expect(report.days.map(({ day }) => day)).toHaveLength(16);
    expect(report.expiries.map(({ part }) => part.class)).toEqual(["people", "people", "people"]);
    expect(report.kept).toHaveLength(3 * 16 - 3);
    expect(report).toMatchObject({
      number: 1,
      previous: "0".repeat(64),
      controller: POLICY.controller,
      missed: [],
      overdue: [],
    });
  });

  test("is one canonical text, which anybody verifies who has the public key", () => {
    expect(signatureHolds(Buffer.from(made.json), made.signature, PUBLIC_KEY)).toBe(true);
    const changed = Buffer.from(made.json.replace('"light":"green"', '"light":"gray0"'));
    expect(changed.equals(Buffer.from(made.json))).toBe(false);
    expect(signatureHolds(changed, made.signature, PUBLIC_KEY)).toBe(false);
    expect(made.sha256).toBe(sha256(made.json));
  });

  test("proves the record of each expiry by the root that it signs", async () => {
    const { expiries, integrity } = made.report;
    const root = Buffer.from(integrity.root, "hex");
    for (const { seq, proof } of expiries) {
      const leaf = leafHash((await days.evidence.get(recordName(seq))) as Buffer);
      const path = (proof?.path ?? []).map((hash) => Buffer.from(hash, "hex"));
      const size = integrity.records;
      expect(inclusionHolds({ leaf, index: seq - 1, size, path, root })).toBe(true);
      expect(inclusionHolds({ leaf: leafHash(Buffer.from("another")), index: seq - 1, size, path, root })).toBe(false);
    }
  });

  test("is kept in the evidence as it was handed out, with its signature, and recorded", async () => {
    expect(((await days.evidence.get(made.name)) as Buffer).toString()).toBe(made.json);
    const signature = (await days.evidence.get("reports/000001.signature.json")) as Buffer;
    expect(JSON.parse(signature.toString())).toEqual(made.signature);
    const records = [];
    for await (const record of readRecords(days.evidence)) records.push(record);
    expect(records.at(-1)).toMatchObject({ act: "report", sha256: made.sha256, from: made.report.period.from });
  });

  test("has the digest of the report before it, and two that are made at once get numbers of their own", async () => {
    const evidence = await copyOf(days);
    const both = await Promise.all(
      [1, 2].map(() => makeReport(worldOf(days, evidence), POLICY, period("2026-01-01", "2026-01-17"))),
    );
    expect(both.map(({ report }) => report.number).toSorted((a, b) => a - b)).toEqual([2, 3]);
    const [second, third] = both.toSorted((a, b) => a.report.number - b.report.number);
    expect(second?.report.previous).toBe(made.sha256);
    expect(third?.report.previous).toBe(second?.sha256);
  });

  test("is handed out as a page, a signature, a key and a table each", () => {
    const files = reportFiles(made);
    expect(files.map(({ name }) => name).slice(0, 4)).toEqual([
      "report.json",
      "report.json.sig",
      "public-key.pem",
      "report.html",
    ]);
    expect(files.filter(({ name }) => name.endsWith(".csv")).map(({ name }) => name)).toContain("09-expiries.csv");
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
    const sealed = files.find(({ name }) => name === "report.json.sig")?.bytes;
    expect(Buffer.from(sealed as Buffer).toString("base64")).toBe(made.signature.signature);
  });

  test("that nobody looked at, before or after it, says that there is no evidence and is no error", async () => {
    const evidence = await copyOf(days);
    const before = await makeReport(worldOf(days, evidence), POLICY, period("2025-03-01", "2025-04-01"));
    expect(before.report.verdict.light).toBe("yellow");
    expect(before.report.verdict.sentence).toContain("There is no evidence of this period");
    const after = await makeReport(worldOf(days, evidence), POLICY, period("2027-01-01", "2027-02-01"));
    expect(after.report.verdict.findings.map(({ says }) => says)).toContain(
      "The period had not ended when the report was made.",
    );
  });

  test("is red where a record of it was changed, says which, and rests on those before it alone", async () => {
    const evidence = await copyOf(days);
    const bytes = Buffer.from((await evidence.get(recordName(20))) as Buffer);
    bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
    await overwrite(evidence, recordName(20), bytes);
    const { report } = await makeReport(worldOf(days, evidence), POLICY, period("2026-01-01", "2026-01-17"));
    expect(report.verdict.light).toBe("red");
    expect(report.integrity).toMatchObject({ records: 19, lastSeq: 19 });
    expect(report.integrity.broken).toContain("record 20 of the audit chain is damaged");
    expect(lightsOf(report)).toContain("evidence red");
  });

  test("is red where the chain was cut off below its signed head, or another key signed that", async () => {
    const cut = await copyOf(days);
    // The records of the first report and of its policy lie after the last head.
    for (const name of (await namesIn(cut, "chain/")).slice(-3)) await cut.delete(name);
    const shorter = await makeReport(worldOf(days, cut), POLICY, period("2026-01-01", "2026-01-17"));
    expect(shorter.report.integrity.broken).toContain("records that are not there any more");
    expect(shorter.unrecorded).toContain("of the audit chain is missing");
    const other = await makeReport(
      { ...worldOf(days, await copyOf(days)), signer: OTHER_SIGNER },
      POLICY,
      period("2026-01-01", "2026-01-17"),
    );
    expect(other.report.integrity.broken).toContain("is not signed by this key");
    expect(other.report.verdict.light).toBe("red");
  });

  test("can be made again after it was stopped at any write", async () => {
    for (let nth = 1; ; nth++) {
      const evidence = await copyOf(days);
      const dying = faulty(evidence).stopAfter("put", nth);
      let stopped = false;
      await makeReport(worldOf(days, dying), POLICY, period("2026-01-01", "2026-01-17")).catch((error: Error) => {
        if (!(error instanceof Killed) && !(error.cause instanceof Killed)) throw error;
        stopped = true;
      });
      if (!stopped) break;
      const { report, sha256: digest } = await makeReport(
        worldOf(days, evidence),
        POLICY,
        period("2026-01-01", "2026-01-17"),
      );
      expect(report.number).toBeGreaterThan(1);
      expect(report.verdict.light).toBe("green");
      expect(sha256((await evidence.get(`reports/${String(report.number).padStart(6, "0")}.json`)) as Buffer)).toBe(
        digest,
      );
    }
  });
});

test("a day without a capture, one without a verification and a part that stayed are in the report, each by its name", async () => {
  const days = await recordedDays(3);
  await days.pass({ capture: false });
  await days.pass({ verify: false });
  for (let day = 5; day < 16; day++) await days.pass({ expire: day < 13 });
  const { report } = await makeReport(worldOf(days), POLICY, period("2026-01-01", "2026-01-17"));
  expect(report.verdict.light).toBe("red");
  expect(
    report.missed.map(({ expectedAt, found }) => [new Date(expectedAt).toISOString().slice(0, 10), found]),
  ).toContainEqual(["2026-01-05", "missing"]);
  expect(report.overdue.map(({ part, state }) => [part.class, state])).toEqual([
    ["people", "still there"],
    ["people", "still there"],
    ["people", "still there"],
  ]);
  const says = report.verdict.findings.map((finding) => `${finding.says} ${finding.which ?? ""}`);
  expect(says).toContain("1 day not verified. 2026-01-05");
  expect(says.find((line) => line.startsWith("3 copies outlived"))).toContain("people of");
});

test("a point that is damaged is told, and the others are in the report", async () => {
  const days = await recordedDays(3);
  const [name = ""] = await namesIn(days.hot, "points/");
  await overwrite(days.hot, name, Buffer.from("{}"));
  const { report } = await makeReport(worldOf(days), POLICY, period("2026-01-01", "2026-01-04"));
  expect(report.kept).toHaveLength(6);
  expect(report.notices).toEqual([expect.stringContaining(`object ${name} is damaged`)]);
});

test.each([
  ["2026-13-01", "2027-01-01", "--from"],
  ["2026-02-30", "2027-01-01", "--from"],
  ["2026-01-01", "soon", "--to"],
  ["2026-01-01", "2026-01-01", "has no day"],
  ["2026-01-02", "2026-01-01", "has no day"],
  ["1800-01-01", "2026-01-01", "at most"],
])("fails on a period from %s to %s, before anything is read", (from, to, words) => {
  expect(() => period(from, to)).toThrow(words);
});

test("a period begins and ends at midnight where the business is, whatever the clocks do", () => {
  const copenhagen = { ...POLICY, timeZone: "Europe/Copenhagen" };
  expect(reportPeriod(copenhagen, "2026-10-01", "2026-11-01")).toMatchObject({
    from: Date.UTC(2026, 8, 30, 22),
    to: Date.UTC(2026, 9, 31, 23),
  });
});
