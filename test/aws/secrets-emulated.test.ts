import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { databaseSecret } from "../../lib/aws/secrets.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { testEmulator } from "./emulator.ts";

const emulator = testEmulator();

const text = (password: string): string => JSON.stringify({ username: "reader", password, engine: "postgres" });

test("a secret of the service is read, and again after it was rotated; one that is deleted or not there is DATABASE_AUTH", async () => {
  const { endpoint, region, credentials } = emulator();
  const client = new SecretsManagerClient({ endpoint, region, credentials, ...SHORT_CALLS });
  const { ARN = "" } = await client.send(new CreateSecretCommand({ Name: "orders", SecretString: text("one") }));
  const secret = databaseSecret(client, ARN, manualClock());
  const first = await secret.read();
  expect(first).toEqual({ user: "reader", password: "one" });
  expect(await secret.readInstead(first)).toBeUndefined();
  await client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: text("two") }));
  expect(await secret.readInstead(first)).toEqual({ user: "reader", password: "two" });
  await client.send(new DeleteSecretCommand({ SecretId: ARN }));
  for (const arn of [ARN, ARN.replace("orders", "nothing")])
    await expect(databaseSecret(client, arn, manualClock()).read()).rejects.toMatchObject({ code: "DATABASE_AUTH" });
});
