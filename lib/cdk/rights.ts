import type * as s3 from "aws-cdk-lib/aws-s3";
import { ArnFormat, Stack } from "aws-cdk-lib/core";
import type { DatabaseProps } from "./database.ts";
import type { Keys } from "./keys.ts";
import type { Vault } from "./vault.ts";
import type { VerbFunction } from "./verb-function.ts";

/** What a capture reads of the hot store: points, parts and pages to build on, its own leases and tasks; never chunks. */
const CAPTURE_READS = ["vault.json", "points/*", "parts/*", "pages/*", "intents/*", "work/*"];

/** Reads databases, writes new objects, builds on the points before. Cannot read chunks, and cannot delete. */
export const allowCapture = (
  worker: VerbFunction,
  vault: Vault,
  keys: Keys,
  databases: readonly DatabaseProps[],
): void => {
  read(worker, "ReadManifests", vault.hot, CAPTURE_READS);
  write(worker, "WriteHot", vault.hot);
  list(worker, "ListHot", vault.hot);
  read(worker, "ReadKeys", vault.keys);
  write(worker, "WriteKeys", vault.keys);
  list(worker, "ListKeys", vault.keys);
  keys.grantWrap(worker);
  for (const database of databases) allowLogin(worker, database);
};

/** Reads points back and decrypts them. Writes nothing: what it found, the workflow that called it signs. */
export const allowRead = (reader: VerbFunction, vault: Vault, keys: Keys): void => {
  read(reader, "ReadHot", vault.hot);
  list(reader, "ListHot", vault.hot);
  read(reader, "ReadKeys", vault.keys);
  list(reader, "ListKeys", vault.keys);
  keys.grantUnwrap(reader);
};

/** Takes instance snapshots of the protected databases and keeps signed receipts. Sees no row, no key and no chunk. */
export const allowRelease = (
  workflow: VerbFunction,
  vault: Vault,
  keys: Keys,
  databases: readonly DatabaseProps[],
): void => {
  allowSnapshots(workflow, databases);
  read(workflow, "ReadEvidence", vault.evidence);
  write(workflow, "WriteEvidence", vault.evidence);
  list(workflow, "ListEvidence", vault.evidence);
  keys.grantSign(workflow);
};

/** Calls other functions of the stack. */
export const allowCalls = (caller: VerbFunction, callees: readonly VerbFunction[]): void =>
  caller.allow(
    "Call",
    { actions: ["lambda:InvokeFunction"], resources: callees.map((callee) => callee.anyVersionArn) },
    "a workflow that began before a deployment ends in the versions it began with",
  );

const OWN_OBJECTS = "objects are named as they are made; the bucket is this vault's alone";

const read = (who: VerbFunction, sid: string, bucket: s3.IBucket, names: readonly string[] = ["*"]): void => {
  const resources = names.map((name) => bucket.arnForObjects(name));
  who.allow(sid, { actions: ["s3:GetObject"], resources }, OWN_OBJECTS);
};

const write = (who: VerbFunction, sid: string, bucket: s3.IBucket): void =>
  who.allow(sid, { actions: ["s3:PutObject"], resources: [bucket.arnForObjects("*")] }, OWN_OBJECTS);

// Of the whole bucket: S3 answers 403, not 404, for an object that is absent when the caller may not list, and a condition
// on s3:prefix is never met by a GET. Names of objects tell nothing (lib/engine/FORMAT.md, section 12).
const list = (who: VerbFunction, sid: string, bucket: s3.IBucket): void =>
  who.allow(sid, { actions: ["s3:ListBucket"], resources: [bucket.bucketArn] });

const allowLogin = (worker: VerbFunction, { name, user, login }: DatabaseProps): void => {
  const sid = `Login${sidPart(name)}`;
  if (login.by === "iam") {
    const account = arn(worker, "rds-db", "dbuser", `${login.resourceId}/${user}`);
    worker.allow(sid, { actions: ["rds-db:connect"], resources: [account] });
    return;
  }
  worker.allow(sid, { actions: ["secretsmanager:GetSecretValue"], resources: [login.secretArn] });
  if (login.keyArn === undefined) return;
  const { region, urlSuffix } = Stack.of(worker);
  worker.allow(`${sid}Key`, {
    actions: ["kms:Decrypt"],
    resources: [login.keyArn],
    conditions: { StringEquals: { "kms:ViaService": `secretsmanager.${region}.${urlSuffix}` } },
  });
};

const SNAPSHOTS = {
  instance: { action: "DBSnapshot", source: "db", snapshot: "snapshot" },
  cluster: { action: "DBClusterSnapshot", source: "cluster", snapshot: "cluster-snapshot" },
} as const;

/** Ours begin with `lastgood-` and are tagged as they are made; no others are tagged, and none is deleted. */
const allowSnapshots = (workflow: VerbFunction, databases: readonly DatabaseProps[]): void => {
  for (const kind of ["instance", "cluster"] as const) {
    const ids = new Set(databases.flatMap(({ instance }) => (instance.kind === kind ? [instance.id] : [])));
    if (ids.size === 0) continue;
    const { action, source, snapshot } = SNAPSHOTS[kind];
    const ours = arn(workflow, "rds", snapshot, "lastgood-*");
    const resources = [...[...ids].map((id) => arn(workflow, "rds", source, id)), ours];
    workflow.allow(
      `Snapshot${sidPart(source)}`,
      { actions: [`rds:Create${action}`, `rds:Describe${action}s`], resources },
      OURS,
    );
    const conditions = {
      Null: { "aws:RequestTag/lastgood:release": "false", "aws:RequestTag/lastgood:commit": "false" },
      "ForAllValues:StringLike": { "aws:TagKeys": "lastgood:*" },
    };
    workflow.allow(
      `Tag${sidPart(source)}`,
      { actions: ["rds:AddTagsToResource"], resources: [ours], conditions },
      OURS,
    );
  }
};

const OURS = "the name of a snapshot is made from its release; all of them begin with lastgood-";

const arn = (who: VerbFunction, service: string, resource: string, resourceName: string): string =>
  Stack.of(who).formatArn({ service, resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });

const sidPart = (name: string): string =>
  name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
