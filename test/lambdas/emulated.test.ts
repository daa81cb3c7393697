import { CreateKeyCommand, type KeySpec, type KeyUsageType, KMSClient } from "@aws-sdk/client-kms";
import { CreateDBInstanceCommand, DescribeDBSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import { ListObjectVersionsCommand, PutObjectLockConfigurationCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { handler as captureWorker } from "../../lambdas/capture-worker/handler.ts";
import { handler as hotCopy } from "../../lambdas/hot-copy/handler.ts";
import { handler as pointReader } from "../../lambdas/point-reader/handler.ts";
import { handler as releaseSnapshot } from "../../lambdas/release-snapshot/handler.ts";
import { signedBytes } from "../../lib/engine/receipt.ts";
import { signatureHolds } from "../../lib/engine/signature.ts";
import type { ReleaseReceipt } from "../../lib/model/release.ts";
import { STACK_ENV } from "../../lib/model/stack.ts";
import { findReceipt } from "../../lib/operations/receipt.ts";
import type { Signature } from "../../lib/ports/signer.ts";
import { stackEvidence, stackSigner } from "../../lib/wiring/aws.ts";
import { StackEnvironment } from "../../lib/wiring/stack-environment.ts";
import { emulatedS3, freshBucket } from "../aws/bucket.ts";
import { executeDurably } from "../aws/durable-service.ts";
import { testEmulator } from "../aws/emulator.ts";
import { contextOf, ENVIRONMENT, READER, WORKER, watchLines } from "./memory-stack.ts";

// The database alone is memory: everything else is what the functions have on AWS.
vi.mock("../../lib/wiring/aws-source.ts", async () => {
  const { memoryDatabase } = await import("../operations/memory-source.ts");
  const { systemClock } = await import("../../lib/local/system-clock.ts");
  const rows = new Map(Array.from({ length: 50 }, (_, i) => [i, `order ${i}`]));
  const database = memoryDatabase(systemClock, { orders: rows });
  return { stackSources: () => async () => database.open() };
});

const emulator = testEmulator();
const RELEASE = { database: "shop", release: "2026.11.3", commit: "4f2c1d9" };
const FUNCTIONS = {
  [WORKER]: (event: unknown) => captureWorker(event, contextOf("worker")),
  [READER]: (event: unknown) => pointReader(event, contextOf("reader")),
};

const newKey = async (client: KMSClient, KeySpec: KeySpec, KeyUsage: KeyUsageType): Promise<string> =>
  (await client.send(new CreateKeyCommand({ KeySpec, KeyUsage }))).KeyMetadata?.Arn as string;

/** A stack as the template makes it, as far as the functions see it. */
const deploy = async () => {
  const { endpoint, region, credentials, environment } = emulator();
  const s3 = emulatedS3(emulator());
  const kms = new KMSClient({ endpoint, region, credentials });
  const rds = new RDSClient({ endpoint, region, credentials });
  const evidence = await freshBucket(s3, { ObjectLockEnabledForBucket: true });
  const Rule = { DefaultRetention: { Mode: "GOVERNANCE", Days: 400 } } as const;
  const lock = { ObjectLockEnabled: "Enabled", Rule } as const;
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket: evidence, ObjectLockConfiguration: lock }));
  await rds.send(
    new CreateDBInstanceCommand({
      Engine: "postgres",
      MasterUsername: "lastgood",
      MasterUserPassword: "not-a-secret",
      DBInstanceIdentifier: "shop-1",
      DBInstanceClass: "db.t4g.micro",
      AllocatedStorage: 20,
    }),
  );
  const told = {
    ...ENVIRONMENT,
    ...environment,
    [STACK_ENV.hotBucket]: await freshBucket(s3),
    [STACK_ENV.keysBucket]: await freshBucket(s3),
    [STACK_ENV.evidenceBucket]: evidence,
    [STACK_ENV.wrappingKey]: await newKey(kms, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
    [STACK_ENV.signingKey]: await newKey(kms, "ECC_NIST_P256", "SIGN_VERIFY"),
  };
  for (const [name, value] of Object.entries(told)) vi.stubEnv(name, value);
  return { s3, rds, evidence };
};

const resultOf = async (handler: typeof hotCopy, input: unknown): Promise<unknown> => {
  const { output } = await executeDurably(handler, { input, functions: FUNCTIONS });
  expect(output).toMatchObject({ Status: "SUCCEEDED" });
  return JSON.parse((output as { Result: string }).Result);
};

beforeEach(() => {
  watchLines();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("the functions open a release and take a hot copy on S3, KMS and RDS, and the receipt is locked and holds", async () => {
  const { s3, rds, evidence } = await deploy();
  const receipt = (await resultOf(releaseSnapshot, RELEASE)) as ReleaseReceipt;
  expect(receipt).toMatchObject({ ...RELEASE, point: { tables: 1, rows: 50 }, proof: { level: "read", rows: 50 } });

  const stack = new StackEnvironment(process.env);
  expect(await findReceipt(stackEvidence(stack), RELEASE)).toEqual(receipt);
  const pem = await stackSigner(stack).publicKey();
  expect(signatureHolds(signedBytes(receipt), receipt.signature as Signature, pem)).toBe(true);
  const { Versions: versions } = await s3.send(new ListObjectVersionsCommand({ Bucket: evidence }));
  expect(versions?.map(({ Key }) => Key)).toEqual([
    "claims/releases/shop/2026.11.3.json",
    "receipts/releases/shop/2026.11.3.json",
  ]);
  const { DBSnapshots: snapshots } = await rds.send(new DescribeDBSnapshotsCommand({ SnapshotType: "manual" }));
  expect(snapshots?.map(({ DBSnapshotArn }) => DBSnapshotArn)).toEqual([receipt.instanceSnapshot?.arn]);

  expect(await resultOf(releaseSnapshot, RELEASE)).toEqual(receipt);
  const copied = await resultOf(hotCopy, { database: "shop", day: "2026-11-20" });
  expect(copied).toMatchObject({ database: "shop", point: { rows: 50 } });
});
