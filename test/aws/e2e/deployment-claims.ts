import { statSync } from "node:fs";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetAliasCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { VERBS } from "../../../lib/cdk/bundle.ts";
import { STACK_ENV } from "../../../lib/model/stack.ts";
import { resourcesOf } from "../../cdk/synthesis.ts";
import type { World } from "./world.ts";

const BUNDLE_BYTES_MAX = 700_000;
/** That a stack stands in the emulator as its template says: for a test file that has deployed one. */
export function deploymentClaims(world: () => World): void {
  const access = () => {
    const { endpoint, region, credentials } = world().emulator;
    return { endpoint, region, credentials };
  };

  test("the emulator takes the template as it is, and passes over nothing but this", () => {
    // A line of its own, so that test/run.ts finds it among the dots and says it.
    process.stdout.write(`\nnote: the emulator passed over ${world().stack.ignored.join(", ")}\n`);
    // Each is proven on the template, in test/cdk. Bucket policies the emulator knows, but it would take their refusals of
    // requests without TLS for refusals of all requests.
    expect(world().stack.ignored).toEqual([
      "1 AWS::EC2::SecurityGroupEgress",
      "1 AWS::SNS::Subscription",
      "1 AWS::SNS::TopicPolicy",
      "1 AWS::SQS::QueuePolicy",
      "1 AWS::Scheduler::Schedule",
      "15 AWS::CloudWatch::Alarm",
      "5 AWS::S3::BucketPolicy",
      "DeadLetterConfig of AWS::Lambda::Function",
      "DurableConfig of AWS::Lambda::Function",
      "LoggingConfig of AWS::Lambda::Function",
    ]);
  });

  test("every bucket is there with the versions, the lock and the closed door of the template", async () => {
    const s3 = new S3Client(access());
    const buckets = resourcesOf(world().stack.template, "AWS::S3::Bucket");
    expect(buckets).toHaveLength(5);
    const locked = [];
    for (const [id, { Properties }] of buckets) {
      const Bucket = world().stack.resources.get(id);
      const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
      expect({ Status }).toEqual(Properties["VersioningConfiguration"] ?? { Status: undefined });
      const asked = s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
      const lock = await asked.catch((error: Error) => error.name);
      if (Properties["ObjectLockEnabled"] === true) {
        expect(lock).toMatchObject({ ObjectLockConfiguration: Properties["ObjectLockConfiguration"] });
        locked.push(id.replace(/[0-9A-F]{8}$/, ""));
      } else expect(lock).toBe("ObjectLockConfigurationNotFoundError");
      const { PublicAccessBlockConfiguration: door } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      expect(door).toEqual(Properties["PublicAccessBlockConfiguration"]);
      expect(Object.values(door ?? {})).toEqual([true, true, true, true]);
    }
    expect(locked.toSorted()).toEqual(["LastgoodVaultArchive", "LastgoodVaultEvidence"]);
  });

  test("the keys are there: one that wraps, one that signs", async () => {
    const kms = new KMSClient(access());
    const specOf = async (KeyId: string) => {
      const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId }));
      return [key?.KeySpec, key?.KeyUsage, key?.KeyState];
    };
    expect(await specOf(world().stack.outputs.wrappingKey)).toEqual([
      "SYMMETRIC_DEFAULT",
      "ENCRYPT_DECRYPT",
      "Enabled",
    ]);
    expect(await specOf(world().stack.outputs.signingKey)).toEqual(["ECC_NIST_P256", "SIGN_VERIFY", "Enabled"]);
  });

  test("what the stack tells its owner, it tells its functions", () => {
    const { outputs, functions } = world().stack;
    const same = ["hotBucket", "keysBucket", "evidenceBucket", "wrappingKey", "signingKey", "databases"] as const;
    for (const key of same) {
      const told = Object.values(functions).flatMap(({ environment }) => environment[STACK_ENV[key]] ?? []);
      expect(told.length, key).toBeGreaterThan(0);
      expect(new Set(told), key).toEqual(new Set([outputs[key]]));
    }
    for (const { environment } of Object.values(functions))
      expect(environment[STACK_ENV.stack]).toBe(world().stack.name);
  });

  test("the aliases and the workers of the workflows are versions of functions that are there", async () => {
    const { outputs, functions } = world().stack;
    const lambda = new LambdaClient(access());
    for (const [arn, verb] of [
      [outputs.releaseFunction, "release-snapshot"],
      [outputs.hotCopyWorkflow, "hot-copy"],
    ] as const) {
      expect(arn).toBe(`${functions[verb].arn}:live`);
      const live = await lambda.send(new GetAliasCommand({ FunctionName: functions[verb].arn, Name: "live" }));
      expect(live.FunctionVersion).toBe("1");
    }
    const workers = JSON.parse(functions["hot-copy"].environment[STACK_ENV.workers] ?? "") as object;
    const [worker, reader] = [`${functions["capture-worker"].arn}:1`, `${functions["point-reader"].arn}:1`];
    expect(workers).toEqual({ hold: worker, copy: worker, read: reader });
  });

  test.each(VERBS)("the code of %s is its own bundle, under 700 kB", (verb) => {
    expect(statSync(world().stack.functions[verb].file).size).toBeLessThan(BUNDLE_BYTES_MAX);
    const files = Object.values(world().stack.functions).map(({ file }) => file);
    expect(new Set(files).size).toBe(VERBS.length);
  });
}
