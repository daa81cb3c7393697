import { readFile } from "node:fs/promises";
import { EXIT, Failure, isFailure } from "../../lib/model/errors.ts";
import { type EvidenceReport, readProof, verifyEvidence, verifyProof } from "../../lib/operations/verify-evidence.ts";
import { openEvidenceDirectory } from "../../lib/wiring/local.ts";
import { verdictLines } from "../claims.ts";
import { formatInstant, formatNumber } from "../format.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { EVIDENCE } from "./evidence-sign.ts";

const EXAMPLES = `
Examples:
  lastgood evidence verify ./vault/evidence --public-key lastgood-public.pem
  lastgood evidence verify ./copy --public-key lastgood-public.pem --head head-2026-11-20.json
  lastgood evidence verify --public-key lastgood-public.pem --proof record-41.json

Needs no vault, no key file and no network. Ends with 9 if anything is wrong, and names the record.`;

export const addEvidenceVerify: AddCommand = (program, act) => {
  nounOf(program, "evidence", EVIDENCE)
    .command("verify")
    .description("check evidence by a public key alone: that nothing was changed, left out or put back")
    .argument("[directory]", "the evidence store of a vault, or a copy of it")
    .requiredOption("--public-key <file>", "what evidence key printed, from where it was kept")
    .option("--head <file>", "a head that was kept elsewhere: shows whether anything was cut off since")
    .option("--proof <file>", "what evidence prove wrote: needs no directory")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, directory, options) => {
        const { proof: proofFile } = options;
        if (directory === undefined && (proofFile === undefined || options.head !== undefined))
          throw new Failure("USAGE", "no evidence directory is given", {
            hint: "give the directory evidence of a vault, or a copy of it; a proof alone needs none",
          });
        const publicKey = (await readGiven(options.publicKey, "--public-key")).toString("utf8");
        const proof = proofFile && readProof((await readGiven(proofFile, "--proof")).toString("utf8"));
        if (proof) verifyProof(proof, publicKey);
        const keptHead = options.head === undefined ? undefined : await readGiven(options.head, "--head");
        const report = directory && (await verifyEvidence(await openGiven(directory), { publicKey, keptHead }));
        const proven = proof && { record: proof.record.seq, size: proof.head.size, at: proof.head.at };
        session.output.result("evidence.verify", { ...report, ...(proven && { proof: proven }) }, () => [
          ...(proven
            ? [
                `record ${proven.record} is one of the ${formatNumber(proven.size, "record")} that this key signed at ${formatInstant(proven.at)}`,
              ]
            : []),
          ...(report ? reportLines(report) : []),
        ]);
        return report && report.problems.length > 0 ? EXIT.different : EXIT.ok;
      }),
    );
};

const readGiven = (file: string, option: string): Promise<Buffer> =>
  readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure("USAGE", `${option} ${file} cannot be read: ${cause.code ?? cause.message}`, {
      cause,
      hint: `check ${option}`,
    });
  });

const openGiven = (directory: string) =>
  openEvidenceDirectory(directory).catch((cause: unknown) => {
    if (!isFailure(cause, "VAULT_NOT_FOUND")) throw cause;
    throw new Failure("EVIDENCE_NOT_FOUND", `there is no directory ${directory}`, {
      cause,
      hint: "give the directory evidence of a vault, or a copy of it",
    });
  });

const reportLines = (report: EvidenceReport): readonly string[] => {
  const { records, heads, receipts, reports, newestHead, lastAt, problems } = report;
  return [
    `verified ${formatNumber(records, "record")}, ${formatNumber(heads, "signed head")}, ${formatNumber(receipts, "receipt")}, ${formatNumber(reports, "report")} by key ${report.keyId.slice(0, 16)}`,
    ...(lastAt === undefined ? [] : [`  last record  ${formatInstant(lastAt)}`]),
    ...(newestHead === undefined
      ? []
      : [`  newest head  ${formatNumber(newestHead.size, "record")}, ${formatInstant(newestHead.at)}`]),
    ...problems.map(({ message }) => `  PROBLEM ${message}`),
    ...verdictLines(report),
  ];
};
