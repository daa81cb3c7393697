import { EXIT } from "../../lib/model/errors.ts";
import { headFile, signHead } from "../../lib/operations/evidence.ts";
import { formatInstant, formatNumber } from "../format.ts";
import { writeNewFile } from "../new-file.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

export const EVIDENCE = "what was done, provable to whoever has the public key";

const EXAMPLES = `
Examples:
  lastgood evidence sign --vault ./vault                        every day
  lastgood evidence sign --vault ./vault --out head-2026-11-21.json

Keep a head where nobody who writes the evidence can write: what it was signed for can then not be cut off unseen.`;

export const addEvidenceSign: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "evidence", EVIDENCE)
      .command("sign")
      .description("check all records, and sign how many there are and which")
      .option("--out <file>", "write the signed head here too, to be kept elsewhere; an existing file is kept"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, options) => {
        const { out } = options;
        const { world, audit } = await vaultOf(session, options);
        const { head, made } = await signHead(audit, world.signer);
        if (out !== undefined) await writeNewFile(out, (write) => write(headFile(head)));
        session.output.result("evidence.sign", { made, ...head, ...(out && { file: out }) }, () => [
          `${made ? "signed" : "signed already, nothing was recorded since"}: ${formatNumber(head.size, "record")}, root ${head.root.slice(0, 16)}`,
          `  at        ${formatInstant(head.at)}`,
          `  key       ${head.signature.keyId.slice(0, 16)}`,
          ...(out === undefined ? [] : [`  head      ${out}: keep it elsewhere`]),
        ]);
        return EXIT.ok;
      }),
    );
};
