import {
  DeleteObjectCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { s3RetainedStore } from "../../lib/aws/s3-retained-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import type { RetainedVersion } from "../../lib/ports/retained-store.ts";
import { retainedStoreContract } from "../contracts/retained-store.ts";
import { emulatedS3, freshBucket } from "./bucket.ts";
import { testEmulator } from "./emulator.ts";
import { faultyFront } from "./faulty-front.ts";

const emulator = testEmulator();

const LATER = Date.UTC(2100, 0, 1);
const BYTES = Buffer.from("kept");

async function lockedBucket(): Promise<{ client: S3Client; bucket: string }> {
  const client = emulatedS3(emulator());
  return { client, bucket: await freshBucket(client, { ObjectLockEnabledForBucket: true }) };
}

retainedStoreContract("s3", async () => {
  const { client, bucket } = await lockedBucket();
  const open = () => s3RetainedStore(client, bucket, systemClock);
  return {
    store: open(),
    other: open(),
    later: LATER,
    // S3 would refuse a date in the past; the emulator takes it, which spares the test the wait.
    async pass(name, version) {
      const Retention = { Mode: "GOVERNANCE", RetainUntilDate: new Date(0) } as const;
      const input = { Bucket: bucket, Key: name, VersionId: version, Retention, BypassGovernanceRetention: true };
      await client.send(new PutObjectRetentionCommand(input));
    },
  };
});

test("a version is read through a delete marker and through whatever else was put over it", async () => {
  const { client, bucket } = await lockedBucket();
  const store = s3RetainedStore(client, bucket, systemClock);
  const { version } = (await store.put("x", [BYTES], { mode: "governance", until: LATER })) as RetainedVersion;
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: "x" }));
  expect(await store.get("x", version)).toEqual(BYTES);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: "x", Body: "forged" }));
  expect(await store.get("x", version)).toEqual(BYTES);
  const versions = await store.versions("x");
  expect(versions).toHaveLength(2);
  expect(versions[1]).toBe(version);
});

test("a put whose answer was lost names its version all the same", async () => {
  const { client, bucket } = await lockedBucket();
  const front = await faultyFront(emulator().endpoint);
  const store = s3RetainedStore(emulatedS3(emulator(), { endpoint: front.endpoint }), bucket, systemClock);
  front.next("PUT", "lose the answer");
  const { version } = (await store.put("x", [BYTES], { mode: "governance", until: LATER })) as RetainedVersion;
  expect(await s3RetainedStore(client, bucket, systemClock).get("x", version)).toEqual(BYTES);
  front.assertAllFired();
});

test("fails with STORE_FORBIDDEN, not OBJECT_RETAINED, where the right to delete is what is missing", async () => {
  const { client, bucket } = await lockedBucket();
  const front = await faultyFront(emulator().endpoint);
  const store = s3RetainedStore(emulatedS3(emulator(), { endpoint: front.endpoint }), bucket, systemClock);
  const { VersionId = "" } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: "x", Body: "no date" }));
  front.next("DELETE", { answer: 403, code: "AccessDenied" });
  await expect(store.delete("x", VersionId)).rejects.toMatchObject({ code: "STORE_FORBIDDEN" });
  front.assertAllFired();
});

test("fails in a bucket without versions, where nothing would be kept", async () => {
  const client = emulatedS3(emulator());
  const store = s3RetainedStore(client, await freshBucket(client), systemClock);
  await expect(store.put("x", [BYTES], { mode: "governance", until: LATER })).rejects.toMatchObject({
    retryable: false,
  });
  expect(await store.versions("x")).toEqual([]);
});

test("a listing goes through every page, of a name with more versions than one has as of many names", async () => {
  const { client, bucket } = await lockedBucket();
  const store = s3RetainedStore(client, bucket, systemClock);
  const written: string[] = [];
  for (const Key of ["a", "b", "b", "b", "b", "b", "b/c", "d", "folder/"]) {
    const { VersionId = "" } = await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "bytes" }));
    written.push(VersionId);
  }
  await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: "a" }));
  client.middlewareStack.add((next) => (call) => next({ ...call, input: { ...call.input, MaxKeys: 2 } }), {
    step: "initialize",
  });
  const [a = "", ...rest] = written;
  const [c = "", d = ""] = rest.slice(5);
  const versions = rest.slice(0, 5).toReversed();
  expect(await store.versions("b")).toEqual(versions);
  const listed: string[] = [];
  for await (const facts of store.list("")) listed.push(`${facts.name} ${facts.version} ${facts.bytes}`);
  expect(listed).toEqual([`a ${a} 5`, ...versions.map((one) => `b ${one} 5`), `b/c ${c} 5`, `d ${d} 5`]);
});

test("a bucket that locks by default locks what is put with none too, and tells until when", async () => {
  const { client, bucket } = await lockedBucket();
  const Rule = { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
  await client.send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration }));
  const store = s3RetainedStore(client, bucket, systemClock);
  const { version } = (await store.put("x", [BYTES], { mode: "none" })) as RetainedVersion;
  const retention = await store.retention("x", version);
  expect(retention).toMatchObject({ mode: "governance" });
  await expect(store.delete("x", version)).rejects.toMatchObject({ code: "OBJECT_RETAINED" });
  const dated = (await store.put("y", [BYTES], { mode: "governance", until: LATER })) as RetainedVersion;
  expect(await store.retention("y", dated.version)).toEqual({ mode: "governance", until: LATER });
});
