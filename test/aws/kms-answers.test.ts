import { inspect } from "node:util";
import { KMSClient } from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { kmsKeys } from "../../lib/aws/kms-keys.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import { isFailure } from "../../lib/model/errors.ts";
import { type Answer, scriptedJson } from "./scripted-json.ts";

const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const CONTEXT = { vault: "v1", purpose: "part" };
const PLAIN = Buffer.alloc(32, 0x5a);
const GIVEN = {
  body: { KeyId: KEY, Plaintext: PLAIN.toString("base64"), CiphertextBlob: Buffer.from("wrapped").toString("base64") },
};

const scripted = async (...answers: readonly [Answer, ...Answer[]]) => {
  const { requests, access } = await scriptedJson(...answers);
  const client = new KMSClient({ ...access, ...SHORT_CALLS, maxAttempts: 2 });
  return { requests, access, keys: kmsKeys(client, KEY) };
};

test("asks for 256 bits under the context and the key, and names the key again when it unwraps", async () => {
  const { requests, keys } = await scripted(GIVEN);
  expect(await keys.generate(CONTEXT)).toEqual({ key: PLAIN, wrapped: Buffer.from("wrapped") });
  expect(await keys.unwrap(Buffer.from("wrapped"), CONTEXT)).toEqual(PLAIN);
  expect(requests).toEqual([
    {
      target: "TrentService.GenerateDataKey",
      body: { KeyId: KEY, KeySpec: "AES_256", EncryptionContext: CONTEXT },
    },
    {
      target: "TrentService.Decrypt",
      body: { KeyId: KEY, CiphertextBlob: GIVEN.body.CiphertextBlob, EncryptionContext: CONTEXT },
    },
  ]);
});

// The sentences are those of https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html and of the API reference.
test.each([
  ["DisabledException", `${KEY} is disabled.`, "KEY_DISABLED", "the key is disabled"],
  ["DisabledException", `${KEY} is pending deletion (or pending replica deletion).`, "KEY_LOST", "to be deleted"],
  ["KMSInvalidStateException", `${KEY} is pending deletion.`, "KEY_LOST", "to be deleted"],
  ["KMSInvalidStateException", `${KEY} is pending replica deletion.`, "KEY_LOST", "to be deleted"],
  ["KMSInvalidStateException", `${KEY} is pending import.`, "KEY_DISABLED", "in a state in which it cannot be used"],
  ["NotFoundException", `Key '${KEY}' does not exist`, "KEY_LOST", "there is no such key"],
  ["IncorrectKeyException", "The key ID in the request does not", "KEY_WRONG", "under another key"],
  ["InvalidCiphertextException", undefined, "KEY_WRONG", "for another context, or changed"],
  ["InvalidKeyUsageException", "key usage is SIGN_VERIFY", "KEY_WRONG", "of another kind"],
  ["ExpiredTokenException", "The security token included in the request is expired", "CLOUD_CREDENTIALS", "Expired"],
])("fails on %s (%s) as %s, with the act, the right and the key in its message", async (type, message, code, why) => {
  const { requests, keys } = await scripted({ status: 400, type, message });
  const failure: unknown = await keys.unwrap(Buffer.from("wrapped"), CONTEXT).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code,
    message: expect.stringMatching(
      new RegExp(`^could not unwrap a data key by kms:Decrypt of ${KEY}: .*${why}`),
    ) as string,
  });
  expect(requests).toHaveLength(1);
});

test("fails with CLOUD_FORBIDDEN without the right, and leaves out who asked: his session may bear an e-mail address", async () => {
  const role = "arn:aws:sts::111122223333:assumed-role/capture/jane@example.com";
  const sentence = (action: string): string =>
    `User: ${role} is not authorized to perform: ${action} on resource: ${KEY} because no identity-based policy allows the ${action} action`;
  const { keys } = await scripted(
    { status: 400, type: "AccessDeniedException", message: sentence("kms:GenerateDataKey") },
    {
      status: 400,
      type: "AccessDeniedException",
      message:
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    },
  );
  const failure: unknown = await keys.generate(CONTEXT).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: "CLOUD_FORBIDDEN",
    message: expect.stringContaining(`no right kms:GenerateDataKey on ${KEY}`) as string,
  });
  expect((failure as Error).message).not.toContain("jane");
  // Not KEY_WRONG: nobody looked at the ciphertext.
  await expect(keys.unwrap(Buffer.from("w"), CONTEXT)).rejects.toMatchObject({ code: "CLOUD_FORBIDDEN" });
});

test.each([
  [{ status: 400, type: "ThrottlingException", message: "Rate exceeded" }, "CLOUD_THROTTLED"],
  [{ status: 500, type: "KMSInternalException" }, "CLOUD_UNREACHABLE"],
  [{ status: 500, type: "KeyUnavailableException" }, "CLOUD_UNREACHABLE"],
  [{ status: 503, type: "DependencyTimeoutException" }, "CLOUD_UNREACHABLE"],
] as const)("asks again after $type, and fails when it does not end", async (answer, code) => {
  const once = await scripted(answer, GIVEN);
  expect(await once.keys.unwrap(Buffer.from("wrapped"), CONTEXT)).toEqual(PLAIN);
  expect(once.requests).toHaveLength(2);
  const always = await scripted(answer);
  await expect(always.keys.unwrap(Buffer.from("wrapped"), CONTEXT)).rejects.toMatchObject({ code, retryable: true });
  expect(always.requests).toHaveLength(2);
});

test("fails with CLOUD_UNREACHABLE when no answer comes in time, and when nobody listens", async () => {
  const { requests, access } = await scripted("no answer");
  const hasty = new KMSClient({
    ...access,
    ...SHORT_CALLS,
    maxAttempts: 1,
    requestHandler: { ...SHORT_CALLS.requestHandler, requestTimeout: 50 },
  });
  await expect(kmsKeys(hasty, KEY).generate(CONTEXT)).rejects.toMatchObject({ code: "CLOUD_UNREACHABLE" });
  expect(requests).toHaveLength(1);
  const nobody = new KMSClient({ ...access, ...SHORT_CALLS, maxAttempts: 1, endpoint: "http://127.0.0.1:1" });
  await expect(kmsKeys(nobody, KEY).generate(CONTEXT)).rejects.toMatchObject({ code: "CLOUD_UNREACHABLE" });
});

test("fails for an answer that is cut or holds a key of another length, and shows nothing of it", async () => {
  const whole = JSON.stringify(GIVEN.body);
  for (const body of [whole.slice(0, -3), whole.slice(0, 120), { ...GIVEN.body, Plaintext: "WlpaWlpa" }, {}]) {
    const { keys } = await scripted({ body });
    const failure: unknown = await keys.unwrap(Buffer.from("wrapped"), CONTEXT).catch((error: unknown) => error);
    expect(isFailure(failure)).toBe(true);
    expect(inspect(failure, { depth: 9 })).not.toContain("Wlpa");
  }
});

test("fails with KEY_WRONG, without asking, for what no ciphertext of KMS can be", async () => {
  const { requests, keys } = await scripted(GIVEN);
  await expect(keys.unwrap(Buffer.alloc(0), CONTEXT)).rejects.toMatchObject({ code: "KEY_WRONG" });
  await expect(keys.unwrap(Buffer.alloc(6145), CONTEXT)).rejects.toMatchObject({ code: "KEY_WRONG" });
  expect(requests).toEqual([]);
});
