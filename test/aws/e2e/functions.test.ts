import { createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeDBSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import { GetObjectCommand, GetObjectRetentionCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, expect, test } from "vitest";
import { signedBytes } from "../../../lib/engine/receipt.ts";
import { signatureHolds } from "../../../lib/engine/signature.ts";
import type { ReleaseReceipt } from "../../../lib/model/release.ts";
import { A_DAY_LATER } from "../../e2e/crash/small-shop.ts";
import { query } from "../../postgres.ts";
import { contentOf, lastgood, restore, told } from "./command.ts";
import { deploymentClaims } from "./deployment-claims.ts";
import { mayDo } from "./rights.ts";
import { execute, testWorld } from "./world.ts";

const world = testWorld();
deploymentClaims(world);

const RELEASE = { database: "shop", release: "2026.11.3", commit: "4f2c1d9" };
const DAY_MS = 86_400_000;

const access = () => {
  const { emulator, front } = world();
  return { endpoint: front.endpoint, region: emulator.region, credentials: emulator.credentials };
};

const namesIn = async (bucket: string): Promise<readonly string[]> => {
  const { Contents = [] } = await new S3Client(access()).send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = "" }) => Key);
};

const points = async () => (await told(lastgood(world(), "point", "list", "--json")))["points"] as { id: string }[];

let receipt: ReleaseReceipt;
let atRelease: Record<string, unknown>[];

beforeAll(async () => {
  atRelease = await contentOf(world(), "shop");
  const opened = await execute(world(), "release-snapshot", "first", RELEASE);
  receipt = (opened as { readonly result: unknown }).result as ReleaseReceipt;
});

test("a release gives a receipt that the stack's key has signed", async () => {
  expect(receipt).toMatchObject({ kind: "release receipt", ...RELEASE, point: { tables: 6, rows: 1600 } });
  const kms = new KMSClient(access());
  const asked = new GetPublicKeyCommand({ KeyId: world().stack.outputs.signingKey });
  const { PublicKey: spki = new Uint8Array() } = await kms.send(asked);
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  const pem = key.export({ format: "pem", type: "spki" }).toString();
  const signature = receipt.signature as Parameters<typeof signatureHolds>[1];
  expect(signatureHolds(signedBytes(receipt), signature, pem)).toBe(true);
  const other = { ...receipt, commit: "0000000" };
  expect(signatureHolds(signedBytes(other), signature, pem)).toBe(false);
});

test("the receipt lies in the evidence bucket, locked for 400 days", async () => {
  const s3 = new S3Client(access());
  const place = { Bucket: world().stack.outputs.evidenceBucket, Key: "receipts/releases/shop/2026.11.3.json" };
  const { Body: body } = await s3.send(new GetObjectCommand(place));
  // A document of the vault: a line of JSON, and a line with its digest.
  const [line = ""] = (await body?.transformToString())?.split("\n") ?? [];
  expect(JSON.parse(line)).toMatchObject(receipt);
  const { Retention: lock } = await s3.send(new GetObjectRetentionCommand(place));
  expect(lock?.Mode).toBe("GOVERNANCE");
  const days = ((lock?.RetainUntilDate?.getTime() ?? 0) - receipt.finishedAt) / DAY_MS;
  expect(Math.round(days)).toBe(400);
});

test("beside the point there is a snapshot of the instance, which the receipt names", async () => {
  const { DBSnapshots: found = [] } = await new RDSClient(access()).send(
    new DescribeDBSnapshotsCommand({ SnapshotType: "manual" }),
  );
  expect(found.map(({ DBSnapshotIdentifier: id }) => id)).toEqual([receipt.instanceSnapshot?.id]);
  expect(found[0]).toMatchObject({ DBInstanceIdentifier: "shop", DBSnapshotArn: receipt.instanceSnapshot?.arn });
});

test("the same release and commit again give the same receipt, and take nothing", async () => {
  const { asked } = world().front;
  const before = asked.length;
  expect(await execute(world(), "release-snapshot", "second", RELEASE)).toMatchObject({ result: receipt });
  expect(asked.slice(before).map(({ verb, what }) => `${verb} ${what.split(" ")[0]}`)).toEqual([
    "release-snapshot GET",
  ]);
});

test.each([
  [
    { ...RELEASE, commit: "aaaaaaa" },
    "RELEASE_TAKEN",
    "release 2026.11.3 of shop stands for commit 4f2c1d9, not aaaaaaa",
  ],
  [{ ...RELEASE, database: "attic" }, "DATABASE_UNKNOWN", "the stack protects no database attic, but shop"],
  [{ database: "shop", release: "x" }, "EVENT_INVALID", "event.commit is missing: expected 7 to 64 hexadecimal digits"],
  [{ ...RELEASE, commit: "main; DROP" }, "EVENT_INVALID", "event.commit is a text of 10 characters: expected 7 to 64"],
  [null, "EVENT_INVALID", "event is null: expected an object of database, release, commit"],
])("fails with code and hint, and writes nothing, for %j", async (event, code, message) => {
  const { asked } = world().front;
  const before = asked.length;
  const ended = await execute(world(), "release-snapshot", `refused ${JSON.stringify(event)}`, event);
  expect(ended).toMatchObject({ failed: { type: code, told: { code, retryable: false } } });
  const { told } = (ended as unknown as { readonly failed: { readonly told: Record<string, string> } }).failed;
  expect(told["message"]).toContain(message);
  expect(told["hint"]).not.toBe("");
  expect(asked.slice(before).filter(({ what }) => !what.startsWith("GET "))).toEqual([]);
});

/** What the schedule does: the starter is invoked, and an execution of that day's name does the rest. */
const startDay = async (event: object): Promise<unknown> => {
  const asked = new InvokeCommand({
    FunctionName: world().stack.outputs.hotCopyFunction,
    Payload: Buffer.from(JSON.stringify(event)),
  });
  const { Payload: payload, FunctionError: failed } = await new LambdaClient(access()).send(asked);
  const answer = JSON.parse(Buffer.from(payload ?? []).toString()) as { errorMessage: string };
  return failed === undefined ? answer : JSON.parse(answer.errorMessage);
};

const dayEnded = async (name: string): Promise<unknown> => {
  const { front, stack } = world();
  const execution = front.functions.find(stack.outputs.hotCopyWorkflow, name);
  await execution?.ended;
  return JSON.parse((execution?.output as { Result?: string } | undefined)?.Result ?? "null");
};

test("two days give two hot copies; a day that is asked for again gives its own", async () => {
  const day = { database: "shop", scheduledAt: "2026-11-20T23:30:00Z", timeZone: "Europe/Berlin" };
  const started = { day: "2026-11-21", name: "hot-shop-2026-11-21" };
  expect(await startDay(day)).toMatchObject(started);
  const first = await dayEnded("hot-shop-2026-11-21");
  expect(first).toMatchObject({ database: "shop", day: "2026-11-21", point: { rows: 1600 } });
  expect(await startDay(day)).toMatchObject(started);
  expect(await dayEnded("hot-shop-2026-11-21")).toEqual(first);
  // The same day by another execution, as an operator's second try would be.
  expect(await execute(world(), "hot-copy", "by-hand", { database: "shop", day: "2026-11-21" })).toMatchObject({
    result: first,
  });
  expect(await points()).toHaveLength(2);

  await query(world().url("shop"), A_DAY_LATER);
  expect(await startDay({ database: "shop", day: "2026-11-22" })).toMatchObject({ name: "hot-shop-2026-11-22" });
  const second = await dayEnded("hot-shop-2026-11-22");
  expect(second).toMatchObject({ day: "2026-11-22" });
  expect(await points()).toHaveLength(3);
});

test("the starter refuses what names no day, and what it does not protect", async () => {
  expect(await startDay({ database: "shop" })).toMatchObject({ code: "EVENT_INVALID" });
  expect(await startDay({ database: "attic", day: "2026-11-21" })).toMatchObject({ code: "DATABASE_UNKNOWN" });
});

test("all of it verifies and comes back: the release as it was, the last day as it is", async () => {
  const verified = await told(lastgood(world(), "verify", "--level", "read", "--json"));
  expect(verified).toMatchObject({ problems: [] });
  await restore(world(), receipt.point.id, "at_release");
  expect(await contentOf(world(), "at_release")).toEqual(atRelease);
  await restore(world(), "latest", "at_the_end");
  const now = await contentOf(world(), "shop");
  expect(await contentOf(world(), "at_the_end")).toEqual(now);
  expect(now).not.toEqual(atRelease);
});

test("every line of the functions' logs is JSON that tells no row, and every execution that ended well is counted", () => {
  const { lines } = world().front.environments;
  const counted = (name: string) => lines.filter((line) => line[name] === 1 && line["database"] === "shop").length;
  expect([counted("ReleasePoints"), counted("HotCopies")]).toEqual([2, 3]);
  const text = JSON.stringify(lines);
  expect(text).not.toMatch(/customer \d/);
  expect(lines.every((line) => line["_aws"] !== undefined || line["stack"] === "Backups")).toBe(true);
});

test("in the buckets there is nothing but what points, releases and runs are made of", async () => {
  const { outputs } = world().stack;
  const kinds = async (bucket: string) => new Set((await namesIn(bucket)).map((name) => name.split("/")[0]));
  expect(await kinds(outputs.hotBucket)).toEqual(
    new Set(["chunks", "intents", "pages", "parts", "points", "vault.json", "work"]),
  );
  expect(await kinds(outputs.keysBucket)).toEqual(new Set(["classes", "parts"]));
  expect(await kinds(outputs.evidenceBucket)).toEqual(new Set(["chain", "claims", "receipts"]));
});

test("no function has asked for anything that its own role does not allow", () => {
  const { front, stack } = world();
  const acts = new Map(front.asked.map((asked) => [JSON.stringify([asked.verb, asked.act ?? asked.what]), asked]));
  const kinds = new Set([...acts.values()].map(({ verb, act }) => `${verb} ${act?.action}`));
  // The emulator refuses nobody, so this is where a right that is missing shows. That acts are read right shows here.
  expect([...kinds].toSorted()).toEqual([
    "capture-worker kms:Decrypt",
    "capture-worker kms:GenerateDataKey",
    "capture-worker s3:GetObject",
    "capture-worker s3:ListBucket",
    "capture-worker s3:PutObject",
    "capture-worker secretsmanager:GetSecretValue",
    "point-reader kms:Decrypt",
    "point-reader s3:GetObject",
    "point-reader s3:ListBucket",
    "release-snapshot kms:GetPublicKey",
    "release-snapshot kms:Sign",
    "release-snapshot rds:CreateDBSnapshot",
    "release-snapshot rds:DescribeDBSnapshots",
    "release-snapshot s3:GetObject",
    "release-snapshot s3:PutObject",
  ]);
  const refused = [...acts.values()].filter(({ verb, act }) => act === undefined || !mayDo(stack, verb, act));
  expect(refused.map(({ verb, act, what }) => [verb, act ?? what])).toEqual([]);
  // What reads the policies can say no.
  const chunk = `arn:aws:s3:::${stack.outputs.hotBucket}/chunks/default/00`;
  expect(mayDo(stack, "capture-worker", { action: "s3:PutObject", resource: chunk })).toBe(true);
  expect(mayDo(stack, "capture-worker", { action: "s3:GetObject", resource: chunk })).toBe(false);
  expect(mayDo(stack, "point-reader", { action: "s3:PutObject", resource: chunk })).toBe(false);
});
