import { expect, test } from "vitest";
import { type ProtectedDatabase, STACK_ENV, STACK_OUTPUTS } from "../../lib/model/stack.ts";
import { type CfnResource, exampleFile, resourcesOf, type Synthesis, synthesize } from "./synthesis.ts";

const synthesis = synthesize();
const { template, stack } = synthesis;
const { capture } = stack.lastgood;
const DURABLE = [capture.releaseSnapshot, capture.hotCopy];

interface Shape {
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}

const propertiesOf = (one: { readonly function: { readonly functionArn: string } }, from: Synthesis = synthesis) => {
  const {
    "Fn::GetAtt": [id],
  } = from.stack.resolve(one.function.functionArn) as { "Fn::GetAtt": [string] };
  return (from.template.Resources[id] as CfnResource).Properties as Shape & Record<string, unknown>;
};
const variablesOf = (one: Parameters<typeof propertiesOf>[0], from?: Synthesis) =>
  propertiesOf(one, from).Environment.Variables;

test("every function runs on arm64 under nodejs24.x, with a role, a log and a name of its own", () => {
  const functions = resourcesOf(template, "AWS::Lambda::Function").map(([, { Properties }]) => Properties);
  expect(functions).toHaveLength(5);
  for (const one of functions) {
    expect(one).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Handler: "index.handler" });
    // A fixed name would have to be freed before a durable function is replaced, and that waits for its executions.
    expect(one).not.toHaveProperty("FunctionName");
  }
  for (const property of ["Role", "LoggingConfig"])
    expect(new Set(functions.map((one) => JSON.stringify(one[property]))).size, property).toBe(5);
});

test("logs end, after thirteen months unless said otherwise", () => {
  const retentions = resourcesOf(template, "AWS::Logs::LogGroup").map(
    ([, { Properties }]) => Properties["RetentionInDays"],
  );
  expect(retentions).toEqual([400, 400, 400, 400, 400]);
});

test("every version is kept, so that a sleeping workflow wakes up in the code it began in", () => {
  const versions = resourcesOf(template, "AWS::Lambda::Version");
  expect(versions).toHaveLength(5);
  for (const [id, version] of versions) expect(version.DeletionPolicy, id).toBe("Retain");
});

test("workflows are durable, have an end, a history and a queue for what failed", () => {
  for (const one of DURABLE) {
    const { DurableConfig: durable, DeadLetterConfig: dead } = propertiesOf(one) as Record<string, unknown>;
    expect(durable).toEqual({
      ExecutionTimeout: one === capture.releaseSnapshot ? 12 * 3600 : 20 * 3600,
      RetentionPeriodInDays: 30,
    });
    expect(dead).toHaveProperty("TargetArn");
  }
  for (const one of [capture.worker, capture.reader, capture.hotCopyStarter])
    expect(propertiesOf(one)).not.toHaveProperty("DurableConfig");
});

test("workflows call workers in the versions of their own deployment", () => {
  for (const one of DURABLE) {
    const text = JSON.stringify(variablesOf(one)[STACK_ENV.workers]);
    const versions = resourcesOf(template, "AWS::Lambda::Version").map(([id]) => id);
    const named = versions.filter((id) => text.includes(`"${id}"`));
    expect(named).toHaveLength(2);
    for (const kind of ["hold", "copy", "read"]) expect(text).toContain(`\\"${kind}\\":`);
  }
});

test("another worker makes other versions of the workflows that call it", () => {
  const versions = ({ template: of }: Synthesis) =>
    resourcesOf(of, "AWS::Lambda::Version")
      .map(([id]) => id)
      .filter((id) => /Capture(ReleaseSnapshot|HotCopy)Function/.test(id));
  const other = synthesize({
    plant: ({ lastgood }) => lastgood.capture.worker.function.addEnvironment("PLANTED", "yes"),
  });
  expect(versions(synthesis)).toHaveLength(2);
  for (const id of versions(other)) expect(versions(synthesis)).not.toContain(id);
});

test("every function is told what it needs to know, and no more", () => {
  const told = (one: Parameters<typeof variablesOf>[0]) =>
    Object.keys(variablesOf(one))
      .map((name) => Object.entries(STACK_ENV).find(([, variable]) => variable === name)?.[0] ?? name)
      .toSorted();
  expect(told(capture.worker)).toEqual(["databaseCa", "databases", "hotBucket", "keysBucket", "stack", "wrappingKey"]);
  expect(told(capture.reader)).toEqual(["hotBucket", "keysBucket", "stack", "wrappingKey"]);
  expect(told(capture.hotCopy)).toEqual(["databases", "lanes", "stack", "workers"]);
  expect(told(capture.hotCopyStarter)).toEqual(["databases", "hotCopyWorkflow", "stack"]);
  expect(told(capture.releaseSnapshot)).toEqual([
    "databases",
    "evidenceBucket",
    "lanes",
    "signingKey",
    "stack",
    "workers",
  ]);
  expect(JSON.stringify(variablesOf(capture.hotCopyStarter)[STACK_ENV.hotCopyWorkflow])).toContain("HotCopyLive");
});

test("functions are told of the databases where they are and how to log in, and no secret", () => {
  const databases = JSON.parse(String(variablesOf(capture.worker)[STACK_ENV.databases])) as ProtectedDatabase[];
  expect(databases).toEqual([
    {
      name: "shop",
      host: "shop.c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com",
      port: 5432,
      database: "shop",
      user: "lastgood",
      login: { by: "iam" },
      instance: { kind: "instance", id: "shop" },
    },
    expect.objectContaining({
      name: "billing",
      login: {
        by: "secret",
        secretArn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:billing/lastgood-AbCdEf",
      },
      instance: { kind: "cluster", id: "billing" },
    }),
  ]);
});

test("the command line finds the stack by its outputs", () => {
  expect(Object.keys(template.Outputs).toSorted()).toEqual(Object.values(STACK_OUTPUTS).toSorted());
});

test("only workers are in the network, where nothing comes in and no more goes out than must", () => {
  const inside = capture.functions.filter((one) => "VpcConfig" in propertiesOf(one));
  expect(inside).toEqual([capture.worker]);
  const [group, ...others] = resourcesOf(template, "AWS::EC2::SecurityGroup").filter(([id]) =>
    id.includes("NetworkWorkers"),
  );
  expect(others).toEqual([]);
  expect(group?.[1].Properties).not.toHaveProperty("SecurityGroupIngress");
  expect(group?.[1].Properties["SecurityGroupEgress"]).toEqual([
    { CidrIp: "0.0.0.0/0", Description: "S3, KMS and Secrets Manager", FromPort: 443, ToPort: 443, IpProtocol: "tcp" },
  ]);
  const letIn = resourcesOf(template, "AWS::EC2::SecurityGroupIngress").map(([, { Properties }]) => Properties);
  expect(letIn.map((rule) => [rule["GroupId"], rule["FromPort"], rule["ToPort"]])).toEqual([
    ["sg-0a1b2c3d4e5f60711", 5432, 5432],
    ["sg-0a1b2c3d4e5f60712", 5432, 5432],
  ]);
});

test("databases that share a security group and a port let the workers in by one rule", () => {
  const databases = exampleFile().databases.map((one) => ({ ...one, securityGroup: "sg-0a1b2c3d4e5f60711" }));
  const { template: of } = synthesize({ file: exampleFile({ databases }) });
  for (const type of ["AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"])
    expect(resourcesOf(of, type), type).toHaveLength(1);
});

test("without a group of its database a worker may go to that port anywhere, once", () => {
  const databases = exampleFile().databases.map(({ securityGroup: _, ...one }) => one);
  const { template: of } = synthesize({ file: exampleFile({ databases }) });
  const [group] = resourcesOf(of, "AWS::EC2::SecurityGroup").filter(([id]) => id.includes("NetworkWorkers"));
  const ports = group?.[1].Properties["SecurityGroupEgress"] as { readonly FromPort: number }[];
  expect(ports.map(({ FromPort }) => FromPort)).toEqual([443, 5432]);
});

test.each([
  [undefined, ["kms", "s3", "secretsmanager"]],
  [["s3" as const], ["s3"]],
  [[], []],
])("with endpoints %s the ways to AWS that are made are %s", (endpoints, made) => {
  const { template: of } = synthesize({ file: exampleFile(endpoints === undefined ? {} : { endpoints }) });
  const services = resourcesOf(of, "AWS::EC2::VPCEndpoint").map(([, { Properties }]) =>
    JSON.stringify(Properties["ServiceName"]).replaceAll(/.*\.|"|[\]}]/g, ""),
  );
  expect(services.toSorted()).toEqual(made);
});

test("concurrency is reserved only when asked for: lanes and the holder", () => {
  expect(propertiesOf(capture.worker)).not.toHaveProperty("ReservedConcurrentExecutions");
  const asked = synthesize({ file: exampleFile({ reserveConcurrency: true, lanes: 8 }) });
  expect(propertiesOf(asked.stack.lastgood.capture.worker, asked)).toHaveProperty("ReservedConcurrentExecutions", 9);
  expect(variablesOf(asked.stack.lastgood.capture.hotCopy, asked)[STACK_ENV.lanes]).toBe("8");
});

test("each database is copied daily at its hour in the business's time zone, and a late start says for when", () => {
  const schedules = resourcesOf(template, "AWS::Scheduler::Schedule").map(([, { Properties }]) => Properties);
  expect(
    schedules.map((one) => [one["ScheduleExpression"], one["ScheduleExpressionTimezone"], one["FlexibleTimeWindow"]]),
  ).toEqual([
    ["cron(30 02 * * ? *)", "Europe/Berlin", { Mode: "OFF" }],
    ["cron(00 03 * * ? *)", "Europe/Berlin", { Mode: "OFF" }],
  ]);
  for (const [i, name] of ["shop", "billing"].entries()) {
    const { Input: input, DeadLetterConfig: dead } = (schedules[i] ?? {})["Target"] as Record<string, unknown>;
    expect(JSON.parse(input as string)).toEqual({
      database: name,
      scheduledAt: "<aws.scheduler.scheduled-time>",
      timeZone: "Europe/Berlin",
    });
    expect(dead).toHaveProperty("Arn");
  }
});
