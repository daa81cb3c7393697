import { EXIT } from "../../lib/model/errors.ts";
import { checkPolicy, problemLine } from "../../lib/operations/policy.ts";
import { formatNumber } from "../format.ts";
import { policyArgument, readPolicyFile } from "../policy.ts";
import { type AddCommand, nounOf } from "../program.ts";

export const addPolicyCheck: AddCommand = (program, act) => {
  nounOf(program, "policy", "what is kept, how long and why")
    .command("check")
    .description("read a policy and find what it cannot keep; ends with 9 if anything is wrong")
    .addArgument(policyArgument())
    .action(
      act(async (session, file) => {
        const { policy, problems, notices } = checkPolicy(await readPolicyFile(file));
        session.output.result("policy.check", { file, problems, notices }, () =>
          policy === undefined
            ? [
                ...problems.map((problem) => problemLine(file, problem)),
                `${formatNumber(problems.length, "problem")} found`,
              ]
            : [
                `${file} holds: ${formatNumber(policy.databases.length, "database")}, classes ${policy.classes.map((one) => one.name).join(", ")}, time zone ${policy.timeZone}`,
                ...notices.map((notice) => `  note ${problemLine(file, notice)}`),
              ],
        );
        return policy === undefined ? EXIT.different : EXIT.ok;
      }),
    );
};
