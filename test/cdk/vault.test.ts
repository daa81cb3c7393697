import { expect, test } from "vitest";
import { type CfnResource, resourcesOf, synthesize } from "./synthesis.ts";

const { template, stack } = synthesize();
const bucket = (store: "hot" | "archive" | "keys" | "evidence" | "accessLogs"): CfnResource["Properties"] => {
  const id = stack.resolve(stack.lastgood.vault[store].bucketName) as { readonly Ref: string };
  return (template.Resources[id.Ref] as CfnResource).Properties;
};

test("deletes are final in hot and keys, and versions are kept in archive and evidence", () => {
  expect(bucket("hot")).not.toHaveProperty("VersioningConfiguration");
  expect(bucket("keys")).not.toHaveProperty("VersioningConfiguration");
  expect(bucket("archive")).toHaveProperty("VersioningConfiguration.Status", "Enabled");
  expect(bucket("evidence")).toHaveProperty("VersioningConfiguration.Status", "Enabled");
});

test("hot, keys and access logs have no lock; archive and evidence are locked in governance mode", () => {
  for (const store of ["hot", "keys", "accessLogs"] as const) {
    expect(bucket(store), store).not.toHaveProperty("ObjectLockEnabled");
    expect(bucket(store), store).not.toHaveProperty("ObjectLockConfiguration");
  }
  // Archived objects have dates of their own; a default longer than a class's deadline could not be taken back.
  for (const [store, days] of [
    ["archive", 1],
    ["evidence", 400],
  ] as const)
    expect(bucket(store), store).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: days } } },
    });
});

test("wrapped keys are nowhere else: no versions, no replication, no expiry by somebody else", () => {
  const keys = bucket("keys");
  expect(keys).not.toHaveProperty("ReplicationConfiguration");
  expect(keys).toMatchObject({ LifecycleConfiguration: { Rules: [{ Id: "AbortUploads" }] } });
});

test("nothing of the hot store expires by age but leases and the work of captures", () => {
  const { Rules: rules } = bucket("hot")["LifecycleConfiguration"] as { readonly Rules: Record<string, unknown>[] };
  const expiring = rules.filter((rule) => "ExpirationInDays" in rule);
  expect(expiring.map((rule) => [rule["Prefix"], rule["ExpirationInDays"]])).toEqual([
    ["intents/", 30],
    ["work/", 7],
  ]);
  expect(rules.filter((rule) => !("ExpirationInDays" in rule)).map((rule) => rule["Id"])).toEqual(["AbortUploads"]);
});

test("every bucket blocks public access, takes no ACLs, encrypts, and logs who asks", () => {
  const buckets = resourcesOf(template, "AWS::S3::Bucket");
  expect(buckets).toHaveLength(5);
  for (const [id, { Properties }] of buckets) {
    expect(Properties, id).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{}] },
    });
    if (!id.includes("AccessLogs")) expect(Properties, id).toHaveProperty("LoggingConfiguration.DestinationBucketName");
    // A name of ours could be taken by somebody else's account.
    expect(Properties, id).not.toHaveProperty("BucketName");
  }
});

test("destroying the stack deletes no backup, no key, no evidence, and none of their rules", () => {
  const lasting = ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::Logs::LogGroup"];
  const kept = lasting.flatMap((type) => resourcesOf(template, type));
  expect(kept).toHaveLength(5 + 5 + 2 + 5);
  for (const [id, resource] of kept) {
    expect(resource.DeletionPolicy, id).toMatch(/^Retain/);
    expect(resource.UpdateReplacePolicy, id).toBe("Retain");
  }
});

test("nothing in the stack empties buckets or runs code of others on deployment", () => {
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  expect([...types].filter((type) => /^Custom::|CustomResource|AutoDelete/.test(type))).toEqual([]);
  expect(types.size).toBeGreaterThan(10);
});

test("keys rotate, and wait thirty days before they are deleted", () => {
  const keys = resourcesOf(template, "AWS::KMS::Key").map(([, { Properties }]) => Properties);
  expect(keys.map((key) => key["PendingWindowInDays"])).toEqual([30, 30]);
  const [wrapping, signing] = keys;
  expect(wrapping).toMatchObject({ EnableKeyRotation: true });
  expect(signing).toMatchObject({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
  for (const key of keys)
    expect(JSON.stringify(key["KeyPolicy"])).toContain(
      '"NumericLessThan":{"kms:ScheduleKeyDeletionPendingWindowInDays":"30"}',
    );
});
