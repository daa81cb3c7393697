import { EXIT } from "../../lib/model/errors.ts";
import { explainPolicy, loadPolicy, type PolicyExplained } from "../../lib/operations/policy.ts";
import { localClock } from "../../lib/wiring/local.ts";
import { formatInstant, formatTable } from "../format.ts";
import { keysOption, passphraseFileOption, vaultOption } from "../options.ts";
import { policyArgument, readPolicyFile } from "../policy.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood policy explain lastgood.yaml                     what a capture taken now would be held to
  lastgood policy explain lastgood.yaml --vault ./vault     and each table's class, and when every point would expire`;

export const addPolicyExplain: AddCommand = (program, act) => {
  nounOf(program, "policy", "what is kept, how long and why")
    .command("explain")
    .description("say what a policy means for each class, table and point; changes nothing")
    .addArgument(policyArgument())
    .addOption(vaultOption())
    .addOption(keysOption())
    .addOption(passphraseFileOption())
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, file, options) => {
        const policy = loadPolicy(file, await readPolicyFile(file));
        const vault = options.vault === undefined ? undefined : (await vaultOf(session, options)).vault;
        const explained = await explainPolicy(policy, vault, localClock.now());
        session.output.result("policy.explain", { file, timeZone: policy.timeZone, ...explained }, () =>
          explainedLines(explained),
        );
        return explained.tables.some((table) => table.class === null) ? EXIT.different : EXIT.ok;
      }),
    );
};

const explainedLines = ({ classes, tables, expiries }: PolicyExplained): readonly string[] => [
  "a capture taken now",
  ...formatTable(
    ["CLASS", "TIER", "MAX", "WINDOW", "DELETED AT", "GONE BY"].map((title) => ({
      title,
    })),
    classes.map((one) => [
      one.class,
      one.tier,
      one.max,
      one.window,
      formatInstant(one.times.deleteAt),
      formatInstant(one.times.deadline),
    ]),
  ),
  ...(tables.length === 0
    ? []
    : [
        "",
        ...formatTable(
          ["DATABASE", "TABLE", "CLASS", "BECAUSE"].map((title) => ({ title })),
          tables.map((table) => [table.database, table.table, table.class ?? "NONE", table.because]),
        ),
      ]),
  ...(expiries.length === 0
    ? []
    : [
        "",
        ...formatTable(
          ["POINT", "DATABASE", "TIER", "CLASS", "DELETED AT", "GONE BY"].map((title) => ({ title })),
          expiries.map((part) => [
            part.point,
            part.database,
            part.tier,
            part.class,
            formatInstant(part.deleteAt),
            formatInstant(part.deadline),
          ]),
        ),
      ]),
];
