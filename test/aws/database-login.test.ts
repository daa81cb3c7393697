import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, onTestFinished, test } from "vitest";
import { databaseLogin, type LoginMeans, readAuthorities } from "../../lib/aws/database-login.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import type { ProtectedDatabase } from "../../lib/model/stack.ts";
import { Session } from "../../lib/postgres/session.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { tlsServer } from "../postgres/tls-server.ts";
import { freshDatabase, query } from "../postgres.ts";
import { type Answer, scriptedJson } from "./scripted-json.ts";

const SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1234";

const { server, authorities } = tlsServer(18);

/** A database of a stack, in which `capture_role` has the given password. */
const protectedDatabase = async (
  login: ProtectedDatabase["login"],
  password = "one",
): Promise<{ database: ProtectedDatabase; setPassword: (password: string) => Promise<unknown> }> => {
  const url = await freshDatabase(server);
  const setPassword = (to: string) => query(url, `ALTER ROLE capture_role PASSWORD '${to}'`);
  await query(url, "DO $$ BEGIN CREATE ROLE capture_role LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  await setPassword(password);
  const { port, pathname } = new URL(url);
  const instance = { kind: "instance", id: "orders" } as const;
  const database = { name: "orders", host: "localhost", port: Number(port), database: pathname.slice(1) };
  return { database: { ...database, user: "capture_role", login, instance }, setPassword };
};

const holding = (password: string, username = "capture_role"): Answer => ({
  body: { ARN: SECRET, SecretString: JSON.stringify({ username, password }) },
});

const means = async (...answers: readonly [Answer, ...Answer[]]) => {
  const { requests, access } = await scriptedJson(...answers);
  const secrets = new SecretsManagerClient({ ...access, ...SHORT_CALLS, maxAttempts: 1 });
  const given: LoginMeans = { authorities, secrets, clock: manualClock() };
  return { requests, means: given };
};

const whoAmI = async (login: Parameters<typeof Session.open>[0]): Promise<unknown> => {
  await using session = await Session.open(login, { readOnly: true });
  const [row] = await session.query<{ me: string; ssl: boolean }>(
    "SELECT current_user AS me, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
  );
  return row;
};

test("a rotated secret is read again when the server refuses the old one, and serves the connections after", async () => {
  const { database, setPassword } = await protectedDatabase({ by: "secret", secretArn: SECRET });
  const given = await means(holding("one"), holding("two"));
  const login = databaseLogin(database, given.means);
  expect(await whoAmI(login)).toEqual({ me: "capture_role", ssl: true });
  await setPassword("two");
  expect(await whoAmI(login)).toEqual({ me: "capture_role", ssl: true });
  expect(await whoAmI(login)).toEqual({ me: "capture_role", ssl: true });
  expect(given.requests).toHaveLength(2);
});

test("fails with DATABASE_AUTH in the middle of a rotation, names the secret, and tries no third time", async () => {
  const { database } = await protectedDatabase({ by: "secret", secretArn: SECRET }, "two");
  const given = await means(holding("one"));
  const failure: unknown = await whoAmI(databaseLogin(database, given.means)).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "DATABASE_AUTH",
    hint: expect.stringContaining(SECRET) as string,
  });
  expect(given.requests).toHaveLength(2);
});

test("a secret may be the user's or its clone's; fails with DATABASE_AUTH when it is another user's, such as the master's", async () => {
  const { database } = await protectedDatabase({ by: "secret", secretArn: SECRET });
  const given = await means(holding("one", "capture_role_clone"), holding("two", "postgres"));
  const login = databaseLogin(database, given.means);
  const clone = await login.credentials();
  expect(clone.user).toBe("capture_role_clone");
  const refusal = { code: "DATABASE_AUTH", message: `secret ${SECRET} is of user postgres, expected capture_role` };
  await expect(login.credentialsInstead(clone)).rejects.toMatchObject(refusal);
  await expect(login.credentials()).rejects.toMatchObject(refusal);
});

test("a token is signed for exactly this host, port and user, is good for 900 s, and is a new one for each connection", async () => {
  const { database } = await protectedDatabase({ by: "iam" });
  let signatures = 0;
  const credentials = () => {
    signatures += 1;
    return Promise.resolve({ accessKeyId: `AKIA${signatures}`, secretAccessKey: "of a role", sessionToken: "session" });
  };
  const given = await means(holding("unused"));
  const login = databaseLogin(
    { ...database, host: "orders.abc.eu-central-1.rds.amazonaws.com", port: 5433 },
    { ...given.means, signing: { region: "eu-central-1", credentials } },
  );
  const [one, two] = [await login.credentials(), await login.credentials()];
  const token = new URL(`https://${one.password}`);
  expect(one.user).toBe("capture_role");
  expect(token.host).toBe("orders.abc.eu-central-1.rds.amazonaws.com:5433");
  expect(Object.fromEntries(token.searchParams)).toMatchObject({
    Action: "connect",
    DBUser: "capture_role",
    "X-Amz-Expires": "900",
    "X-Amz-Credential": expect.stringMatching(/^AKIA1\/\d{8}\/eu-central-1\/rds-db\/aws4_request$/) as string,
  });
  expect(two.password).toContain("AKIA2");
  expect(given.requests).toEqual([]);
});

test("fails with DATABASE_AUTH for a token that the server refuses, and says what it takes to be let in", async () => {
  const { database } = await protectedDatabase({ by: "iam" });
  const given = await means(holding("unused"));
  const credentials = { accessKeyId: "AKIA", secretAccessKey: "of a role" };
  const login = databaseLogin(database, { ...given.means, signing: { region: "eu-central-1", credentials } });
  const failure: unknown = await whoAmI(login).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "DATABASE_AUTH",
    hint: expect.stringMatching(/GRANT rds_iam TO capture_role.*rds-db:connect/) as string,
  });
  expect(inspect(failure, { depth: 9 })).not.toContain("X-Amz");
});

test("fails with CLOUD_CREDENTIALS when there is no role to sign a token with", async () => {
  const { database } = await protectedDatabase({ by: "iam" });
  const given = await means(holding("unused"));
  const refusal = Object.assign(new Error("no role"), { name: "CredentialsProviderError" });
  const signing = { region: "eu-central-1", credentials: () => Promise.reject(refusal) };
  await expect(databaseLogin(database, { ...given.means, signing }).credentials()).rejects.toMatchObject({
    code: "CLOUD_CREDENTIALS",
    message: expect.stringContaining("sign a token for capture_role at localhost:") as string,
  });
});

test("certificate authorities come from a PEM file; fails with DATABASE_UNTRUSTED when it is none or not there", async () => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-authorities-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, "ca.pem");
  await writeFile(path, authorities);
  expect(await readAuthorities(path)).toBe(authorities);
  await writeFile(path, "-----BEGIN PRIVATE KEY-----\n");
  for (const other of [path, join(directory, "none")]) {
    await expect(readAuthorities(other)).rejects.toMatchObject({
      code: "DATABASE_UNTRUSTED",
      message: expect.stringContaining(other) as string,
      hint: expect.stringContaining("LASTGOOD_DATABASE_CA") as string,
    });
  }
});
