import { EXIT } from "../../lib/model/errors.ts";
import { makeReport, reportFiles, reportPeriod, type SignedReport } from "../../lib/operations/report.ts";
import manifest from "../../package.json" with { type: "json" };
import { archiveBeside } from "../archive.ts";
import { formatNumber, formatTable } from "../format.ts";
import { assertNewDirectory, writeNewDirectory } from "../new-directory.ts";
import { withVaultOptions } from "../options.ts";
import { policyIn } from "../policy.ts";
import type { AddCommand } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood report --from 2026-11-01 --to 2026-12-01 --policy lastgood.yaml --out november --vault ./vault

--to is the day after the last one. Ends with 9 if the verdict is red; the report is made then too.`;

export const addReport: AddCommand = (program, act) => {
  withVaultOptions(
    program
      .command("report")
      .description("write what is in evidence of a period, signed: a page to read, JSON to verify, CSV to count")
      .requiredOption("--from <day>", "first day, in the policy's time zone")
      .requiredOption("--to <day>", "the day after the last one")
      .requiredOption("--policy <file>", "the policy that the evidence is held to, as lastgood.yaml")
      .requiredOption("--out <directory>", "write it here; a directory that holds files is left alone"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, { from, to, policy: file, out, ...options }) => {
        const policy = await policyIn(file);
        const period = reportPeriod(policy, from, to);
        // A report is numbered and kept when it is made: what can be seen to fail fails before.
        await assertNewDirectory(out);
        const opened = await vaultOf(session, options);
        const { vault, world, audit } = opened;
        const archive = await archiveBeside(session, options, opened);
        const { version } = manifest;
        const made = await makeReport({ vault, archive, audit, signer: world.signer, version }, policy, period);
        if (made.unrecorded !== undefined)
          session.output.note(`the report is not recorded in the audit chain: ${made.unrecorded}`);
        const files = reportFiles(made);
        await writeNewDirectory(out, files);
        const { number, verdict } = made.report;
        const facts = { number, from, to, ...verdict, sha256: made.sha256, name: made.name, directory: out };
        session.output.result("report", { ...facts, files: files.map(({ name }) => name) }, () =>
          reportLines(made, out, files.length),
        );
        return verdict.light === "red" ? EXIT.different : EXIT.ok;
      }),
    );
};

const reportLines = ({ report, sha256 }: SignedReport, out: string, files: number): readonly string[] => [
  `${report.verdict.light.toUpperCase()}: ${report.verdict.sentence}`,
  ...formatTable(
    [{ title: "ABOUT" }, { title: "LIGHT" }, { title: "SAYS" }],
    report.verdict.lights.map(({ about, light, says }) => [about, light, says]),
  ).map((line) => `  ${line}`),
  `  report    ${report.number}, sha-256 ${sha256.slice(0, 16)}, signed by ${report.integrity.keyId.slice(0, 16)}`,
  `  written   ${out}: report.html to read, ${formatNumber(files, "file")} in all`,
];
