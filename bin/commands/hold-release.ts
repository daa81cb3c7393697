import { EXIT } from "../../lib/model/errors.ts";
import { requestRelease } from "../../lib/operations/holds.ts";
import { HOLD, holdersOption, holdLines, holdVaultOf } from "../holds.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";

const EXAMPLES = `
Examples:
  lastgood hold release hold-20261120T160000Z-3f9a1c --reason "case 7/2026 is closed"

It goes on to hold until another holder has approved that: lastgood hold approve <id> --release.`;

export const addHoldRelease: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "hold", HOLD)
      .command("release")
      .description("request that a hold ends")
      .argument("<hold>", "its id, or the beginning of one")
      .requiredOption("--reason <text>", "why it is no longer needed")
      .addOption(holdersOption()),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, wanted, options) => {
        const { holds } = await holdVaultOf(session, options);
        const hold = await requestRelease(holds, wanted, options.reason);
        session.output.result("hold.release", { hold }, () => [
          `the release of hold ${hold.id} is requested; it goes on to hold`,
          ...holdLines(hold),
          `next: another holder runs lastgood hold approve ${hold.id} --release`,
        ]);
        return EXIT.awaitingApproval;
      }),
    );
};
