import { EXIT } from "../lib/model/errors.ts";

/** Exit statuses with the meaning a reader of the documentation and of --help gets. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "done",
  error: "failed, and no other status fits",
  usage: "the command was written wrongly; nothing was done",
  partial: "done in part; the output says what is missing",
  refused: "refused before anything was changed",
  awaitingApproval: "waits for another person's approval",
  notFound: "what was named is not there",
  conflict: "something else got in the way",
  unreachable: "a server or store did not answer",
  different: "a check found a difference or damage",
  retention: "a retention rule is broken or would be",
  interrupted: "stopped by Ctrl-C or a signal; run it again, it continues",
};

/** What --help says about exit statuses. */
export const exitStatusHelp = (): string =>
  [
    "Exit status:",
    ...Object.entries(EXIT).map(
      ([name, status]) => `  ${String(status).padEnd(4)} ${EXIT_MEANINGS[name as keyof typeof EXIT]}`,
    ),
  ].join("\n");
