import type { CommandUnknownOpts } from "@commander-js/extra-typings";

export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

interface Node {
  /** From the program on: `lastgood point list`. */
  readonly path: string;
  readonly words: readonly Word[];
}

interface Word {
  readonly text: string;
  readonly meaning: string;
}

/** A script that completes commands, options and choices; where a value is expected, the shell offers files. */
export const completionScript = (program: CommandUnknownOpts, shell: Shell): string => {
  const everywhere = wordsOf(program.options).filter((word) => word.text !== "--version");
  const nodes = nodesOf(program, program.name(), everywhere);
  switch (shell) {
    case "bash":
      return bash(nodes);
    case "zsh":
      return zsh(nodes);
    case "fish":
      return fish(nodes);
  }
};

/**
 * Every command with the words that may follow it.
 * @param everywhere  options of the program that may follow any command
 */
const nodesOf = (command: CommandUnknownOpts, path: string, everywhere: readonly Word[]): readonly Node[] => {
  const children = command.commands.map((child) => ({ text: child.name(), meaning: child.description() }));
  const choices = command.registeredArguments.flatMap((argument) =>
    (argument.argChoices ?? []).map((choice) => ({ text: choice, meaning: argument.description })),
  );
  const own = wordsOf(command.createHelp().visibleOptions(command));
  const inherited = command.parent === null ? [] : everywhere;
  const node = { path, words: [...children, ...choices, ...own, ...inherited] };
  return [node, ...command.commands.flatMap((child) => nodesOf(child, `${path} ${child.name()}`, everywhere))];
};

const wordsOf = (
  options: readonly { readonly long?: string | undefined; readonly description: string }[],
): readonly Word[] =>
  options.flatMap(({ long, description }) => (long === undefined ? [] : [{ text: long, meaning: description }]));

const pathsOf = (nodes: readonly Node[]): string =>
  nodes
    .slice(1)
    .map((node) => `"${node.path}"`)
    .join("|");

/** The command typed so far: words that lead deeper are followed, others (options, values) are passed over. */
const bash = (nodes: readonly Node[]): string => `# bash completion of lastgood
_lastgood() {
  local path="lastgood" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${pathsOf(nodes)}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  local words=""
  case "$path" in
${nodes.map((node) => `    "${node.path}") words="${node.words.map((word) => word.text).join(" ")}" ;;`).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lastgood lastgood
`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const zsh = (nodes: readonly Node[]): string => `#compdef lastgood
# zsh completion of lastgood
_lastgood() {
  local at="lastgood" i
  local -a words_here
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      ${pathsOf(nodes)}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at" in
${nodes
  .map(
    (node) =>
      `    "${node.path}") words_here=(${node.words.map((word) => quoted(`${word.text}:${word.meaning}`)).join(" ")}) ;;`,
  )
  .join("\n")}
  esac
  _describe 'lastgood' words_here || _files
}
if [ "$funcstack[1]" = "_lastgood" ]; then _lastgood "$@"; else compdef _lastgood lastgood; fi
`;

const fish = (nodes: readonly Node[]): string => `# fish completion of lastgood
function __lastgood_path
  set -l at lastgood
  for word in (commandline -opc)[2..-1]
    if contains -- "$at $word" ${nodes
      .slice(1)
      .map((node) => quoted(node.path))
      .join(" ")}
      set at "$at $word"
    end
  end
  echo $at
end
${nodes
  .flatMap(({ path, words }) =>
    words.map(({ text, meaning }) => {
      const word = text.startsWith("--") ? `-l ${text.slice(2)}` : `-a ${text}`;
      return `complete -c lastgood -n ${quoted(`test (__lastgood_path) = "${path}"`)} ${word} -d ${quoted(meaning)}`;
    }),
  )
  .join("\n")}
`;
