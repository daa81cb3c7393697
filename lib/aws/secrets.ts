import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Failure } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { DatabaseCredentials } from "../ports/database-login.ts";
import { cloudErrorName, cloudFailure } from "./cloud-failure.ts";

/** How long a secret is kept. Not longer: whoever takes a right away expects it to be gone. */
const KEPT_MS_MAX = 5 * 60_000;

/** User and password in a secret of the shape that RDS writes, kept for some minutes. */
export interface DatabaseSecret {
  read(): Promise<DatabaseCredentials>;
  /** Others than the refused, if the secret holds others by now. */
  readInstead(refused: DatabaseCredentials): Promise<DatabaseCredentials | undefined>;
}

/**
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
 */
export function databaseSecret(client: SecretsManagerClient, secretArn: string, clock: Clock): DatabaseSecret {
  let kept: { readonly credentials: Promise<DatabaseCredentials>; readonly readAt: number } | undefined;
  const readNow = (): Promise<DatabaseCredentials> => {
    const credentials = readSecret(client, secretArn);
    const reading = { credentials, readAt: clock.now() };
    kept = reading;
    credentials.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return credentials;
  };
  // By the wall clock: a Lambda environment sleeps between two calls, and its other clock with it.
  const read = () => (kept !== undefined && clock.now() - kept.readAt < KEPT_MS_MAX ? kept.credentials : readNow());
  return {
    read,
    async readInstead(refused) {
      // Another connection may have read it anew meanwhile.
      const current = await read();
      if (!same(current, refused)) return current;
      const again = await readNow();
      return same(again, refused) ? undefined : again;
    },
  };
}

async function readSecret(client: SecretsManagerClient, secretArn: string): Promise<DatabaseCredentials> {
  const doing = `read the database's secret by secretsmanager:GetSecretValue of ${secretArn}`;
  const answer = await client.send(new GetSecretValueCommand({ SecretId: secretArn })).catch((error: unknown) => {
    throw secretFailure(error, doing);
  });
  const credentials = credentialsIn(answer.SecretString);
  if (credentials !== undefined) return credentials;
  throw new Failure("DATABASE_AUTH", `secret ${secretArn} is not JSON with the texts username and password`, {
    hint: "give the stack the secret that RDS made for the user, or one of the same shape",
  });
}

function secretFailure(error: unknown, doing: string): Failure {
  const failure = (code: "DATABASE_AUTH" | "CLOUD_FORBIDDEN", why: string, hint: string): Failure =>
    new Failure(code, `could not ${doing}: ${why}`, { cause: error, hint });
  switch (cloudErrorName(error)) {
    case "ResourceNotFoundException":
      return failure("DATABASE_AUTH", "there is no such secret", "check the secret's ARN and Region in the stack");
    case "InvalidRequestException":
      return failure("DATABASE_AUTH", "the secret is to be deleted, or empty", "restore the secret, then run again");
    case "DecryptionFailure":
      return failure("CLOUD_FORBIDDEN", "its KMS key cannot be used", "allow kms:Decrypt with the key of the secret");
    default:
      return cloudFailure(error, doing);
  }
}

/** Nothing of what is wrong with a secret is told: it would quote it. */
function credentialsIn(text = ""): DatabaseCredentials | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { username: user, password } = value as Record<string, unknown>;
  return typeof user === "string" && user !== "" && typeof password === "string" ? { user, password } : undefined;
}

const same = (one: DatabaseCredentials, two: DatabaseCredentials): boolean =>
  one.user === two.user && one.password === two.password;
