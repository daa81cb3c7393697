import { EXIT } from "../../lib/model/errors.ts";
import { partsInWords } from "../../lib/model/part-groups.ts";
import { type ListedHold, listHolds } from "../../lib/operations/holds.ts";
import { formatInstant, formatTable } from "../format.ts";
import { HOLD } from "../holds.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

export const addHoldList: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "hold", HOLD)
      .command("list")
      .description("list every hold there ever was; ends with 10 if a review date has passed"),
  ).action(
    act(async (session, options) => {
      const holds = await listHolds((await vaultOf(session, options)).audit);
      session.output.result("hold.list", { holds }, () => listLines(holds));
      return holds.some(({ reviewDue }) => reviewDue) ? EXIT.retention : EXIT.ok;
    }),
  );
};

const listLines = (holds: readonly ListedHold[]): readonly string[] =>
  holds.length === 0
    ? ["no hold"]
    : formatTable(
        [
          { title: "HOLD" },
          { title: "STATE" },
          { title: "PARTS" },
          { title: "BASIS" },
          { title: "MATTER" },
          { title: "REQUESTED BY" },
          { title: "APPROVED BY" },
          { title: "REVIEW BY" },
        ],
        holds.map((hold) => [
          hold.id,
          hold.state,
          partsInWords(hold.parts, (part) => `${part.id}/${part.class}`).join("; "),
          hold.basis,
          hold.matter,
          hold.requested.by,
          hold.approved?.by ?? "",
          `${formatInstant(hold.reviewAt)}${hold.reviewDue ? " PASSED" : ""}`,
        ]),
      );
