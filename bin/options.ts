import { readFile, stat } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { Failure } from "../lib/model/errors.ts";
import { DAY_MS } from "../lib/model/units.ts";
import type { Context } from "./context.ts";

type Env = Context["env"];

/** `--database <url>`; the address may come from LASTGOOD_DATABASE, the password from PGPASSWORD or ~/.pgpass. */
export const databaseOption = () =>
  new Option(
    "--database <url>",
    "PostgreSQL, as postgres://user@host:port/database (or LASTGOOD_DATABASE); its name, if a stack or the policy knows where it is",
  );

export const vaultOption = () =>
  new Option("--vault <place>", "where points are kept: a directory, or aws:<stack> (or LASTGOOD_VAULT)");

export const keysOption = () => new Option("--keys <file>", "key file of the vault (or LASTGOOD_KEYS)");

export const passphraseFileOption = () =>
  new Option("--passphrase-file <file>", "file whose first line unlocks the key file (or LASTGOOD_PASSPHRASE)");

type Options = Record<string, unknown>;

/** What every command that opens a vault is given to find and unlock it: after its own options, so that help shows those first. */
export const withVaultOptions = <Args extends unknown[], Own extends Options, Outer extends Options>(
  command: Command<Args, Own, Outer>,
) => command.addOption(vaultOption()).addOption(keysOption()).addOption(passphraseFileOption());

const JOBS_MAX = 32;

/** How many connections work side by side. */
export const jobsOption = () =>
  new Option("--jobs <count>", "connections that work side by side (default: one per core, at least 2)").argParser(
    (text) => {
      const jobs = Number(text);
      if (!Number.isInteger(jobs) || jobs < 1 || jobs > JOBS_MAX)
        throw new InvalidArgumentError(`expected a whole number from 1 to ${JOBS_MAX}`);
      return jobs;
    },
  );

/** A flag's value, else the environment's; an empty one counts as none. */
const resolve = (
  env: Env,
  flag: string | undefined,
  { option, variable }: { option: string; variable: string },
): string => {
  const value = flag ?? env[variable] ?? "";
  if (value !== "") return value;
  throw new Failure("USAGE", `${option} is missing`, { hint: `give ${option}, or set ${variable}` });
};

export const resolveDatabase = (env: Env, flag: string | undefined): string =>
  resolve(env, flag, { option: "--database", variable: "LASTGOOD_DATABASE" });

export const resolveVault = (env: Env, flag: string | undefined): string =>
  resolve(env, flag, { option: "--vault", variable: "LASTGOOD_VAULT" });

export const resolveKeys = (env: Env, flag: string | undefined): string =>
  resolve(env, flag, { option: "--keys", variable: "LASTGOOD_KEYS" });

/** A day of UTC, at its start or its last millisecond, or an instant of ISO 8601 with its zone. */
export const instantArgument = (text: string, edge: "start" | "end"): number => {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const at = isDay || /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  // 31 February is taken for 3 March.
  if (Number.isNaN(at) || (isDay && !new Date(at).toISOString().startsWith(text)))
    throw new InvalidArgumentError("expected a day, as 2026-11-21, or an instant, as 2026-11-21T16:00:00Z");
  return isDay && edge === "end" ? at + DAY_MS - 1 : at;
};

const ACTOR = /^[^\p{C}]{1,200}$/u;

/**
 * Who acts, for the evidence: LASTGOOD_ACTOR, else the machine's user.
 * @throws USAGE  it is no name
 */
export const resolveActor = (env: Env, machineUser: () => string): string => {
  const actor = env["LASTGOOD_ACTOR"] || machineUser();
  if (ACTOR.test(actor)) return actor;
  throw new Failure("USAGE", "LASTGOOD_ACTOR is no name: expected 1 to 200 printable characters", {
    hint: "set LASTGOOD_ACTOR to who runs this: a person's account, or a pipeline",
  });
};

const PASSPHRASE_BYTES_MAX = 4096;
const READABLE_BY_OTHERS = 0o077;

/**
 * The passphrase of the key file: first line of --passphrase-file, else LASTGOOD_PASSPHRASE, else undefined. There is no
 * flag for the passphrase itself, because every user of a machine can read the arguments of its processes.
 * @throws USAGE  the file cannot be read, is too long or starts with an empty line
 * @throws KEY_FILE_UNSAFE  others may read the file
 */
export const resolvePassphrase = async (env: Env, file: string | undefined): Promise<string | undefined> => {
  if (file === undefined) {
    const value = env["LASTGOOD_PASSPHRASE"] ?? "";
    return value === "" ? undefined : value;
  }
  const text = await readPassphraseFile(file);
  const [line = ""] = text.split(/\r?\n/, 1);
  if (line === "")
    throw new Failure("USAGE", `passphrase file ${file} starts with an empty line`, {
      hint: "write the passphrase on its first line",
    });
  return line;
};

const readPassphraseFile = async (file: string): Promise<string> => {
  const facts = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(file, cause);
  });
  if (facts.isFile() && (facts.mode & READABLE_BY_OTHERS) !== 0) {
    throw new Failure(
      "KEY_FILE_UNSAFE",
      `passphrase file ${file} can be read by others (mode ${(facts.mode & 0o777).toString(8)})`,
      {
        hint: `chmod 600 ${file}`,
      },
    );
  }
  if (facts.size > PASSPHRASE_BYTES_MAX) {
    throw new Failure(
      "USAGE",
      `passphrase file ${file} has ${facts.size} bytes, at most ${PASSPHRASE_BYTES_MAX} are expected`,
      {
        hint: "give --passphrase-file the file that holds the passphrase alone",
      },
    );
  }
  return await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(file, cause);
  });
};

const unreadable = (file: string, cause: NodeJS.ErrnoException): Failure =>
  new Failure("USAGE", `passphrase file ${file} cannot be read: ${cause.code ?? cause.message}`, {
    hint: "check --passphrase-file",
    cause,
  });
