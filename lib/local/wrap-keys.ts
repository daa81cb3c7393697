import { createCipheriv, createDecipheriv } from "node:crypto";
import { Failure } from "../model/errors.ts";
import type { Entropy } from "../ports/clock.ts";
import type { KeyContext, KeyService } from "../ports/key-service.ts";

export interface MasterKey {
  /** 8 random bytes in hex: tells keys apart, says nothing about them. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

export const MASTER_KEY_BYTES = 32;
export const KEY_ID_BYTES = 8;

// A wrapped key: version (1 byte), key id (8), nonce (12), AES-256-GCM of the data key (32), tag (16).
const VERSION = 1;
const NONCE_BYTES = 12;
const DATA_KEY_BYTES = 32;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES;
const WRAPPED_BYTES = HEAD_BYTES + NONCE_BYTES + DATA_KEY_BYTES + TAG_BYTES;

/**
 * Wraps data keys under a master key in this process. Nonces are random: 2^32 wraps under one master key keep the
 * chance of a repeated one below 2^-32 (NIST SP 800-38D, 8.3), and a capture needs a handful.
 */
export function wrapKeys(master: MasterKey, entropy: Entropy): KeyService {
  const head = Buffer.concat([Buffer.of(VERSION), Buffer.from(master.id, "hex")]);
  return {
    async generate(context) {
      const key = entropy.bytes(DATA_KEY_BYTES);
      const nonce = entropy.bytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", master.key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(authenticated(head, context));
      const sealed = Buffer.concat([cipher.update(key), cipher.final()]);
      return { key, wrapped: Buffer.concat([head, nonce, sealed, cipher.getAuthTag()]) };
    },

    async unwrap(wrapped, context) {
      const envelope = Buffer.from(wrapped);
      if (envelope.length !== WRAPPED_BYTES || envelope[0] !== VERSION) {
        throw new Failure("KEY_WRONG", `a wrapped key of this vault is ${WRAPPED_BYTES} bytes of version ${VERSION}`);
      }
      const id = envelope.toString("hex", 1, HEAD_BYTES);
      if (id !== master.id) {
        throw new Failure("KEY_WRONG", `the data key was wrapped under key ${id}, this is key ${master.id}`);
      }
      const nonce = envelope.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", master.key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(authenticated(head, context));
      decipher.setAuthTag(envelope.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([
          decipher.update(envelope.subarray(HEAD_BYTES + NONCE_BYTES, -TAG_BYTES)),
          decipher.final(),
        ]);
      } catch (cause) {
        throw new Failure(
          "KEY_WRONG",
          `key ${id} does not open the data key for this context: one of them was changed`,
          {
            cause,
          },
        );
      }
    },
  };
}

/** What is authenticated but not hidden: a set of names and values has one form, and no two sets share it. */
function authenticated(head: Buffer, context: KeyContext): Buffer {
  const entries = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([head, Buffer.from(`lastgood wrapped key ${JSON.stringify(entries)}`)]);
}
