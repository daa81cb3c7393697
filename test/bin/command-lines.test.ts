import { expect, test } from "vitest";
import { COMMANDS } from "../../bin/commands.ts";
import { main } from "../../bin/program.ts";
import { fakeContext } from "./fake-context.ts";

const lastgood = async (args: readonly string[], env: Record<string, string> = {}) => {
  const context = fakeContext({ env });
  const status = await main(args, context, COMMANDS);
  return { status, out: context.out(), err: context.err() };
};

const URL = "postgres://me@127.0.0.1:1/shop";
const PLACE = "--vault /nowhere/vault --keys /nowhere/keys.json";

test.each([
  ["capture", /^--database is missing$/, "give --database, or set LASTGOOD_DATABASE"],
  [`capture --database ${URL}`, /^--vault is missing$/, "give --vault, or set LASTGOOD_VAULT"],
  [`capture --database ${URL} --vault /nowhere`, /^--keys is missing$/, "give --keys, or set LASTGOOD_KEYS"],
  [
    `capture --database ${URL} ${PLACE} --tier warm`,
    /^option '--tier <tier>' argument 'warm' is invalid: allowed choices are hot, release$/,
  ],
  [
    `capture --database ${URL} ${PLACE} --jobs 0`,
    /^option '--jobs <count>' argument '0' is invalid: expected a whole number from 1 to 32$/,
  ],
  [`capture --database ${URL} ${PLACE} --jobs 33`, /argument '33' is invalid: expected/],
  [`capture --database ${URL} ${PLACE} --jobs 2.5`, /argument '2.5' is invalid: expected/],
  [`capture --database ${URL} ${PLACE} --jobs many`, /argument 'many' is invalid: expected/],
  [`capture --database ${URL} ${PLACE} now`, /^too many arguments for 'capture'/],
  [`capture --datbase ${URL} ${PLACE}`, /^unknown option '--datbase' \(Did you mean --database\?\)$/],
  [`capture --password secret-word`, /^unknown option '--password'/],
  ["point", /^no command given$/, "choose one of those above"],
  ["point lst", /^unknown command 'lst' \(Did you mean list\?\)$/],
  ["points list", /^unknown command 'points' \(Did you mean point\?\)$/],
  [`point show ${PLACE}`, /^missing required argument 'point'$/],
  [`point diff ${PLACE}`, /^missing required argument 'a'$/],
  [`point diff a b c ${PLACE}`, /^too many arguments for 'diff'/],
  [`point diff a ${PLACE}`, /^nothing is given to compare with$/, "give a second point, or --live and --database"],
  [
    `point diff a b --live --database ${URL} ${PLACE}`,
    /^both a second point and --live are given$/,
    "give a second point, or --live and --database",
  ],
  [`point diff a b --samples -1 ${PLACE}`, /samples/],
  [`point diff a b --samples 101 ${PLACE}`, /samples/],
  [`restore plan latest ${PLACE}`, /^--database is missing$/, "give --database, or set LASTGOOD_DATABASE"],
  [`restore apply ${PLACE}`, /^missing required argument 'plan'$/],
  [`restore apply plan.json --proof none ${PLACE}`, /argument 'none' is invalid: allowed choices are full, counts$/],
  [`restore apply latest --to csv ${PLACE}`, /argument 'csv' is invalid: allowed choices are sql$/],
  [
    `restore apply plan.json --database ${URL} --table a.b ${PLACE}`,
    /^--table goes with --to sql/,
    "give restore plan the tables, then apply its plan",
  ],
  [
    `restore apply plan.json --database ${URL} --out x.sql ${PLACE}`,
    /^--out goes with --to sql/,
    "give restore plan the tables, then apply its plan",
  ],
  [`verify --level deep ${PLACE}`, /argument 'deep' is invalid/],
  ["evidence verify", /^required option '--public-key <file>' not specified$/],
  [
    "evidence verify --public-key key.pem",
    /^no evidence directory is given$/,
    "give the directory evidence of a vault, or a copy of it; a proof alone needs none",
  ],
  [
    "evidence verify --public-key key.pem --proof proof.json --head head.json",
    /^no evidence directory is given$/,
    "give the directory evidence of a vault, or a copy of it; a proof alone needs none",
  ],
  [
    "evidence prove first --out proof.json",
    /'first' is invalid for argument 'record'. expected the number of a record$/,
  ],
  ["evidence prove 0 --out proof.json", /expected the number of a record$/],
  ["evidence prove 1", /^required option '--out <file>' not specified$/],
  [`evidence list --from yesterday ${PLACE}`, /expected a day, as 2026-11-21, or an instant/],
  ["doctor", /^nothing to look at$/, "give --database, --vault and --keys, or both"],
  ["completion powershell", /powershell/],
] as const)("fails with status 2, one message and nothing done: lastgood %s", async (line, says, hint?: string) => {
  const args = line.split(" ");
  const { status, out, err } = await lastgood(args);
  const [message = "", next = ""] = err.trimEnd().split("\n").slice(-2);
  expect({ status, out }, err).toEqual({ status: 2, out: "" });
  expect(message.replace(/^error: /, "")).toMatch(says);
  expect(next).toBe(`hint: ${hint ?? "run the command with --help"}`);
  expect(err).not.toMatch(/secret-word|\n\s+at /);
  const json = await lastgood([...args, "--json"]);
  expect(json).toMatchObject({ status: 2, out: "" });
  const event = JSON.parse(json.err.trimEnd().split("\n").at(-1) ?? "") as { error: unknown };
  expect(event.error).toMatchObject({ code: "USAGE", exit: 2 });
});

test("an empty variable of the environment counts as none", async () => {
  const { status, err } = await lastgood(["capture"], { LASTGOOD_DATABASE: "" });
  expect({ status, err }).toEqual({
    status: 2,
    err: "error: --database is missing\nhint: give --database, or set LASTGOOD_DATABASE\n",
  });
});

test("status reads lastgood.yaml of the folder when no policy is named, and says so if there is none", async () => {
  const { status, out, err } = await lastgood(["status", "--vault", "/nowhere/vault", "--keys", "/nowhere/keys.json"]);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  expect(err).toMatch(/^error: policy lastgood\.yaml cannot be read: ENOENT\n/);
});

test("what acts by a policy wants it named, also where a lastgood.yaml lies in the folder", async () => {
  for (const command of ["archive create", "expire run", "report --from 2026-10-01 --to 2026-11-01 --out x"]) {
    const { status, err } = await lastgood(command.split(" "));
    expect({ status, err }, command).toMatchObject({
      status: 2,
      err: expect.stringContaining("error: required option '--policy <file>' not specified\n") as string,
    });
  }
});
