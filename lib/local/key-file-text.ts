import { createHash } from "node:crypto";

/** What a key file holds; the passphrase of the second kind opens `sealed`. Bytes are hex. */
export type KeyFile =
  | { readonly kind: "raw"; readonly id: string; readonly key: string }
  | { readonly kind: "passphrase"; readonly id: string; readonly scrypt: ScryptCost; readonly sealed: string };

export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: string;
}

const VERSION = 1;
const ID = /^[0-9a-f]{16}$/;
const KEY = /^[0-9a-f]{64}$/;
const SALT = /^[0-9a-f]{64}$/;
const SEALED = /^[0-9a-f]{120}$/; // Nonce (12), key (32), tag (16).
// A planted file must not make us take all memory or answer in a year: at most 1 GiB and some seconds.
const N_MIN = 2 ** 14;
const N_MAX = 2 ** 20;
const R = 8;
const P_MAX = 16;

/** The one text of a key file: two-space JSON with a newline at its end and a digest over everything before the digest. */
export function renderKeyFile(file: KeyFile): string {
  const body = { lastgood: "key file", version: VERSION, ...inOrder(file) };
  return `${JSON.stringify({ ...body, digest: digestOf(body) }, null, 2)}\n`;
}

/** The file in a text, or what is wrong with it. Anything but the exact text of a key file is wrong. */
export function parseKeyFile(text: string): KeyFile | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "is not JSON"; // The parser's own message quotes the text, and so the key.
  }
  if (!isRecord(value) || value["lastgood"] !== "key file") return "is no key file";
  if (value["version"] !== VERSION) return `has another version than ${VERSION}`;
  const file = readRaw(value) ?? readPassphrase(value);
  if (file === undefined) return "lacks a field or has one of the wrong form";
  // Also refuses other fields, another order, double fields and other white space.
  return renderKeyFile(file) === text ? file : "was changed: it does not have the digest that it names";
}

function inOrder(file: KeyFile): object {
  if (file.kind === "raw") return { kind: file.kind, id: file.id, key: file.key };
  const { N, r, p, salt } = file.scrypt;
  return { kind: file.kind, id: file.id, scrypt: { N, r, p, salt }, sealed: file.sealed };
}

const digestOf = (body: object) => createHash("sha256").update(JSON.stringify(body)).digest("hex");

function readRaw({ kind, id, key }: Record<string, unknown>): KeyFile | undefined {
  return kind === "raw" && isHex(id, ID) && isHex(key, KEY) ? { kind, id, key } : undefined;
}

function readPassphrase({ kind, id, scrypt, sealed }: Record<string, unknown>): KeyFile | undefined {
  if (kind !== "passphrase" || !isHex(id, ID) || !isHex(sealed, SEALED) || !isRecord(scrypt)) return undefined;
  const { N, r, p, salt } = scrypt;
  const powerOfTwo = typeof N === "number" && Number.isInteger(Math.log2(N)) && N >= N_MIN && N <= N_MAX;
  const passes = typeof p === "number" && Number.isInteger(p) && p >= 1 && p <= P_MAX;
  if (!powerOfTwo || r !== R || !passes || !isHex(salt, SALT)) return undefined;
  return { kind, id, scrypt: { N, r, p, salt }, sealed };
}

const isHex = (value: unknown, form: RegExp): value is string => typeof value === "string" && form.test(value);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
