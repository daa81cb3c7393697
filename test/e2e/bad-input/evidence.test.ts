import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { expectFailure, lastgood, type Place, placeIn, takePoint, temporary } from "./operator.ts";

const server = testServer(18);
let url: string;

beforeAll(async () => {
  url = await freshDatabase(server);
  await query(url, "CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one SELECT generate_series(1, 10)");
}, 60_000);

const captured = async (): Promise<Place> => {
  const place = placeIn(await temporary());
  await takePoint(url, place);
  return place;
};

interface Listed {
  readonly act: string;
  readonly outcome: string;
  readonly actor: string;
  readonly line: string;
}

const recordsOf = async (place: Place): Promise<readonly Listed[]> => {
  const { status, out, err } = await lastgood(["evidence", "list", "--json", ...place.args]);
  expect(status, err).toBe(0);
  return (JSON.parse(out) as { records: readonly Listed[] }).records;
};

const publicKeyOf = async (place: Place): Promise<string> => {
  const file = join(place.directory, "public.pem");
  await writeFile(file, (await lastgood(["evidence", "key", ...place.args])).out);
  return file;
};

test("what failed and what was refused is in the evidence, with its code and who tried it", async () => {
  const place = await captured();
  const env = { LASTGOOD_ACTOR: "ci/nightly" };
  const failed = ["restore", "apply", "none", "--to", "sql", ...place.args];
  expect((await lastgood(failed, env)).status).toBe(6);
  const policy = join(place.directory, "lastgood.yaml");
  await writeFile(policy, await policyFor(new URL(url).pathname.slice(1)));
  expect((await lastgood(["capture", "--database", url, "--policy", policy, ...place.args], env)).status).toBe(4);
  const records = (await recordsOf(place)).map(({ line, ...record }) => ({
    ...record,
    ...(JSON.parse(line) as object),
  }));
  expect(records.slice(1)).toMatchObject([
    { act: "restore", outcome: "failed", code: "POINT_NOT_FOUND", actor: "ci/nightly", point: "none" },
    { act: "policy", outcome: "done" },
    { act: "capture", outcome: "refused", code: "TABLE_UNCLASSIFIED", actor: "ci/nightly" },
  ]);
});

/** The guide's first policy, for a database with a table that it does not name. */
const policyFor = async (database: string): Promise<string> => {
  const page = await readFile("docs/guide/policy.md", "utf8");
  const [, yaml = ""] = /```yaml lastgood\.yaml\n(.*?)```/s.exec(page) ?? [];
  expect(yaml).toContain("[shop]");
  return yaml.replace("[shop]", `[${database}]`).replace(/public\.\*/g, "other.*");
};

test("looking at a vault records nothing, and makes no evidence directory in one that has none", async () => {
  const place = await captured();
  await rm(join(place.vault, "evidence"), { recursive: true });
  for (const look of [
    ["point", "list"],
    ["point", "show", "latest"],
    ["evidence", "list"],
    ["sweep", "--dry-run"],
  ])
    expect((await lastgood([...look, ...place.args])).status).toBe(0);
  expect(await readdir(place.vault)).not.toContain("evidence");
});

test("fails with status 3 after the result when a file stands where the evidence should be", async () => {
  const place = await captured();
  const evidence = join(place.vault, "evidence");
  await rm(evidence, { recursive: true });
  await writeFile(evidence, "mine");
  const { status, out, err } = await lastgood(["verify", ...place.args]);
  expect({ status, out }).toMatchObject({ status: 3, out: expect.stringContaining("no problem found") as string });
  expect(err).toContain('the act "verify" was done and is not recorded');
  expect(await readFile(evidence, "utf8")).toBe("mine");
});

test("a hidden actor, or one of a thousand characters, is refused before anything is done", async () => {
  const place = await captured();
  for (const actor of ["a\u001b[31mb", "x".repeat(201)])
    await expectFailure(["verify", ...place.args], {
      code: "USAGE",
      says: /^LASTGOOD_ACTOR is no name: expected 1 to 200 printable characters$/,
      hint: /^hint: set LASTGOOD_ACTOR to who runs this/,
      env: { LASTGOOD_ACTOR: actor },
    });
  expect(await recordsOf(place)).toHaveLength(1);
});

test("evidence verifies without the vault and without its key file, after both are gone", async () => {
  const place = await captured();
  const key = await publicKeyOf(place);
  const [head, proof, copy] = ["head.json", "proof.json", "copy"].map((name) => join(place.directory, name)) as [
    string,
    string,
    string,
  ];
  expect((await lastgood(["evidence", "sign", "--out", head, ...place.args])).status).toBe(0);
  expect((await lastgood(["evidence", "prove", "1", "--out", proof, ...place.args])).status).toBe(0);
  await cp(join(place.vault, "evidence"), copy, { recursive: true });
  await rm(place.vault, { recursive: true });
  await rm(place.keys);
  const seen = await lastgood(["evidence", "verify", copy, "--public-key", key, "--head", head, "--proof", proof]);
  expect(seen, seen.err).toMatchObject({ status: 0, out: expect.stringContaining("no problem found") as string });
});

test("fails on evidence that is not there, a directory of other files, a key that is none, and a proof that is none", async () => {
  const place = await captured();
  const key = await publicKeyOf(place);
  const evidence = join(place.vault, "evidence");
  const verify = (...args: string[]) => ["evidence", "verify", ...args];
  await expectFailure(verify(join(place.directory, "none"), "--public-key", key), {
    code: "EVIDENCE_NOT_FOUND",
    says: /^there is no directory .*none$/,
    hint: /^hint: give the directory evidence of a vault/,
  });
  await expectFailure(verify("--public-key", key), {
    code: "USAGE",
    says: /^no evidence directory is given$/,
    hint: /^hint: give the directory evidence of a vault/,
  });
  await expectFailure(verify(evidence, "--public-key", place.keys), {
    code: "USAGE",
    says: /^the public key cannot be read: expected SPKI in PEM, on the curve P-256$/,
    hint: /^hint: lastgood evidence key prints it$/,
  });
  await expectFailure(verify(evidence, "--public-key", join(place.directory, "no.pem")), {
    code: "USAGE",
    says: /^--public-key .*no\.pem cannot be read: ENOENT$/,
    hint: /^hint: check --public-key$/,
  });
  await expectFailure(verify("--public-key", key, "--proof", place.keys), {
    code: "EVIDENCE_BROKEN",
    says: /^the file is no audit proof of format 1$/,
  });
  const other = join(place.directory, "other");
  await mkdir(other);
  const seen = await lastgood(verify(other, "--public-key", key));
  expect(seen).toMatchObject({ status: 9, out: expect.stringContaining("PROBLEM there is no record") as string });
  const unsigned = await lastgood(verify(evidence, "--public-key", key));
  expect(unsigned).toMatchObject({
    status: 9,
    out: expect.stringContaining("PROBLEM there is no signed head") as string,
  });
});

test("fails to prove a record that is under no head, and to write over a file", async () => {
  const place = await captured();
  const out = join(place.directory, "proof.json");
  await expectFailure(["evidence", "prove", "1", "--out", out, ...place.args], {
    code: "EVIDENCE_NOT_FOUND",
    says: /^record 1 is under no signed head: there are 0$/,
  });
  expect((await lastgood(["evidence", "sign", ...place.args])).status).toBe(0);
  await writeFile(out, "mine");
  await expectFailure(["evidence", "prove", "1", "--out", out, ...place.args], {
    code: "OUTPUT_EXISTS",
    says: /exists$/,
  });
});
