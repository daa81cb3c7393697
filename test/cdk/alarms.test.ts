import { expect, test } from "vitest";
import { type CfnResource, exampleFile, resourcesOf, synthesize } from "./synthesis.ts";

const { template } = synthesize();
const alarms = resourcesOf(template, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);

test("a hot copy that never ran is an alarm: missing data breaches", () => {
  const copies = alarms.filter(({ MetricName }) => MetricName === "HotCopies");
  expect(copies).toHaveLength(2);
  for (const [i, name] of ["shop", "billing"].entries())
    expect(copies[i]).toMatchObject({
      Namespace: "Lastgood",
      Dimensions: [
        { Name: "database", Value: name },
        { Name: "service", Value: "lastgood-shop" },
      ],
      Statistic: "Sum",
      Period: 3600,
      EvaluationPeriods: 26,
      DatapointsToAlarm: 26,
      Threshold: 1,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    });
});

test("only alarms on what must not happen take missing data for none", () => {
  for (const alarm of alarms) {
    const onSuccess = alarm["ComparisonOperator"] === "LessThanThreshold";
    expect(alarm["TreatMissingData"], String(alarm["AlarmDescription"])).toBe(onSuccess ? "breaching" : "notBreaching");
  }
});

test("errors of every function, failed workflows and dead letters are alarms", () => {
  const metrics = alarms.map(({ MetricName }) => MetricName as string);
  expect(metrics.filter((name) => name === "Errors")).toHaveLength(5);
  for (const name of ["Failed", "TimedOut", "Stopped", "Operations"])
    expect(metrics.filter((metric) => metric === `DurableExecution${name}`)).toHaveLength(2);
  expect(metrics).toContain("ApproximateNumberOfMessagesVisible");
});

test("every alarm tells somebody when it begins and when it is over", () => {
  expect(alarms.length).toBeGreaterThan(10);
  for (const alarm of alarms) {
    expect(alarm["AlarmActions"]).toHaveLength(1);
    expect(alarm["OKActions"]).toEqual(alarm["AlarmActions"]);
  }
  const mails = resourcesOf(template, "AWS::SNS::Subscription").map(([, { Properties }]) => Properties["Endpoint"]);
  expect(mails).toEqual(["oncall@example.com"]);
});

test("alarms may publish to the topic, whose own policy has replaced the one by which they could", () => {
  const [[, policy]] = resourcesOf(template, "AWS::SNS::TopicPolicy") as [[string, CfnResource]];
  expect(policy.Properties["PolicyDocument"]).toMatchObject({
    Statement: expect.arrayContaining([
      expect.objectContaining({
        Effect: "Allow",
        Action: "sns:Publish",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } },
      }),
      expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    ]) as unknown,
  });
});

test("the age that is an alarm can be chosen", () => {
  const { template: chosen } = synthesize({ file: exampleFile({ hotCopyHoursMax: 50 }) });
  const periods = resourcesOf(chosen, "AWS::CloudWatch::Alarm")
    .filter(([, { Properties }]) => Properties["MetricName"] === "HotCopies")
    .map(([, { Properties }]) => Properties["EvaluationPeriods"]);
  expect(periods).toEqual([50, 50]);
});
