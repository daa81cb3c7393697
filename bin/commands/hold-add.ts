import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import { partsOfArchive, partsOfPoint, requestHold } from "../../lib/operations/holds.ts";
import { openLocalArchive } from "../../lib/wiring/local.ts";
import { HOLD, holdersOption, holdLines, holdVaultOf } from "../holds.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { stackOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood hold add --point 20261120T160000Z-3f9a1c --class personal --basis "Art. 17(3)(e) GDPR" --matter "case 7/2026" \\
    --review-at 2027-02-01
  lastgood hold add --archive shop/2026-11-01 --class financial --basis "§ 147 AO" --matter "audit 2026" --review-at 2027-02-01

It holds nothing until another holder has approved it: lastgood hold approve <id>.`;

export const addHoldAdd: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "hold", HOLD)
      .command("add")
      .description("request a hold on parts of a point or of an archive")
      .option("--point <point>", "id of a point, the beginning of one, or its release")
      .option("--archive <archive>", "id of an archive, as shop/2026-11-01")
      .option(
        "--class <class...>",
        "classes to hold, with all their days, or a day by its name; all that are there if none is named",
      )
      .requiredOption("--basis <text>", "the statute or article that asks for it")
      .requiredOption("--matter <reference>", "a reference into your register; no person's name")
      .addOption(reviewAtOption())
      .addOption(holdersOption()),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, options) => {
        const { point, archive, class: classes = [], basis, matter, reviewAt } = options;
        if ((point === undefined) === (archive === undefined))
          throw new Failure("USAGE", "name one of --point and --archive");
        if (archive !== undefined && stackOf(session, options) !== undefined)
          throw new Failure("USAGE", "the vault of a stack keeps no archives yet");
        const { vault, place, holds } = await holdVaultOf(session, options);
        const parts =
          archive === undefined
            ? await partsOfPoint(vault, point as string, classes)
            : await partsOfArchive(await openLocalArchive(place), archive, classes);
        const hold = await requestHold(holds, { basis, matter, parts, reviewAt });
        session.output.result("hold.add", { hold }, () => [
          `hold ${hold.id} is requested by ${hold.requested.by}, and holds nothing yet`,
          ...holdLines(hold),
          `next: another holder runs lastgood hold approve ${hold.id}`,
        ]);
        return EXIT.awaitingApproval;
      }),
    );
};

const DAY = /^\d{4}-\d{2}-\d{2}$/;

const reviewAtOption = () =>
  new Option(
    "--review-at <date>",
    "when somebody must look at it again: YYYY-MM-DD, or an instant; at most 90 days away",
  )
    .argParser((text) => {
      const at = Date.parse(DAY.test(text) ? `${text}T00:00:00Z` : text);
      if (Number.isNaN(at))
        throw new InvalidArgumentError("expected a date as 2027-02-01, or an instant as 2027-02-01T12:00Z");
      return at;
    })
    .makeOptionMandatory();
