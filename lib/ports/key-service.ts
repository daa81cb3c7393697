/**
 * Wraps data keys under a key that never leaves the service (AWS KMS, or a key file locally).
 *
 * What every adapter promises, and test/contracts/key-service.ts holds it to:
 *
 * - `unwrap` gives back the exact key only for the exact context it was generated under; any other context, any
 *   changed byte and any other wrapping key is KEY_WRONG. Contexts are compared as sets of name and value.
 * - The context is authenticated, not secret: it may be logged by the service. It never holds personal data.
 * - Data keys are 32 random bytes, fresh on every call.
 */
export interface KeyService {
  generate(context: KeyContext): Promise<{ readonly key: Buffer; readonly wrapped: Buffer }>;
  unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Buffer>;
}

export type KeyContext = Readonly<Record<string, string>>;
