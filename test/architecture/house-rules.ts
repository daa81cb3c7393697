import { basename } from "node:path";
import { lineOf, type SourceFile } from "./source-files.ts";

/** A file longer than this asks two questions; split it at the second. */
export const LINES_MAX = 400;

// Spelled in pieces, so that this file may be read by its own rule.
const UNFINISHED = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`, "g");
const SILENCERS = new RegExp(
  [
    "(eslint|oxlint)-dis" + "able",
    "@ts-ig" + "nore",
    "@ts-expect-" + "error",
    "@ts-no" + "check",
    "biome-ig" + "nore",
    "(v8|c8|istanbul) ig" + "nore",
  ].join("|"),
  "g",
);
const SKIPPED = new RegExp(
  `\\b(test|it|describe)\\.(${["sk" + "ip", "on" + "ly", "to" + "do", "fa" + "ils"].join("|")})\\b`,
  "g",
);
const BAGS = /^(utils?|helpers?|common|manager|index|misc|shared)\.[a-z.]+$|[-.](utils?|helpers?)\.[a-z]+$/;

/** What a file does against the house rules, one sentence each. */
export const houseBreachesOf = (file: SourceFile): readonly string[] => {
  const lines = file.text.split("\n").length - 1;
  return [
    ...matches(file, UNFINISHED, "is unfinished work: finish it, or open an issue and say what is not promised"),
    ...matches(file, SILENCERS, "silences a tool: change the code, or the rule for all"),
    ...matches(file, SKIPPED, "changes which tests run: a test runs or does not exist"),
    ...(lines > LINES_MAX
      ? [`${file.path} has ${lines} lines, at most ${LINES_MAX} are allowed: split it where it changes its subject`]
      : []),
    ...(BAGS.test(basename(file.path))
      ? [`${file.path} is named after a bag: name it for the question it answers`]
      : []),
  ];
};

const matches = (file: SourceFile, pattern: RegExp, complaint: string): readonly string[] =>
  [...file.text.matchAll(pattern)].map(
    (match) => `${file.path}:${lineOf(file.text, match.index)} ${match[0]} ${complaint}`,
  );
