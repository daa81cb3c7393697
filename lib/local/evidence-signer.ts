import { createECDH, createHash, createPrivateKey, createPublicKey, hkdfSync, sign } from "node:crypto";
import type { Signer } from "../ports/signer.ts";
import type { MasterKey } from "./wrap-keys.ts";

const CURVE = "prime256v1";
/** How many numbers P-256 has for a private key, plus one. */
const ORDER = 0xffff_ffff_0000_0000_ffff_ffff_ffff_ffff_bce6_faad_a717_9e84_f3b9_cac2_fc63_2551n;
const KEY_BYTES = 32;
// 64 bits more than the order has, so that taking the remainder favours no key (FIPS 186-5, A.2.1).
const SEED_BYTES = KEY_BYTES + 8;

/**
 * Signs with a P-256 key that is derived from the master key, so a key file made before there were signatures has one too,
 * and there is nothing more to lose. Who can read the vault can sign for it: one person holds the file. On AWS these are two
 * keys and two roles.
 */
export function evidenceSigner(master: MasterKey): Signer {
  const ecdh = createECDH(CURVE);
  const privateBytes = privateKeyOf(master);
  ecdh.setPrivateKey(privateBytes);
  const point = ecdh.getPublicKey(); // 04, then x and y.
  const jwk = {
    kty: "EC",
    crv: "P-256",
    d: privateBytes.toString("base64url"),
    x: point.toString("base64url", 1, 1 + KEY_BYTES),
    y: point.toString("base64url", 1 + KEY_BYTES),
  };
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  const publicKey = createPublicKey(key);
  const pem = publicKey.export({ format: "pem", type: "spki" }) as string;
  const spki = publicKey.export({ format: "der", type: "spki" });
  const keyId = createHash("sha256").update(spki).digest("hex");
  return {
    sign: (payload) =>
      Promise.resolve({
        algorithm: "ECDSA_SHA_256",
        keyId,
        signature: sign("sha256", payload, key).toString("base64"),
      }),
    publicKey: () => Promise.resolve(pem),
  };
}

function privateKeyOf({ key }: MasterKey): Buffer {
  const seed = Buffer.from(hkdfSync("sha256", key, "", "lastgood evidence signing key", SEED_BYTES));
  const scalar = (BigInt(`0x${seed.toString("hex")}`) % (ORDER - 1n)) + 1n;
  return Buffer.from(scalar.toString(16).padStart(2 * KEY_BYTES, "0"), "hex");
}
