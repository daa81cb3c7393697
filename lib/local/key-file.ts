import { createCipheriv, createDecipheriv, scrypt } from "node:crypto";
import { link, open, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Failure } from "../model/errors.ts";
import { KIB, MIB } from "../model/units.ts";
import type { Entropy } from "../ports/clock.ts";
import type { KeyService } from "../ports/key-service.ts";
import type { Signer } from "../ports/signer.ts";
import { DirectorySync } from "./directory-sync.ts";
import { evidenceSigner } from "./evidence-signer.ts";
import { type KeyFile, parseKeyFile, renderKeyFile, type ScryptCost } from "./key-file-text.ts";
import { errnoOf, storeFailure } from "./store-failure.ts";
import { systemEntropy } from "./system-entropy.ts";
import { KEY_ID_BYTES, MASTER_KEY_BYTES, type MasterKey, wrapKeys } from "./wrap-keys.ts";

export interface KeyFileOptions {
  /** Protects the file, so that a copy of it opens nothing. Without one, whoever reads the file reads the vault. */
  readonly passphrase?: string | undefined;
  readonly entropy?: Entropy;
}

const OWNER_ONLY = 0o600;
const FILE_BYTES_MAX = 64 * KIB;
// OWASP's first choice for scrypt: 128 MiB and 0.4 s on two cores for each guess, once per command for us.
const COST = { N: 2 ** 17, r: 8, p: 1 };
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Makes a key file with a fresh master key, readable by its owner alone. It is whole and on disk when this resolves.
 * Losing the file (or its passphrase) is losing every vault written with it.
 * @throws KEY_FILE_EXISTS  nothing was changed
 * @throws STORE_FORBIDDEN, STORE_FULL, STORE_UNREACHABLE  the file cannot be written; KEY_FILE_NOT_FOUND  no such directory
 */
export async function createKeyFile(path: string, options: KeyFileOptions = {}): Promise<void> {
  const { passphrase, entropy = systemEntropy } = options;
  if (passphrase === "")
    throw new Failure("USAGE", "the passphrase of a key file is empty", { hint: "give a long one" });
  const master = { id: entropy.bytes(KEY_ID_BYTES).toString("hex"), key: entropy.bytes(MASTER_KEY_BYTES) };
  const file = passphrase === undefined ? rawFile(master) : await passphraseFile(master, passphrase, entropy);
  try {
    await publish(resolve(path), renderKeyFile(file), entropy);
  } catch (error) {
    switch (errnoOf(error)) {
      case "EEXIST":
        throw new Failure("KEY_FILE_EXISTS", `${path} exists`, { cause: error });
      case "ENOENT":
        throw new Failure("KEY_FILE_NOT_FOUND", `there is no directory ${dirname(resolve(path))}`, {
          cause: error,
          hint: "make the directory, then run again; the key file itself is made by the first capture",
        });
      default:
        throw storeFailure(error, `write ${path}`);
    }
  }
}

/**
 * The key service of a key file, and the signer of its evidence.
 * @throws KEY_FILE_NOT_FOUND
 * @throws KEY_FILE_UNSAFE  a file without a passphrase that others than its owner may read or write
 * @throws KEY_FILE_INVALID  not the exact text that createKeyFile wrote
 * @throws KEY_WRONG  the passphrase is wrong, missing, or given for a file that has none
 */
export async function openKeyFile(path: string, options: KeyFileOptions = {}): Promise<KeyService & Signer> {
  const { passphrase, entropy = systemEntropy } = options;
  const { text, mode } = await readKeyFile(path);
  const file = parseKeyFile(text);
  if (typeof file === "string") throw new Failure("KEY_FILE_INVALID", `${path} ${file}`);
  if (file.kind === "passphrase") {
    if (passphrase === undefined)
      throw new Failure("KEY_WRONG", `${path} is protected by a passphrase; none was given`);
    return servicesOf(await openSealed(path, file, passphrase), entropy);
  }
  // Windows has no such modes and reports every file as open to all.
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8);
    throw new Failure("KEY_FILE_UNSAFE", `${path} has mode ${shown}; a key without a passphrase needs 600`);
  }
  if (passphrase !== undefined) {
    throw new Failure("KEY_WRONG", `${path} has no passphrase, but one was given`, {
      hint: "leave the passphrase out, or give --keys the file that it belongs to",
    });
  }
  return servicesOf({ id: file.id, key: Buffer.from(file.key, "hex") }, entropy);
}

const servicesOf = (master: MasterKey, entropy: Entropy): KeyService & Signer => ({
  ...wrapKeys(master, entropy),
  ...evidenceSigner(master),
});

const rawFile = ({ id, key }: MasterKey): KeyFile => ({ kind: "raw", id, key: key.toString("hex") });

// The master key is random and sealed under the passphrase's key, so that a passphrase can change and a vault need not.
async function passphraseFile({ id, key }: MasterKey, passphrase: string, entropy: Entropy): Promise<KeyFile> {
  const cost = { ...COST, salt: entropy.bytes(SALT_BYTES).toString("hex") };
  const nonce = entropy.bytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", await derive(passphrase, cost), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(id, "hex"));
  const sealed = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString("hex");
  return { kind: "passphrase", id, scrypt: cost, sealed };
}

async function openSealed(
  path: string,
  { id, scrypt: cost, sealed }: KeyFile & { kind: "passphrase" },
  passphrase: string,
): Promise<MasterKey> {
  const bytes = Buffer.from(sealed, "hex");
  const key = await derive(passphrase, cost);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(id, "hex"));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return { id, key: Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]) };
  } catch (cause) {
    // The digest of the file held, so it is not the file.
    throw new Failure("KEY_WRONG", `the passphrase does not open ${path}`, { cause });
  }
}

function derive(passphrase: string, { N, r, p, salt }: ScryptCost): Promise<Buffer> {
  const maxmem = 128 * N * r + 128 * r * p + MIB;
  // One passphrase typed on two keyboards may be two sequences of code points.
  const typed = passphrase.normalize("NFC");
  return new Promise((resolve, reject) => {
    scrypt(typed, Buffer.from(salt, "hex"), MASTER_KEY_BYTES, { N, r, p, maxmem }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

// Written whole under another name and then linked, which never overwrites: nobody finds half a key file, ever.
async function publish(path: string, text: string, entropy: Entropy): Promise<void> {
  const unfinished = `${path}.${entropy.bytes(KEY_ID_BYTES).toString("hex")}`;
  const handle = await open(unfinished, "wx", OWNER_ONLY);
  try {
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(unfinished, path);
  } finally {
    await unlink(unfinished);
  }
  const directory = dirname(path);
  await new DirectorySync(directory).sync(directory);
}

async function readKeyFile(path: string): Promise<{ text: string; mode: number }> {
  try {
    const handle = await open(path, "r");
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw new Failure("KEY_FILE_INVALID", `${path} is not a file`);
      if (facts.size > FILE_BYTES_MAX) throw new Failure("KEY_FILE_INVALID", `${path} is too long for a key file`);
      return { text: await handle.readFile("utf8"), mode: facts.mode };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") {
      throw new Failure("KEY_FILE_NOT_FOUND", `there is no key file ${path}`, { cause: error });
    }
    throw storeFailure(error, `read ${path}`);
  }
}
