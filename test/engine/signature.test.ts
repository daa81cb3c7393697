import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import { expect, test } from "vitest";
import { signatureHolds } from "../../lib/engine/signature.ts";
import { evidenceSigner } from "../../lib/local/evidence-signer.ts";

const RECEIPT = Buffer.from("a receipt");
const signer = evidenceSigner({ id: "00", key: Buffer.alloc(32, 7) });

test("fails to hold what is no signature, names another algorithm, or comes with something that is no key", async () => {
  const signed = await signer.sign(RECEIPT);
  const publicKey = await signer.publicKey();
  expect(signatureHolds(RECEIPT, signed, publicKey)).toBe(true);
  expect(signatureHolds(RECEIPT, { ...signed, signature: "" }, publicKey)).toBe(false);
  expect(signatureHolds(RECEIPT, { ...signed, signature: "####" }, publicKey)).toBe(false);
  expect(signatureHolds(RECEIPT, { ...signed, algorithm: "none" as "ECDSA_SHA_256" }, publicKey)).toBe(false);
  expect(signatureHolds(RECEIPT, { ...signed, keyId: "" }, publicKey)).toBe(false);
  expect(signatureHolds(RECEIPT, signed, "")).toBe(false);
  expect(signatureHolds(RECEIPT, signed, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")).toBe(false);
});

test.each([
  ["another curve", generateKeyPairSync("ec", { namedCurve: "secp384r1" })],
  ["another kind", generateKeyPairSync("rsa", { modulusLength: 2048 })],
])("fails to hold under a key of %s, although the signature is that key's own", (_, { privateKey, publicKey }) => {
  const signature = sign("sha256", RECEIPT, privateKey);
  const pem = publicKey.export({ format: "pem", type: "spki" }) as string;
  const keyId = createHash("sha256")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest("hex");
  expect(verify("sha256", RECEIPT, pem, signature)).toBe(true);
  const signed = { algorithm: "ECDSA_SHA_256", keyId, signature: signature.toString("base64") } as const;
  expect(signatureHolds(RECEIPT, signed, pem)).toBe(false);
});
