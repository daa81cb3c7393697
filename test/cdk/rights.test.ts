import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { expect, test } from "vitest";
import { may, type Principal, principalsOf, resourcePoliciesOf } from "./principals.ts";
import { synthesize } from "./synthesis.ts";

const synthesis = synthesize();
const principals = principalsOf(synthesis);
const called = (name: string, of: readonly Principal[] = principals): Principal => {
  const found = of.find((principal) => principal.name === name);
  if (found === undefined) throw new Error(`no principal ${name}, there are ${of.map((one) => one.name).join(", ")}`);
  return found;
};
const capture = called("capture-worker");

const BUCKETS = ["hot", "archive", "keys", "evidence", "access logs"];
const OBJECTS = [
  "vault.json",
  "chunks/personal/0a/0a1b.c2d3",
  "points/20261121T020000Z-abcdef/000001.json",
  "parts/x/y",
];
const DESTROYS_OBJECTS = [
  "s3:DeleteObject",
  "s3:DeleteObjectVersion",
  "s3:DeleteObjectTagging",
  "s3:PutObjectAcl",
  "s3:PutObjectRetention",
  "s3:PutObjectLegalHold",
  "s3:BypassGovernanceRetention",
  "s3:RestoreObject",
  "s3:ReplicateDelete",
];
const DESTROYS_BUCKETS = [
  "s3:DeleteBucket",
  "s3:DeleteBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:PutBucketVersioning",
  "s3:PutBucketObjectLockConfiguration",
  "s3:PutLifecycleConfiguration",
  "s3:PutReplicationConfiguration",
  "s3:PutEncryptionConfiguration",
];
const DESTROYS_KEYS = [
  "kms:ScheduleKeyDeletion",
  "kms:DisableKey",
  "kms:PutKeyPolicy",
  "kms:CreateGrant",
  "kms:DeleteImportedKeyMaterial",
];
const DESTROYS_SNAPSHOTS = ["rds:DeleteDBSnapshot", "rds:DeleteDBClusterSnapshot", "rds:ModifyDBSnapshotAttribute"];
const GAINS_RIGHTS = ["sts:AssumeRole", "iam:PassRole", "iam:PutRolePolicy", "lambda:UpdateFunctionCode"];

/** Every destructive act on everything there is, as action and resource. */
const destructions: readonly (readonly [string, string])[] = [
  ...BUCKETS.flatMap((bucket) => DESTROYS_BUCKETS.map((action) => [action, bucket] as const)),
  ...BUCKETS.flatMap((bucket) =>
    OBJECTS.flatMap((name) => DESTROYS_OBJECTS.map((action) => [action, `${bucket}/${name}`] as const)),
  ),
  ...["key wrapping", "key signing"].flatMap((key) => DESTROYS_KEYS.map((action) => [action, key] as const)),
  ...["rds:snapshot:lastgood-shop-42", "rds:snapshot:theirs", "rds:cluster-snapshot:lastgood-billing-42"].flatMap(
    (snapshot) => DESTROYS_SNAPSHOTS.map((action) => [action, snapshot] as const),
  ),
  ...["iam:role/admin", "function point-reader:7"].flatMap((to) => GAINS_RIGHTS.map((action) => [action, to] as const)),
];

test("the principal of captures can delete nothing", () => {
  expect(destructions.length).toBeGreaterThan(200);
  expect(destructions.filter(([action, resource]) => may(capture, action, resource))).toEqual([]);
});

test("the principal of captures cannot read chunks, by itself or through another function", () => {
  for (const action of ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAttributes", "s3:GetObjectTorrent"])
    for (const name of ["chunks/personal/0a/0a1b.c2d3", "chunks/x", "chunks/"])
      expect(may(capture, action, `hot/${name}`), `${action} of ${name}`).toBe(false);
  for (const verb of ["point-reader", "release-snapshot", "hot-copy", "hot-copy-starter", "capture-worker"])
    expect(may(capture, "lambda:InvokeFunction", `function ${verb}:1`), verb).toBe(false);
});

test("the principal of captures can do what a capture does", () => {
  for (const name of [
    "vault.json",
    "points/a/000001.json",
    "parts/a/b.000001",
    "pages/c/w/1",
    "intents/w/1",
    "work/r/1",
  ])
    expect(may(capture, "s3:GetObject", `hot/${name}`), name).toBe(true);
  expect(may(capture, "s3:PutObject", "hot/chunks/personal/0a/0a1b.c2d3")).toBe(true);
  expect(may(capture, "s3:ListBucket", "hot")).toBe(true);
  expect(may(capture, "kms:GenerateDataKey", "key wrapping")).toBe(true);
  expect(may(capture, "rds-db:connect", "rds-db:dbuser:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/lastgood")).toBe(true);
  expect(may(capture, "rds-db:connect", "rds-db:dbuser:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/postgres")).toBe(false);
  expect(may(capture, "secretsmanager:GetSecretValue", "secretsmanager:secret:billing/lastgood-AbCdEf")).toBe(true);
  expect(may(capture, "secretsmanager:GetSecretValue", "secretsmanager:secret:other")).toBe(false);
});

test.each([
  ["s3:DeleteObject", "hot/chunks/a"],
  ["s3:*", "hot/*"],
  ["s3:Get*", "hot/chu*"],
])("fails when %s of %s is given to captures", (action, resource) => {
  const planted = synthesize({
    plant: ({ lastgood }) => {
      const arn = lastgood.vault.hot.arnForObjects(resource.replace("hot/", ""));
      lastgood.capture.worker.role.addToPolicy(new PolicyStatement({ actions: [action], resources: [arn] }));
    },
  });
  const worker = called("capture-worker", principalsOf(planted));
  const chunk = "hot/chunks/a";
  expect(may(worker, "s3:DeleteObject", chunk) || may(worker, "s3:GetObject", chunk)).toBe(true);
});

test("nobody in the stack deletes backups, keys or evidence, or gives himself rights", () => {
  for (const principal of principals)
    expect(
      destructions.filter(([action, resource]) => may(principal, action, resource)),
      principal.name,
    ).toEqual([]);
});

test("only what proves and what restores can read chunks, and neither writes more than the lease of a restore", () => {
  const readers = principals.filter((one) => may(one, "s3:GetObject", "hot/chunks/personal/0a/0a1b.c2d3"));
  expect(readers.map(({ name }) => name)).toEqual(["point-reader", "restore-operator"]);
  for (const reader of readers)
    for (const name of ["hot/points/x", "hot/chunks/x", "hot/vault.json", "keys/x", "archive/x", "evidence/x"])
      expect(may(reader, "s3:PutObject", name), name).toBe(false);
});

test("only captures reach a database", () => {
  const reaching = ["rds-db:connect", "secretsmanager:GetSecretValue"].flatMap((action) =>
    principals.filter(({ statements }) => statements.some(({ actions }) => actions.includes(action))),
  );
  expect([...new Set(reaching.map(({ name }) => name))]).toEqual(["capture-worker"]);
});

test("no statement allows an action by a wildcard", () => {
  const wild = principals.flatMap(({ name, statements }) =>
    statements.flatMap(({ effect, actions }) =>
      effect === "Allow" ? actions.filter((action) => action.includes("*")).map((action) => `${name}: ${action}`) : [],
    ),
  );
  expect(principals.length).toBeGreaterThan(6);
  expect(wild).toEqual([]);
});

test("every bucket refuses to be read or written without TLS, and refuses to replace an object", () => {
  const policies = resourcePoliciesOf(synthesis);
  for (const bucket of BUCKETS) {
    const refusals = (policies.get(bucket) ?? []).filter(({ effect }) => effect === "Deny");
    const insecure = refusals.find(({ conditions }) => conditions["Bool"]?.["aws:SecureTransport"] === "false");
    expect(insecure, bucket).toMatchObject({
      actions: ["s3:*"],
      resources: [bucket, `${bucket}/*`],
      principals: ["*"],
    });
    if (bucket === "access logs") continue;
    const replacing = refusals.find(({ conditions }) => conditions["Null"]?.["s3:if-none-match"] === "true");
    expect(replacing, bucket).toMatchObject({
      actions: ["s3:PutObject"],
      resources: [`${bucket}/*`],
      principals: ["*"],
    });
  }
});

test("no bucket lets anybody in by its own policy, but S3 deliver access logs", () => {
  for (const bucket of BUCKETS)
    for (const statement of resourcePoliciesOf(synthesis).get(bucket) ?? []) {
      if (statement.effect === "Deny") continue;
      expect(bucket).toBe("access logs");
      expect(statement).toMatchObject({ actions: ["s3:PutObject"], principals: ["logging.s3.amazonaws.com"] });
    }
});

test.each(["archive", "evidence"])("locks of %s are capped, never compliance, and never lifted early", (bucket) => {
  const refused = (resourcePoliciesOf(synthesis).get(bucket) ?? []).filter(({ effect }) => effect === "Deny");
  const by = (action: string) => refused.filter(({ actions }) => actions.includes(action)).map((one) => one.conditions);
  for (const action of ["s3:PutObject", "s3:PutObjectRetention"])
    expect(by(action)).toEqual(
      expect.arrayContaining([
        { NumericGreaterThan: { "s3:object-lock-remaining-retention-days": "3660" } },
        { StringEquals: { "s3:object-lock-mode": "COMPLIANCE" } },
      ]),
    );
  expect(by("s3:BypassGovernanceRetention")).toContainEqual({});
  expect(by("s3:PutObjectLegalHold")).toContainEqual({});
});

test("those who administer keys cannot use them, and those who use them cannot administer", () => {
  const uses = [
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:Sign",
    "kms:CreateGrant",
  ];
  for (const key of ["key wrapping", "key signing"]) {
    const allowed = (resourcePoliciesOf(synthesis).get(key) ?? []).filter(({ effect }) => effect === "Allow");
    const [administration, ...use] = allowed;
    expect(administration).toMatchObject({ principals: ["iam:root"] });
    expect(administration?.actions).toContain("kms:PutKeyPolicy");
    expect(administration?.actions.filter((action) => uses.includes(action) || action.includes("*"))).toEqual([]);
    expect(use.length).toBeGreaterThan(0);
    for (const one of use) {
      expect(one.principals).not.toContain("iam:root");
      for (const action of one.actions) expect([...uses, "kms:GetPublicKey"]).toContain(action);
    }
  }
});

test("data keys are wrapped and unwrapped in a context of Lastgood's only", () => {
  const allowed = (resourcePoliciesOf(synthesis).get("key wrapping") ?? []).filter(
    ({ effect, actions }) => effect === "Allow" && actions.some((a) => /Decrypt|GenerateDataKey/.test(a)),
  );
  expect(allowed.flatMap((one) => one.principals)).toEqual([
    "capture-worker",
    "point-reader",
    "iam:role/restore-operator",
  ]);
  for (const { conditions } of allowed)
    expect(conditions).toEqual({
      StringEquals: { "kms:EncryptionContext:purpose": ["naming", "part"] },
      Null: { "kms:EncryptionContext:vault": "false", "kms:EncryptionContext:class": "false" },
    });
});

test("instance snapshots are made under our names and with our tags only", () => {
  const release = called("release-snapshot");
  expect(may(release, "rds:CreateDBSnapshot", "rds:db:shop")).toBe(true);
  expect(may(release, "rds:CreateDBSnapshot", "rds:db:other")).toBe(false);
  expect(may(release, "rds:CreateDBSnapshot", "rds:snapshot:other")).toBe(false);
  expect(may(release, "rds:CreateDBClusterSnapshot", "rds:cluster:billing")).toBe(true);
  expect(may(release, "rds:CreateDBClusterSnapshot", "rds:cluster:shop")).toBe(false);
  const tagging = release.statements.filter(({ actions }) => actions.includes("rds:AddTagsToResource"));
  expect(tagging).toHaveLength(2);
  for (const { conditions, resources } of tagging) {
    expect(resources.join()).toMatch(/^rds:(cluster-)?snapshot:lastgood-\*$/);
    expect(conditions["ForAllValues:StringLike"]).toEqual({ "aws:TagKeys": "lastgood:*" });
  }
});
