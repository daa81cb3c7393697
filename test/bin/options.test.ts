import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  databaseOption,
  instantArgument,
  keysOption,
  passphraseFileOption,
  resolveActor,
  resolveDatabase,
  resolveKeys,
  resolvePassphrase,
  resolveVault,
  vaultOption,
} from "../../bin/options.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lastgood-options-"));
});
afterAll(() => rm(folder, { recursive: true }));

const file = async (text: string, mode = 0o600): Promise<string> => {
  const path = join(folder, `passphrase-${mode}-${text.length}`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
};

test.each([
  ["--database", "LASTGOOD_DATABASE", resolveDatabase],
  ["--vault", "LASTGOOD_VAULT", resolveVault],
  ["--keys", "LASTGOOD_KEYS", resolveKeys],
])("%s wins over %s, which wins over nothing", (option, variable, resolve) => {
  expect(resolve({ [variable]: "from environment" }, "from flag")).toBe("from flag");
  expect(resolve({ [variable]: "from environment" }, undefined)).toBe("from environment");
  const expected = { code: "USAGE", message: `${option} is missing`, hint: `give ${option}, or set ${variable}` };
  expect(() => resolve({}, undefined)).toThrow(expect.objectContaining(expected) as Error);
  expect(() => resolve({ [variable]: "" }, undefined)).toThrow(expect.objectContaining(expected) as Error);
});

test.each([
  [databaseOption(), "--database", "LASTGOOD_DATABASE"],
  [vaultOption(), "--vault", "LASTGOOD_VAULT"],
  [keysOption(), "--keys", "LASTGOOD_KEYS"],
  [passphraseFileOption(), "--passphrase-file", "LASTGOOD_PASSPHRASE"],
])("help of $long names its variable", (option, long, variable) => {
  expect(option).toMatchObject({ long, description: expect.stringContaining(variable) as string });
});

test("who acts is LASTGOOD_ACTOR, else the machine's user; an empty one counts as none", () => {
  expect(resolveActor({ LASTGOOD_ACTOR: "ci/nightly" }, () => "ada")).toBe("ci/nightly");
  expect(resolveActor({ LASTGOOD_ACTOR: "" }, () => "ada")).toBe("ada");
  expect(resolveActor({}, () => "_postgres")).toBe("_postgres");
  expect(resolveActor({ LASTGOOD_ACTOR: "x".repeat(200) }, () => "ada")).toHaveLength(200);
});

test.each(["\n", "a\tb", "\u001b[31mred", "a\u202eb", "x".repeat(201)])(
  "fails on an actor that hides something: %j",
  (actor) => {
    expect(() => resolveActor({ LASTGOOD_ACTOR: actor }, () => "ada")).toThrow(
      expect.objectContaining({ code: "USAGE" }) as Error,
    );
  },
);

test.each([
  ["2026-11-21", "start", "2026-11-21T00:00:00.000Z"],
  ["2026-11-21", "end", "2026-11-21T23:59:59.999Z"],
  ["2026-11-21T16:00:00Z", "end", "2026-11-21T16:00:00.000Z"],
  ["2026-11-21T16:00:00.5+01:00", "start", "2026-11-21T15:00:00.500Z"],
] as const)("%s as the %s of a time is %s", (text, edge, instant) => {
  expect(new Date(instantArgument(text, edge)).toISOString()).toBe(instant);
});

test.each([
  "",
  "yesterday",
  "2026-13-01",
  "2026-02-31",
  "2026-11-31T25:00:00Z",
  "2026-11-21T16:00:00",
  "21.11.2026",
  "1795190400000",
])("fails on %j for a time", (text) => {
  expect(() => instantArgument(text, "start")).toThrow(/^expected a day, as 2026-11-21, or an instant/);
});

test("the passphrase is the first line of its file, which wins over LASTGOOD_PASSPHRASE", async () => {
  const env = { LASTGOOD_PASSPHRASE: "from environment" };
  expect(await resolvePassphrase(env, await file("correct horse \r\nsecond"))).toBe("correct horse ");
  expect(await resolvePassphrase(env, undefined)).toBe("from environment");
  expect(await resolvePassphrase({ LASTGOOD_PASSPHRASE: "" }, undefined)).toBeUndefined();
});

test("fails on a passphrase file that others may read, and names the cure", async () => {
  const path = await file("secret words\n", 0o640);
  await expect(resolvePassphrase({}, path)).rejects.toMatchObject({
    code: "KEY_FILE_UNSAFE",
    hint: `chmod 600 ${path}`,
  });
});

test("fails on a passphrase file that is not there, too long, or empty, without falling back to the environment", async () => {
  const env = { LASTGOOD_PASSPHRASE: "from environment" };
  await expect(resolvePassphrase(env, join(folder, "absent"))).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining("ENOENT") as string,
  });
  await expect(resolvePassphrase(env, await file("x".repeat(5000)))).rejects.toMatchObject({ code: "USAGE" });
  await expect(resolvePassphrase(env, await file("\nsecond"))).rejects.toMatchObject({ code: "USAGE" });
  await expect(resolvePassphrase(env, folder)).rejects.toMatchObject({ code: "USAGE" });
});
