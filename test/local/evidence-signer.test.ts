import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { evidenceSigner } from "../../lib/local/evidence-signer.ts";
import { createKeyFile, openKeyFile } from "../../lib/local/key-file.ts";
import { signerContract } from "../contracts/signer.ts";

const temporary = async () => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-signer-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
};

signerContract("key file", async () => {
  const directory = await temporary();
  const [path, other] = [join(directory, "keys.json"), join(directory, "other.json")];
  await createKeyFile(path);
  await createKeyFile(other);
  return { signer: await openKeyFile(path), again: await openKeyFile(path), stranger: await openKeyFile(other) };
});

test("a passphrase file signs with a key that its passphrase opens", async () => {
  const path = join(await temporary(), "keys.json");
  await createKeyFile(path, { passphrase: "correct horse" });
  const { keyId } = await (await openKeyFile(path, { passphrase: "correct horse" })).sign(Buffer.from("x"));
  expect((await (await openKeyFile(path, { passphrase: "correct horse" })).sign(Buffer.from("y"))).keyId).toBe(keyId);
});

test("the signing key of a master key stays the one it was in the first release", async () => {
  // Computed by Python's cryptography package from FORMAT.md section 1, for the master key 00 01 .. 1f.
  const signer = evidenceSigner({ id: "0000000000000000", key: Buffer.from([...Array(32).keys()]) });
  const { keyId } = await signer.sign(Buffer.from("x"));
  expect(keyId).toBe("ac03ecf9a524e3f17e4194bded6b0fe82473d2a9fa1a2e4c9386dd7176736071");
});
