import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, expect, test } from "vitest";
import { durableStarter } from "../../lib/aws/durable-starter.ts";

const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hot-copy:live";
const DAY = { database: "shop", day: "2026-11-20" };

const lambda = mockClient(LambdaClient);
const starter = () => durableStarter(new LambdaClient({ region: "eu-central-1" }), ARN);
const refuse = (name: string, status: number) =>
  Object.assign(new Error(name), { name, $fault: "client", $metadata: { httpStatusCode: status } });

beforeEach(() => {
  lambda.reset();
});

test("an act is started by its name and input, and nobody waits for its end", async () => {
  lambda.on(InvokeCommand).resolves({ StatusCode: 202, DurableExecutionArn: `${ARN}/durable-execution/x` });
  expect(await starter().start("hot-shop-2026-11-20", DAY)).toBe("accepted");
  const [call] = lambda.commandCalls(InvokeCommand);
  expect(call?.args[0].input).toMatchObject({
    FunctionName: ARN,
    InvocationType: "Event",
    DurableExecutionName: "hot-shop-2026-11-20",
  });
  expect(JSON.parse(Buffer.from(call?.args[0].input.Payload as Uint8Array).toString("utf8"))).toEqual(DAY);
});

test("an act that was started with another input before is known, which is no failure", async () => {
  lambda.on(InvokeCommand).rejects(refuse("DurableExecutionAlreadyStartedException", 409));
  expect(await starter().start("hot-shop-2026-11-20", DAY)).toBe("known");
});

test.each([
  ["AccessDeniedException", 403, "CLOUD_FORBIDDEN"],
  ["TooManyRequestsException", 429, "CLOUD_THROTTLED"],
  ["ServiceException", 500, "CLOUD_UNREACHABLE"],
  ["ResourceNotFoundException", 404, "STACK_INVALID"],
  ["InvalidParameterValueException", 400, "CLOUD_ERROR"],
])("fails on %s (%i) with %s", async (name, status, code) => {
  lambda.on(InvokeCommand).rejects(refuse(name, status));
  await expect(starter().start("hot-shop-2026-11-20", DAY)).rejects.toMatchObject({ code });
});

test.each(["", "a b", "a".repeat(65), "a/b"])("fails on the name %j before Lambda is called", async (name) => {
  await expect(starter().start(name, DAY)).rejects.toThrow(TypeError);
  expect(lambda.calls()).toHaveLength(0);
});
