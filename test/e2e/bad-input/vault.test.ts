import { appendFile, chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeDocument, encodeDocument } from "../../../lib/engine/document.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import {
  type Expected,
  expectFailure,
  lastgood,
  type Place,
  photograph,
  placeIn,
  takePoint,
  temporary,
} from "./operator.ts";

const server = testServer(18);
let url = "";

beforeAll(async () => {
  url = await freshDatabase(server);
  await query(url, "CREATE TABLE orders AS SELECT n AS id FROM generate_series(1, 100) n");
});

const captured = async (...more: readonly string[]): Promise<Place> => {
  const place = placeIn(await temporary());
  await takePoint(url, place, ...more);
  return place;
};

/** Commands that open a vault; none of them may change one that it refuses. */
const commandsOf = (place: Place, more: readonly string[] = []): readonly (readonly string[])[] => [
  ["capture", "--database", url, ...place.args, ...more],
  ["point", "list", ...place.args, ...more],
  ["restore", "apply", "latest", "--to", "sql", ...place.args, ...more],
];

/** What a capture may leave that fails after it announced itself: its intent, given up, and a key that seals nothing. */
const TRACES = /\/hot\/intents\/|\/keys\/parts\//;

const expectRefused = async (
  place: Place,
  expected: Expected,
  commands: readonly (readonly string[])[] = commandsOf(place),
): Promise<void> => {
  const before = await photograph(place.directory);
  for (const args of commands) {
    await expectFailure(args, expected);
    const after = Object.entries(await photograph(place.directory));
    const traces = args[0] === "capture" ? after.filter(([path]) => !(path in before) && TRACES.test(path)) : [];
    expect(Object.fromEntries(after.filter((entry) => !traces.includes(entry)))).toEqual(before);
    for (const [path] of traces) await rm(path);
  }
};

test("fails where the vault is a file, lies under one, or is a directory with other files; none is touched", async () => {
  const directory = await temporary();
  const file = join(directory, "file");
  await writeFile(file, "mine");
  await expectRefused(
    { ...placeIn(directory), args: ["--vault", file, "--keys", join(directory, "k")] },
    {
      code: "VAULT_NOT_A_DIRECTORY",
      says: /^.*\/file is a file$/,
    },
    commandsOf({ ...placeIn(directory), args: ["--vault", file, "--keys", join(directory, "k")] }),
  );
  const under = ["--vault", join(file, "vault"), "--keys", join(directory, "k")];
  await expectRefused(
    { ...placeIn(directory), args: under },
    {
      code: "VAULT_NOT_A_DIRECTORY",
      says: /\/file/,
    },
  );
  const [capture = []] = commandsOf({
    ...placeIn(directory),
    args: ["--vault", directory, "--keys", join(directory, "k")],
  });
  await expectRefused(
    placeIn(directory),
    { code: "VAULT_NOT_OURS", says: /^directory .* holds other files and is not a vault$/ },
    [capture],
  );
});

test("fails to read a vault that is not there, and does not make one", async () => {
  const place = placeIn(await temporary());
  const [, ...readers] = commandsOf(place);
  await expectRefused(place, { code: "VAULT_NOT_FOUND", says: /^there is no vault in .*vault$/ }, readers);
});

test("fails on a vault of a newer format, and on a point of a newer format, and names the object", async () => {
  const place = await captured();
  const path = join(place.vault, "hot", "vault.json");
  const document = await readFile(path);
  await writeFile(path, encodeDocument({ ...decodeDocument("vault.json", document, 1), format: 2 }));
  await expectRefused(place, {
    code: "VAULT_TOO_NEW",
    says: /^object vault\.json has format 2, this Lastgood reads up to 1$/,
  });
  await writeFile(path, document);

  const id = await takePoint(url, place);
  const point = join(place.vault, "hot", "points", id, "000001.json");
  const content = await readFile(point);
  await writeFile(point, encodeDocument({ ...decodeDocument("point", content, 1), format: 2 }));
  await expectRefused(place, {
    code: "VAULT_TOO_NEW",
    says: new RegExp(`^object points/${id}/000001\\.json has format 2`),
  });
  await writeFile(point, content);
  await takePoint(url, place);
});

test("fails on a damaged vault document and on a damaged point, and names the object", async () => {
  const place = await captured();
  const id = await takePoint(url, place);
  for (const name of ["vault.json", `points/${id}/000001.json`]) {
    const path = join(place.vault, "hot", name);
    const content = await readFile(path);
    const flipped = Buffer.from(content);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    for (const bad of [flipped, content.subarray(0, content.length - 1), Buffer.alloc(0)]) {
      await writeFile(path, bad);
      await expectRefused(place, { code: "OBJECT_CORRUPT", says: new RegExp(`^object ${name} is damaged: `) });
    }
    await writeFile(path, content);
  }
  await takePoint(url, place);
});

test("fails on a part or chunk that is gone or damaged when it is read, and names the object", async () => {
  const place = await captured();
  const toSql = [
    "restore",
    "apply",
    "latest",
    "--to",
    "sql",
    "--out",
    join(place.directory, "never.sql"),
    ...place.args,
  ];
  for (const prefix of ["chunks/", "pages/", "parts/"]) {
    const [path = ""] = Object.keys(await photograph(join(place.vault, "hot", prefix)));
    await rename(path, `${path}~`);
    const name = path.slice(join(place.vault, "hot").length + 1);
    await expectRefused(place, { code: "OBJECT_MISSING", says: new RegExp(`object ${name} is missing`) }, [toSql]);
    const content = await readFile(`${path}~`);
    content[content.length - 3] = (content.at(-3) ?? 0) ^ 1;
    await writeFile(path, content);
    await expectRefused(place, { code: "OBJECT_CORRUPT", says: new RegExp(`object ${name} is damaged`) }, [toSql]);
    await rename(`${path}~`, path);
  }
});

describe("key files", () => {
  test("fails without the key file of a vault that is there, and does not make another", async () => {
    const place = await captured();
    await rename(place.keys, `${place.keys}.away`);
    await expectRefused(place, { code: "KEY_FILE_NOT_FOUND", says: /^there is no key file .*keys\.json$/ });
  });

  test("fails with the key file of another vault, before anything is written", async () => {
    const [place, other] = [await captured(), await captured()];
    await copyFile(other.keys, place.keys);
    const [capture = [], , sql = []] = commandsOf(place);
    await expectRefused(
      place,
      { code: "KEY_WRONG", says: /^the data key was wrapped under key [0-9a-f]{16}, this is key [0-9a-f]{16}$/ },
      [capture, sql],
    );
  });

  test("fails on a damaged key file, an empty one, one that is not ours and a directory", async () => {
    const place = await captured();
    const text = await readFile(place.keys, "utf8");
    const [key = ""] = /"[0-9a-f]{64}"/.exec(text) ?? [];
    const bad = [
      ["", /keys\.json is not JSON$/],
      ["{}", /keys\.json is no key file$/],
      [text.slice(0, -20), /keys\.json is not JSON$/],
      [
        text.replace(
          key,
          key.replace(/[0-9a-f]/, (digit) => (digit === "0" ? "1" : "0")),
        ),
        /was changed/,
      ],
    ] as const;
    for (const [content, says] of bad) {
      await writeFile(place.keys, content);
      await expectRefused(place, { code: "KEY_FILE_INVALID", says });
    }
    await rm(place.keys);
    await mkdir(place.keys);
    await expectRefused(place, { code: "KEY_FILE_INVALID", says: /keys\.json is not a file$/ });
  });

  test("fails on a key file that others may read", async () => {
    const place = await captured();
    await chmod(place.keys, 0o644);
    await expectRefused(place, {
      code: "KEY_FILE_UNSAFE",
      says: /keys\.json has mode 644; a key without a passphrase needs 600$/,
    });
  });

  test("fails on a wrong passphrase, a missing one, one too many, and a passphrase file that others may read", async () => {
    const directory = await temporary();
    const word = join(directory, "word");
    await writeFile(word, "secret-word\n", { mode: 0o600 });
    const place = placeIn(directory);
    await takePoint(url, place, "--passphrase-file", word);
    await expectRefused(place, { code: "KEY_WRONG", says: /keys\.json is protected by a passphrase; none was given$/ });
    const [, list = []] = commandsOf(place); // One command: each try takes a second of scrypt.
    await expectRefused(
      place,
      {
        code: "KEY_WRONG",
        says: /^the passphrase does not open .*keys\.json$/,
        env: { LASTGOOD_PASSPHRASE: "another-secret-word" },
      },
      [list],
    );
    await chmod(word, 0o640);
    await expectRefused(
      place,
      { code: "KEY_FILE_UNSAFE", says: /word can be read by others \(mode 640\)$/, hint: /^hint: chmod 600 / },
      commandsOf(place, ["--passphrase-file", word]),
    );
    const open = await captured();
    await expectRefused(open, {
      code: "KEY_WRONG",
      says: /has no passphrase, but one was given$/,
      hint: /^hint: leave the passphrase out/,
      env: { LASTGOOD_PASSPHRASE: "secret-word" },
    });
  });

  test("fails to make a key file in a directory that is not there, and makes no vault either", async () => {
    const place = placeIn(await temporary());
    const args = ["--vault", place.vault, "--keys", join(place.directory, "no", "keys.json")];
    await expectRefused(
      place,
      { code: "KEY_FILE_NOT_FOUND", says: /^there is no directory .*\/no$/, hint: /make the directory/ },
      [["capture", "--database", url, ...args]],
    );
  });
});

test("other files beside a vault's own are let alone", async () => {
  const place = await captured();
  await appendFile(join(place.vault, "README.txt"), "mine");
  await takePoint(url, place);
  expect(await readFile(join(place.vault, "README.txt"), "utf8")).toBe("mine");
  expect((await lastgood(["point", "list", ...place.args])).status).toBe(0);
});
