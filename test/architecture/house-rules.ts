import { basename } from "node:path";
import { lineOf, type SourceFile } from "./source-files.ts";

/** A file longer than this asks two questions; split it at the second. */
export const LINES_MAX = 400;

const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b/g;
const SILENCERS = /(eslint|oxlint)-disable|@ts-(ignore|expect-error|nocheck)|biome-ignore|(v8|c8|istanbul) ignore/g;
const SKIPPED = /\b(test|it|describe)\.(skip|only|todo|fails)\b/g;
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
