import { Argument } from "@commander-js/extra-typings";
import { EXIT } from "../../lib/model/errors.ts";
import { completionScript, SHELLS } from "../completion.ts";
import type { AddCommand } from "../program.ts";

const INSTALL = `
Examples:
  bash:  source <(lastgood completion bash)
  zsh:   lastgood completion zsh > "\${fpath[1]}/_lastgood"
  fish:  lastgood completion fish > ~/.config/fish/completions/lastgood.fish`;

export const addCompletion: AddCommand = (program, act) => {
  program
    .command("completion")
    .description("print a completion script for your shell")
    .addArgument(new Argument("<shell>", "the shell that will read it").choices(SHELLS))
    .addHelpText("after", INSTALL)
    .action(
      act((session, shell) => {
        session.output.raw(completionScript(program, shell));
        return EXIT.ok;
      }),
    );
};
