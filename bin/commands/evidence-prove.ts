import { Argument, InvalidArgumentError } from "@commander-js/extra-typings";
import { EXIT } from "../../lib/model/errors.ts";
import { proveRecord } from "../../lib/operations/evidence.ts";
import { formatNumber } from "../format.ts";
import { writeNewFile } from "../new-file.ts";
import { fileWord } from "../next-command.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";
import { EVIDENCE } from "./evidence-sign.ts";

const EXAMPLES = `
Examples:
  lastgood evidence prove 41 --out record-41.json --vault ./vault
  lastgood evidence verify --proof record-41.json --public-key lastgood-public.pem     anywhere

The file holds the record, the path to the root of the tree, and the signed head. Nothing else is needed to check it.`;

export const addEvidenceProve: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "evidence", EVIDENCE)
      .command("prove")
      .description("write the proof that one record is among those that were signed")
      .addArgument(new Argument("<record>", "its number, as evidence list shows it").argParser(recordNumber))
      .requiredOption("--out <file>", "write the proof here; an existing file is kept"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, record, options) => {
        const { audit } = await vaultOf(session, options);
        const proof = await proveRecord(audit.evidence, audit.vaultId, record);
        await writeNewFile(options.out, (write) => write(`${JSON.stringify(proof, undefined, 2)}\n`));
        const { size } = proof.head;
        session.output.result("evidence.prove", { record, size, file: options.out }, () => [
          `wrote ${options.out}: record ${record} is one of ${formatNumber(size, "record")} that were signed`,
          `next: lastgood evidence verify --proof ${fileWord(options.out)} --public-key <file>`,
        ]);
        return EXIT.ok;
      }),
    );
};

const recordNumber = (text: string): number => {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected the number of a record");
};
