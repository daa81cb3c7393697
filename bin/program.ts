import { Command, CommanderError } from "@commander-js/extra-typings";
import { EXIT, Failure } from "../lib/model/errors.ts";
import manifest from "../package.json" with { type: "json" };
import type { Context } from "./context.ts";
import { exitStatusHelp } from "./exit-status.ts";
import { createOutput } from "./output.ts";
import { type Act, runInSession } from "./session.ts";
import { messageLines } from "./terminal.ts";

/** The program or a noun of it: what a command adds itself to. Its own options are of no concern to the command. */
export type Program = Command<unknown[], Record<string, unknown>, Record<string, unknown>>;

/** A command is a function that adds itself; `bin/commands/<noun-verb>.ts` exports it. */
export type AddCommand = (program: Program, act: Act) => void;

/**
 * Runs the command line.
 * @param args  without node and script
 * @param commands  in the order of --help
 * @returns the exit status
 */
export const main = async (
  args: readonly string[],
  context: Context,
  commands: readonly AddCommand[],
): Promise<number> => {
  let status: number = EXIT.ok;
  const program = buildProgram(context, (outcome) => (status = outcome), commands);
  try {
    await program.parseAsync(args, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === EXIT.ok) return EXIT.ok;
    const json = args.includes("--json");
    return createOutput(context, messageLines(context.stderr), { json }).fail(asUsage(error));
  }
};

/** The whole tree of commands. Actions hand their exit status to `ended`. */
const buildProgram = (context: Context, ended: (status: number) => void, commands: readonly AddCommand[]): Program => {
  const program = new Command("lastgood")
    .description(manifest.description)
    .version(manifest.version)
    .option("--json", "print one JSON object on standard output, events and errors as JSON on standard error")
    .option("--no-input", "never ask; what would need an answer fails instead")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // Said once, by main, in the form that --json asks for.
      outputError: () => {},
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError(true)
    .addHelpText("after", () => `\n${exitStatusHelp()}\n\nEvery failure has a code; docs/errors.md lists them.`);
  const act: Act =
    (run) =>
    async (...args) =>
      ended(await runInSession(context, program.opts(), (session) => run(session, ...args)));
  for (const add of commands) add(program, act);
  return program;
};

/** The group of a noun (`point list`, `point show`), made at its first verb. */
export const nounOf = (program: Program, name: string, description: string): Program =>
  program.commands.find((command) => command.name() === name) ?? program.command(name).description(description);

/** What commander says of a wrong command line, as a failure. */
const asUsage = (error: unknown): unknown => {
  if (!(error instanceof CommanderError)) return error;
  if (error.code === "commander.help")
    return new Failure("USAGE", "no command given", { hint: "choose one of those above" });
  const message = error.message
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")
    // commander ends its sentence before the reason.
    .replace(/ is invalid\. (.)/, (_, first: string) => ` is invalid: ${first.toLowerCase()}`)
    .replace(/\.$/, "");
  return new Failure("USAGE", message, { cause: error });
};
