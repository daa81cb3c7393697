import { EXIT } from "../../lib/model/errors.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";
import { EVIDENCE } from "./evidence-sign.ts";

const EXAMPLES = `
Examples:
  lastgood evidence key --vault ./vault > lastgood-public.pem

Keep it where nobody who writes the evidence can write. It opens nothing.`;

export const addEvidenceKey: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "evidence", EVIDENCE)
      .command("key")
      .description("print the public key that evidence is verified by"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, options) => {
        const publicKey = await (await vaultOf(session, options)).world.signer.publicKey();
        session.output.result("evidence.key", { publicKey }, () => publicKey.trimEnd().split("\n"));
        return EXIT.ok;
      }),
    );
};
