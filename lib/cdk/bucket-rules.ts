import * as iam from "aws-cdk-lib/aws-iam";
import type * as s3 from "aws-cdk-lib/aws-s3";
import { type Duration, RemovalPolicy } from "aws-cdk-lib/core";

/**
 * Refuses every write that could replace an object. In a bucket without versions a second PUT of a name destroys the first
 * object, so without this the right to write would be a right to delete.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
export const createOnly = (bucket: s3.Bucket): void =>
  refuse(bucket, "CreateOnly", {
    actions: ["s3:PutObject"],
    resources: [bucket.arnForObjects("*")],
    conditions: { Null: { "s3:if-none-match": "true" } },
  });

/**
 * Holds locks within limits: none longer than `max`, none that nobody can shorten (compliance), none without a date (legal
 * and event holds are kept as evidence instead), and none lifted early.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
 */
export const capRetention = (bucket: s3.Bucket, max: Duration): void => {
  const resources = [bucket.arnForObjects("*")];
  const writes = ["s3:PutObject", "s3:PutObjectRetention"];
  refuse(bucket, "LockAtMost", {
    actions: writes,
    resources,
    conditions: { NumericGreaterThan: { "s3:object-lock-remaining-retention-days": String(max.toDays()) } },
  });
  refuse(bucket, "NoComplianceLock", {
    actions: writes,
    resources,
    conditions: { StringEquals: { "s3:object-lock-mode": "COMPLIANCE" } },
  });
  refuse(bucket, "LockUntilItsDate", { actions: ["s3:BypassGovernanceRetention"], resources });
  refuse(bucket, "NoLegalHold", { actions: ["s3:PutObjectLegalHold"], resources });
};

/** The rules of a bucket stay as long as the bucket does. */
export const keepRules = (bucket: s3.Bucket): void =>
  bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);

const refuse = (
  bucket: s3.Bucket,
  sid: string,
  what: Pick<iam.PolicyStatementProps, "actions" | "resources" | "conditions">,
): void => {
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({ sid, effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], ...what }),
  );
};
