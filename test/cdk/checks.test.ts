import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Annotations, type App, type Stack } from "aws-cdk-lib/core";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { expect, test } from "vitest";
import cdk from "../../cdk.json" with { type: "json" };
import { synthesize } from "./synthesis.ts";

const plugins = (app: App) => [new AwsSolutionsChecks(app), new ServerlessChecks(app)];

/** What constructs themselves remark, from information to errors. */
const notesOn = (stack: Stack): readonly unknown[] =>
  stack.node
    .findAll()
    .flatMap((construct) => construct.node.metadata)
    .filter(({ type }) => /^aws:cdk:(info|warning|error)$/.test(type))
    .map(({ data }) => data as unknown);

test("neither cdk-nag nor the CDK's own validation finds anything that is not accepted, warnings included", () => {
  const { findings, stack } = synthesize({ plugins });
  expect(findings).toEqual([]);
  expect(notesOn(stack)).toEqual([]);
});

test("fails on a planted finding of each check, errors and warnings alike", () => {
  const { findings, stack } = synthesize({
    plugins,
    plant: (stack) => {
      new s3.CfnBucket(stack, "OpenBucket");
      Annotations.of(stack).addInfo("planted");
      new lambda.CfnFunction(stack, "SmallFunction", {
        role: "arn:aws:iam::111122223333:role/some",
        code: { s3Bucket: "code", s3Key: "some.zip" },
        runtime: "nodejs99.x",
        memorySize: 1,
      });
    },
  });
  const rules = findings.filter(({ path }) => /OpenBucket|SmallFunction/.test(path)).map(({ rule }) => rule);
  expect(rules).toEqual(expect.arrayContaining(["AwsSolutions-S1", "Serverless-LambdaTracing"]));
  expect(rules).toEqual(expect.arrayContaining(["F3034", "W3030"]));
  expect(notesOn(stack)).toEqual(["planted"]);
});

test("every accepted finding says why, in a sentence", () => {
  const { stack } = synthesize();
  const accepted = stack.node
    .findAll()
    .flatMap((construct) => construct.node.metadata)
    .filter(({ type }) => type === "aws:cdk:acknowledged-rules")
    .flatMap(({ data }) => Object.entries(data as Record<string, string>))
    // The CDK accepts one about its own buckets' policies.
    .filter(([rule]) => !rule.startsWith("CloudFormation-Validate::"));
  expect(accepted.length).toBeGreaterThan(20);
  for (const [rule, reason] of accepted) expect(reason.split(" ").length, rule).toBeGreaterThan(5);
});

test("the flags that the CDK recommends are set, all of them, as it recommends", () => {
  const path = "../../node_modules/aws-cdk-lib/recommended-feature-flags.json";
  const flags = JSON.parse(readFileSync(resolve(import.meta.dirname, path), "utf8")) as Record<string, unknown>;
  expect(Object.keys(flags).length).toBeGreaterThan(50);
  expect(cdk.context).toMatchObject(flags);
});
