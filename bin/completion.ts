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
  /** What may follow an option that takes a value: its choices, or nothing known, where the shell offers files. */
  readonly values?: readonly string[] | undefined;
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

interface OptionFacts {
  readonly long?: string | undefined;
  readonly description: string;
  readonly required: boolean;
  readonly optional: boolean;
  readonly argChoices?: readonly string[] | undefined;
}

const wordsOf = (options: readonly OptionFacts[]): readonly Word[] =>
  options.flatMap(({ long, description, required, optional, argChoices }) =>
    long === undefined
      ? []
      : [{ text: long, meaning: description, values: required || optional ? (argChoices ?? []) : undefined }],
  );

/** Every option that takes a value, after the command it belongs to: `lastgood capture --tier`. */
const valuesOf = (nodes: readonly Node[]): readonly { readonly path: string; readonly values: readonly string[] }[] =>
  nodes.flatMap(({ path, words }) =>
    words.flatMap(({ text, values }) => (values === undefined ? [] : [{ path: `${path} ${text}`, values }])),
  );

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
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${valuesOf(nodes)
  .map(({ path, values }) => `    "${path}") words="${values.join(" ")}" ;;`)
  .join("\n")}
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
  case "$at \${words[CURRENT - 1]}" in
${valuesOf(nodes)
  .map(({ path, values }) => `    "${path}") words_here=(${values.map(quoted).join(" ")}) ;;`)
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
complete -c lastgood -f
${nodes
  .flatMap(({ path, words }) =>
    words.map(({ text, meaning, values }) => {
      const word = text.startsWith("--") ? `-l ${text.slice(2)}` : `-a ${text}`;
      return `complete -c lastgood -n ${quoted(`test (__lastgood_path) = "${path}"`)} ${word}${fishValue(values)} -d ${quoted(meaning)}`;
    }),
  )
  .join("\n")}
`;

const fishValue = (values: readonly string[] | undefined): string => {
  if (values === undefined) return "";
  return values.length === 0 ? " -r -F" : ` -x -a ${quoted(values.join(" "))}`;
};
