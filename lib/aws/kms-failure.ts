import { type ErrorCode, Failure } from "../model/errors.ts";
import { cloudErrorName, cloudFailure } from "./cloud-failure.ts";

interface Call {
  /** As in `could not <act>`. */
  readonly act: string;
  /** The right it takes, for instance `kms:Decrypt`. */
  readonly action: string;
  readonly keyArn: string;
  /** For KEY_WRONG. */
  readonly hint: string;
}

interface Reading {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint?: string;
}

const GONE = "check the key's ARN and Region; a KMS key that is deleted cannot be brought back, nor what it wrapped";

/** What KMS says of a key, by the error's name. Anything else it may say is cloudFailure's to read. */
const READINGS: Readonly<Record<string, Reading>> = {
  InvalidCiphertextException: { code: "KEY_WRONG", why: "it was wrapped for another context, or changed" },
  IncorrectKeyException: { code: "KEY_WRONG", why: "it was wrapped under another key" },
  InvalidKeyUsageException: { code: "KEY_WRONG", why: "the key is of another kind" },
  NotFoundException: { code: "KEY_LOST", why: "there is no such key", hint: GONE },
};

/** What an error of KMS means to an operator; names the act, the right and the key. */
export function kmsFailure(error: unknown, { act, action, keyArn, hint }: Call): Failure {
  const doing = `${act} by ${action} of ${keyArn}`;
  const name = cloudErrorName(error) ?? "";
  const reading = isState(name) ? stateOf(name, (error as Error).message) : READINGS[name];
  if (reading === undefined) return cloudFailure(error, doing);
  return new Failure(reading.code, `could not ${doing}: ${reading.why}`, {
    cause: error,
    facts: { awsError: name },
    hint: reading.code === "KEY_WRONG" ? hint : reading.hint,
  });
}

const isState = (name: string): boolean => name === "DisabledException" || name === "KMSInvalidStateException";

/**
 * A key that is to be deleted is either of the two errors, and the second stands for other states too: the message tells.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
function stateOf(name: string, message: string): Reading {
  if (/pending (replica )?deletion/i.test(message)) return { code: "KEY_LOST", why: "the key is to be deleted" };
  if (name === "DisabledException") return { code: "KEY_DISABLED", why: "the key is disabled" };
  const hint = "bring the KMS key back to state Enabled (aws kms describe-key tells its state), then run again";
  return { code: "KEY_DISABLED", why: "the key is in a state in which it cannot be used", hint };
}
