import { readFile } from "node:fs/promises";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Signer, type SignerConfig } from "@aws-sdk/rds-signer";
import { Failure } from "../model/errors.ts";
import { type ProtectedDatabase, STACK_ENV } from "../model/stack.ts";
import type { Clock } from "../ports/clock.ts";
import type { DatabaseCredentials, DatabaseLogin } from "../ports/database-login.ts";
import { cloudFailure } from "./cloud-failure.ts";
import { databaseSecret } from "./secrets.ts";

/**
 * Where Lambda's Node runtimes keep Amazon's roots, those of RDS among them; Node 20 and later do not load it by themselves.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
const LAMBDA_AUTHORITIES = "/var/runtime/ca-cert.pem";

export interface LoginMeans {
  /** PEM, of readAuthorities. */
  readonly authorities: string;
  readonly secrets: SecretsManagerClient;
  readonly clock: Clock;
  /** For IAM tokens; by default the Region and the role of the process. */
  readonly signing?: Pick<SignerConfig, "region" | "credentials">;
}

/** How to connect to a database that a stack protects. */
export function databaseLogin(database: ProtectedDatabase, means: LoginMeans): DatabaseLogin {
  const { host, port, database: name, login } = database;
  const place = { host, port, database: name, authorities: means.authorities };
  return login.by === "iam"
    ? { ...place, ...byIamToken(database, means.signing) }
    : { ...place, ...bySecret({ user: database.user, secretArn: login.secretArn }, means) };
}

/**
 * A certificate bundle, as it is given to a Lambda.
 * @param path  the value of LASTGOOD_DATABASE_CA
 * @throws DATABASE_UNTRUSTED  it cannot be read, or holds no certificate
 */
export async function readAuthorities(path = LAMBDA_AUTHORITIES): Promise<string> {
  const hint = `name a PEM file of certificate authorities by ${STACK_ENV.databaseCa}`;
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("DATABASE_UNTRUSTED", `certificate authorities ${path} cannot be read`, { cause, hint });
  });
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new Failure("DATABASE_UNTRUSTED", `${path} holds no certificate`, { hint });
}

type Credentials = Pick<DatabaseLogin, "refusedHint" | "credentials" | "credentialsInstead">;

/** A token is good for 900 s and checked only when connecting, so every connection gets a fresh one: it costs no call. */
function byIamToken({ host, port, user }: ProtectedDatabase, signing: LoginMeans["signing"]): Credentials {
  const signer = new Signer({ ...signing, hostname: host, port, username: user });
  return {
    refusedHint: `in the database: GRANT rds_iam TO ${user}; in IAM: allow rds-db:connect on dbuser:<resource id>/${user}; a restored instance has another resource id`,
    async credentials() {
      try {
        return { user, password: await signer.getAuthToken() };
      } catch (error) {
        throw cloudFailure(error, `sign a token for ${user} at ${host}:${port}`);
      }
    },
    // Another one would be refused for the same reason.
    credentialsInstead: () => Promise.resolve(undefined),
  };
}

/**
 * Rotation may alternate between the user and its clone, so the secret tells which it is. Any other user's secret is refused:
 * with the master's, every capture would run with all rights.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html
 */
function bySecret(expected: { user: string; secretArn: string }, { secrets, clock }: LoginMeans): Credentials {
  const { user, secretArn } = expected;
  const secret = databaseSecret(secrets, secretArn, clock);
  const checked = (credentials: DatabaseCredentials): DatabaseCredentials => {
    if (credentials.user === user || credentials.user === `${user}_clone`) return credentials;
    throw new Failure("DATABASE_AUTH", `secret ${secretArn} is of user ${credentials.user}, expected ${user}`, {
      hint: "give the stack the secret of that user, or the user of that secret",
    });
  };
  return {
    refusedHint: `secret ${secretArn} holds what the server refuses: if it is being rotated, run again in a minute`,
    credentials: async () => checked(await secret.read()),
    async credentialsInstead(refused) {
      const others = await secret.readInstead(refused);
      return others === undefined ? undefined : checked(others);
    },
  };
}
