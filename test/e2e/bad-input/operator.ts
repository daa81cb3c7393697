import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { COMMANDS } from "../../../bin/commands.ts";
import { main } from "../../../bin/program.ts";
import { ERRORS, type ErrorCode } from "../../../lib/model/errors.ts";
import { fakeContext } from "../../bin/fake-context.ts";

/** What an operator sees of one command. */
export interface Seen {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, as an operator without a terminal would. */
export const lastgood = async (args: readonly string[], env: Record<string, string> = {}): Promise<Seen> => {
  const context = fakeContext({ env });
  const status = await main(args, context, COMMANDS);
  return { status, out: context.out(), err: context.err() };
};

export interface Expected {
  readonly code: ErrorCode;
  /** What the message says: what was got, with its place. */
  readonly says: RegExp;
  /** What the next step is, where it is not the table's. */
  readonly hint?: RegExp;
  readonly env?: Record<string, string>;
}

/**
 * The command fails as documented, twice: once for a person, once for a program. One message, its next step, the exit
 * status of its code, nothing on standard output, no stack, no secret.
 */
export const expectFailure = async (args: readonly string[], expected: Expected): Promise<void> => {
  const { code, says, env } = expected;
  expectFailed(await lastgood(args, env), expected);
  const { status, out, err } = await lastgood([...args, "--json"], env);
  const { error, schema } = JSON.parse(err.trimEnd().split("\n").at(-1) ?? "") as {
    schema: string;
    error: Record<string, unknown>;
  };
  expect({ status, out, schema }).toEqual({ status: ERRORS[code].exit, out: "", schema: "lastgood.error/1" });
  const { exit, retryable } = ERRORS[code];
  expect(error).toMatchObject({ code, exit, retryable, message: expect.stringMatching(says) as string });
};

/** What a person saw of a failed command, in whatever way it was run. */
export const expectFailed = ({ status, out, err }: Seen, { code, says, hint }: Expected): void => {
  const lines = err.trimEnd().split("\n");
  const message = (lines.at(-2) ?? "").replace(/^error: /, "");
  expect(
    lines.filter((line) => line.startsWith("error: ")),
    err,
  ).toEqual([`error: ${message}`]);
  expect(message).toMatch(says);
  expect(lines.at(-1)).toMatch(hint ?? new RegExp(`^hint: ${escaped(ERRORS[code].hint)}$`));
  // Lower case and no full stop, unless a name or another program's words stand there.
  expect(message).not.toMatch(/\.$/);
  expect(err).not.toMatch(/\n\s+at |unexpected |secret-word|node_modules/);
  expect({ status, out }, err).toEqual({ status: ERRORS[code].exit, out: "" });
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

export const temporary = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-bad-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** That something was refused is recorded: evidence.test.ts looks at the records. */
const RECORDS = "/evidence/chain/";

/** Every file below a directory but records, with a digest of its bytes and its mode: what must be as before. */
export const photograph = async (directory: string): Promise<Readonly<Record<string, string>>> => {
  const seen: Record<string, string> = {};
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (path.includes(RECORDS)) continue;
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    seen[path] = `${(await stat(path)).mode.toString(8)} ${digest}`;
  }
  return seen;
};

/** A vault with its key file, and the arguments that name them. */
export interface Place {
  readonly directory: string;
  readonly vault: string;
  readonly keys: string;
  readonly args: readonly string[];
}

export const placeIn = (directory: string): Place => {
  const [vault, keys] = [join(directory, "vault"), join(directory, "keys.json")];
  return { directory, vault, keys, args: ["--vault", vault, "--keys", keys] };
};

/** Takes a point and gives its id. */
export const takePoint = async (url: string, place: Place, ...more: readonly string[]): Promise<string> => {
  const { status, out, err } = await lastgood(["capture", "--database", url, "--json", ...place.args, ...more]);
  expect(status, err).toBe(0);
  return (JSON.parse(out) as { point: { id: string } }).point.id;
};

/** Every point of the vault reads to its last row: its difference from itself was read, and every table is written as SQL. */
export const pointIds = async (place: Place): Promise<readonly string[]> => {
  const { status, out, err } = await lastgood(["point", "list", "--json", ...place.args]);
  expect(status, err).toBe(0);
  return (JSON.parse(out) as { points: { id: string }[] }).points.map(({ id }) => id);
};
