import { EXIT } from "../../lib/model/errors.ts";
import { groupDays } from "../../lib/model/part-groups.ts";
import { approveHold, approveRelease, partsGone } from "../../lib/operations/holds.ts";
import { groupWords, HOLD, holdersOption, holdLines, holdVaultOf } from "../holds.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";

const EXAMPLES = `
Examples:
  lastgood hold approve hold-20261120T160000Z-3f9a1c
  lastgood hold approve hold-20261120T160000Z-3f9a1c --release

Ends with 3 if some of what is held now was gone already.`;

export const addHoldApprove: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "hold", HOLD)
      .command("approve")
      .description("give your word for a hold, or for its release, that another holder requested")
      .argument("<hold>", "its id, or the beginning of one")
      .option("--release", "approve its release, not the hold", false)
      .addOption(holdersOption()),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, wanted, options) => {
        const { vault, holds } = await holdVaultOf(session, options);
        if (options.release) {
          const hold = await approveRelease(holds, wanted);
          session.output.result("hold.approve", { hold, gone: [] }, () => [
            `hold ${hold.id} is released: what is due goes with the next lastgood expire run`,
            ...holdLines(hold),
          ]);
          return EXIT.ok;
        }
        const hold = await approveHold(holds, wanted);
        const gone = await partsGone(vault, hold);
        session.output.result("hold.approve", { hold, gone }, () => [
          `hold ${hold.id} holds from now on`,
          ...holdLines(hold),
          ...groupDays(gone, (part) => part).map((group) => `TOO LATE: ${groupWords(group)} is gone already`),
        ]);
        return gone.length === 0 ? EXIT.ok : EXIT.partial;
      }),
    );
};
