import { execFileSync } from "node:child_process";
import { verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { signatureHolds } from "../../lib/engine/signature.ts";
import type { Signature, Signer } from "../../lib/ports/signer.ts";

/** Two openings of one signing key, and a signer of the same kind with another key. */
export interface Signers {
  readonly signer: Signer;
  readonly again: Signer;
  readonly stranger: Signer;
}

const RECEIPT = Buffer.from('{"release":"r-41","outcome":"proven"}\n');

/** The prose of lib/ports/signer.ts as tests. */
export function signerContract(name: string, factory: () => Promise<Signers>): void {
  describe(`signer contract: ${name}`, () => {
    test.each([
      ["nothing", Buffer.alloc(0)],
      ["a receipt", RECEIPT],
      ["more than KMS takes as a message", Buffer.alloc(100_000, 0x5a)],
    ])("a signature over %s holds, here, by node:crypto alone and by openssl alone", async (_, payload) => {
      const { signer } = await factory();
      const signed = await signer.sign(payload);
      const publicKey = await signer.publicKey();
      expect(signatureHolds(payload, signed, publicKey)).toBe(true);
      const signature = Buffer.from(signed.signature, "base64");
      expect(verify("sha256", payload, publicKey, signature)).toBe(true);
      expect(opensslVerify({ payload, signature, publicKey })).toBe("Verified OK");
    });

    test("opened again, a signer has the same key and takes the old signatures", async () => {
      const { signer, again } = await factory();
      const signed = await signer.sign(RECEIPT);
      expect(await again.publicKey()).toBe(await signer.publicKey());
      expect(signatureHolds(RECEIPT, JSON.parse(JSON.stringify(signed)) as Signature, await again.publicKey())).toBe(
        true,
      );
      expect((await again.sign(RECEIPT)).keyId).toBe(signed.keyId);
    });

    test("fails to hold for another payload, another key and any changed byte of the signature", async () => {
      const { signer, stranger } = await factory();
      const signed = await signer.sign(RECEIPT);
      const publicKey = await signer.publicKey();
      expect(signatureHolds(RECEIPT.subarray(1), signed, publicKey)).toBe(false);
      expect(signatureHolds(RECEIPT, signed, await stranger.publicKey())).toBe(false);
      const others = await stranger.sign(RECEIPT);
      expect(signatureHolds(RECEIPT, others, publicKey)).toBe(false);
      expect(signatureHolds(RECEIPT, { ...others, keyId: signed.keyId }, publicKey)).toBe(false);
      const bytes = Buffer.from(signed.signature, "base64");
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        expect(signatureHolds(RECEIPT, { ...signed, signature: changed.toString("base64") }, publicKey)).toBe(false);
      }
      expect(bytes.length).toBeGreaterThan(60);
    });
  });
}

/** What an auditor types. */
function opensslVerify(given: { payload: Buffer; signature: Buffer; publicKey: string }): string {
  const directory = mkdtempSync(join(tmpdir(), "lastgood-openssl-"));
  try {
    writeFileSync(join(directory, "payload"), given.payload);
    writeFileSync(join(directory, "signature"), given.signature);
    writeFileSync(join(directory, "public.pem"), given.publicKey);
    const args = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "payload"];
    return execFileSync("openssl", args, { cwd: directory, encoding: "utf8" }).trim();
  } finally {
    rmSync(directory, { recursive: true });
  }
}
