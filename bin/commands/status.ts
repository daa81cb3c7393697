import { EXIT } from "../../lib/model/errors.ts";
import { type Status, statusOf } from "../../lib/operations/status.ts";
import { archiveBeside } from "../archive.ts";
import { formatAge, formatCount, formatInstant, formatTable } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import { POLICY_FILE, policyIn } from "../policy.ts";
import type { AddCommand } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood status --vault ./vault
  lastgood status --vault ./vault --policy shop.yaml --json

Ends with 9 if anything is red. It opens nothing: whether points can be read is what the daily verification says.`;

export const addStatus: AddCommand = (program, act) => {
  withVaultOptions(
    program
      .command("status")
      .description("how things stand by a policy, on one screen; changes nothing")
      .option("--policy <file>", "the policy", POLICY_FILE),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, options) => {
        const policy = await policyIn(options.policy);
        const opened = await vaultOf(session, options);
        const { vault, world, audit } = opened;
        const status = await statusOf(
          { vault, audit, clock: world.clock, archive: await archiveBeside(session, options, opened) },
          policy,
        );
        session.output.result("status", status, () => statusLines(status));
        return status.light === "red" ? EXIT.different : EXIT.ok;
      }),
    );
};

const statusLines = (status: Status): readonly string[] => {
  const { at: now, light, verification, drill, head, problems, next } = status;
  const ago = (at: number): string => formatAge({ at, now });
  return [
    `${light.toUpperCase()} at ${formatInstant(now)}`,
    ...tierLines(status),
    ...problems.map((problem) => `  PROBLEM     ${problem}`),
    `  verified    ${verification === undefined ? "never" : `${ago(verification.at)}, ${verification.light}`}`,
    `  drill       ${drill === undefined ? "never" : `${ago(drill.at)}, point ${drill.point}`}`,
    `  signed      ${head === undefined ? "never" : ago(head.at)}`,
    ...next.map((step) => `  next        ${step}`),
  ];
};

const tierLines = ({ at: now, tiers }: Status): readonly string[] =>
  formatTable(
    [
      { title: "DATABASE" },
      { title: "TIER" },
      { title: "LIGHT" },
      { title: "COUNT", align: "right" },
      { title: "NEWEST" },
      { title: "NEXT DELETED" },
      { title: "HELD", align: "right" },
      { title: "OVERDUE", align: "right" },
      { title: "BECAUSE" },
    ],
    tiers.flatMap((tier) => {
      const [reason = "", ...others] = tier.reasons;
      const first = [
        tier.database,
        tier.tier,
        tier.light === "green" ? tier.light : tier.light.toUpperCase(),
        formatCount(tier.count),
        tier.newestAt === null ? "none" : formatAge({ at: tier.newestAt, now }),
        tier.nextDeleteAt === null ? "none" : formatInstant(tier.nextDeleteAt),
        formatCount(tier.held),
        formatCount(tier.overdue),
      ];
      return [[...first, reason], ...others.map((other) => ["", "", "", "", "", "", "", "", other])];
    }),
  );
