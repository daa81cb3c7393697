import { inspect } from "node:util";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { databaseSecret } from "../../lib/aws/secrets.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { type Answer, scriptedJson } from "./scripted-json.ts";

const ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1234";
const MINUTES = 60_000;

const holding = (password: string, username = "reader"): Answer => ({
  body: { ARN, SecretString: JSON.stringify({ username, password, engine: "postgres", port: 5432 }) },
});

const scripted = async (...answers: readonly [Answer, ...Answer[]]) => {
  const { requests, access } = await scriptedJson(...answers);
  const clock = manualClock();
  const client = new SecretsManagerClient({ ...access, ...SHORT_CALLS, maxAttempts: 1 });
  return { requests, clock, secret: databaseSecret(client, ARN, clock) };
};

test("a secret is read once in five minutes, however many connections ask for it", async () => {
  const { requests, clock, secret } = await scripted(holding("one"), holding("two"));
  const all = await Promise.all(Array.from({ length: 8 }, () => secret.read()));
  expect(new Set(all.map(({ user, password }) => `${user}:${password}`))).toEqual(new Set(["reader:one"]));
  await clock.advance(5 * MINUTES - 1);
  expect(await secret.read()).toEqual({ user: "reader", password: "one" });
  expect(requests).toEqual([{ target: "secretsmanager.GetSecretValue", body: { SecretId: ARN } }]);
  await clock.advance(1);
  expect(await secret.read()).toEqual({ user: "reader", password: "two" });
});

test("a refused password is looked up anew, and is given again only if it is another one", async () => {
  const { requests, secret } = await scripted(holding("one"), holding("two"));
  const refused = await secret.read();
  expect(await secret.readInstead(refused)).toEqual({ user: "reader", password: "two" });
  expect(requests).toHaveLength(2);
  // The next connection that was refused with the old one needs no further look.
  expect(await secret.readInstead(refused)).toEqual({ user: "reader", password: "two" });
  expect(requests).toHaveLength(2);
  expect(await secret.readInstead({ user: "reader", password: "two" })).toBeUndefined();
  expect(requests).toHaveLength(3);
});

test("a rotation that changes the user changes both", async () => {
  const { secret } = await scripted(holding("same"), holding("same", "reader_clone"));
  const refused = await secret.read();
  expect(await secret.readInstead(refused)).toEqual({ user: "reader_clone", password: "same" });
});

test("a failure is not kept", async () => {
  const { secret } = await scripted({ status: 500, type: "InternalServiceError" }, holding("one"));
  await expect(secret.read()).rejects.toMatchObject({ code: "CLOUD_UNREACHABLE" });
  expect(await secret.read()).toEqual({ user: "reader", password: "one" });
});

test.each([
  ["ResourceNotFoundException", "DATABASE_AUTH", "there is no such secret"],
  ["InvalidRequestException", "DATABASE_AUTH", "to be deleted"],
  ["DecryptionFailure", "CLOUD_FORBIDDEN", "KMS key"],
  ["AccessDeniedException", "CLOUD_FORBIDDEN", "AccessDeniedException"],
  ["ThrottlingException", "CLOUD_THROTTLED", "ThrottlingException"],
])("fails on %s as %s, naming the right and the secret", async (type, code, why) => {
  const { secret } = await scripted({ status: 400, type, message: "no" });
  await expect(secret.read()).rejects.toMatchObject({
    code,
    message: expect.stringMatching(
      new RegExp(`^could not read the database's secret by secretsmanager:GetSecretValue of ${ARN}: .*${why}`),
    ) as string,
  });
});

test.each([
  ["no JSON", "hunter2"],
  ["no object", '"hunter2"'],
  ["null", "null"],
  ["no password", '{"username":"hunter2"}'],
  ["a password that is no text", '{"username":"reader","password":["hunter2"]}'],
  ["an empty user", '{"username":"","password":"hunter2"}'],
])("fails with DATABASE_AUTH for a secret with %s, and quotes nothing of it", async (_, SecretString) => {
  const { secret } = await scripted({ body: { ARN, SecretString } });
  const failure: unknown = await secret.read().catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "DATABASE_AUTH" });
  expect(inspect(failure, { depth: 9 })).not.toContain("hunter2");
});

test("fails with DATABASE_AUTH for a secret of bytes instead of text", async () => {
  const { secret } = await scripted({ body: { ARN, SecretBinary: "aHVudGVyMg==" } });
  await expect(secret.read()).rejects.toMatchObject({ code: "DATABASE_AUTH" });
});
