import { execFileSync } from "node:child_process";
import { Argument, Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { expect, test } from "vitest";
import { completionScript } from "../../bin/completion.ts";

const tree = (): CommandUnknownOpts => {
  const program = new Command("lastgood").version("1.0.0").option("--json", "print JSON");
  const point = program.command("point").description("points of a vault");
  point.command("list").description("show an operator's points").option("--vault <directory>", "the vault");
  program.command("capture").addOption(new Option("--tier <tier>", "the tier").choices(["hot", "release"]));
  point.command("show").description("show one point");
  program.command("completion").addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh"]));
  return program;
};

/** What bash would offer at the end of a line. */
const bashOffers = (line: string): readonly string[] => {
  const words = line.split(" ");
  const array = words.map((word) => `'${word}'`).join(" ");
  const script = `${completionScript(tree(), "bash")}
COMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _lastgood; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-uc", script], { encoding: "utf8" })
    .split("\n")
    .filter((word) => word !== "");
};

test.each([
  ["lastgood ", ["point", "capture", "completion", "--version", "--json", "--help"]],
  ["lastgood po", ["point"]],
  ["lastgood point ", ["list", "show", "--help", "--json"]],
  ["lastgood --json point l", ["list"]],
  ["lastgood point list --v", ["--vault"]],
  ["lastgood point list --vault ./point --", ["--vault", "--help", "--json"]],
  ["lastgood completion ", ["bash", "zsh", "--help", "--json"]],
  ["lastgood capture --tier ", ["hot", "release"]],
  ["lastgood capture --tier r", ["release"]],
  ["lastgood point list --vault ", []],
  ["lastgood nonsense x", []],
])("bash offers the right words after '%s'", (line, words) => {
  expect([...bashOffers(line)].toSorted()).toEqual([...words].toSorted());
});

test("zsh is offered the words of each command with their meaning, quotes intact", () => {
  const script = completionScript(tree(), "zsh");
  expect(script).toMatch(/^#compdef lastgood\n/);
  expect(script).toContain(`"lastgood point") words_here=('list:show an operator'\\''s points' 'show:show one point'`);
});

test("fish is offered each word under the command it belongs to", () => {
  const script = completionScript(tree(), "fish");
  expect(script).toContain(
    `complete -c lastgood -n 'test (__lastgood_path) = "lastgood point"' -a show -d 'show one point'`,
  );
  expect(script).toContain(
    `complete -c lastgood -n 'test (__lastgood_path) = "lastgood point list"' -l vault -r -F -d 'the vault'`,
  );
  expect(script).toContain(`"lastgood capture"' -l tier -x -a 'hot release' -d 'the tier'`);
});
