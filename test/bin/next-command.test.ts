import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fileWord, placeWords, shellWord } from "../../bin/next-command.ts";

test("a shell reads back every word as it was", () => {
  const word = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 50, maxLength: 50 }), (words) => {
      const out = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(shellWord).join(" ")}`], { encoding: "utf8" });
      expect(out).toBe(words.map((text) => `${text}\0`).join(""));
    }),
    { numRuns: 5 },
  );
});

test("a plain word stays as it was typed", () => {
  expect(shellWord("postgres://app@localhost:5432/shop")).toBe("postgres://app@localhost:5432/shop");
  expect(shellWord("my plan.json")).toBe("'my plan.json'");
});

test("a file that begins with a dash is not taken for an option", () => {
  expect(fileWord("-plan.json")).toBe("./-plan.json");
});

test.each([
  ["a password is left out", "postgres://app:s3cret@localhost:5432/shop", "postgres://app@localhost:5432/shop"],
  ["one that is escaped too", "postgres://app:s%40c@localhost/shop", "postgres://app@localhost/shop"],
  ["parameters stay, quoted", "postgres://app:x@localhost/shop?host=/tmp", "'postgres://app@localhost/shop?host=/tmp'"],
  ["an address without one stays as it is", "postgres://app@localhost/Shop", "postgres://app@localhost/Shop"],
])("%s", (_, given, printed) => {
  expect(placeWords({ database: given })).toEqual(["--database", printed]);
});

test("only flags that were given come again, in a fixed order", () => {
  expect(placeWords({})).toEqual([]);
  expect(placeWords({ passphraseFile: "p", keys: "my keys", vault: "./v" })).toEqual([
    "--vault",
    "./v",
    "--keys",
    "'my keys'",
    "--passphrase-file",
    "p",
  ]);
});
