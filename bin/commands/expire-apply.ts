import { readFile } from "node:fs/promises";
import type { PartId } from "../../lib/model/audit.ts";
import { EXIT, Failure } from "../../lib/model/errors.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { expiryEntries, recordPolicy, unrecordedExpiries } from "../../lib/operations/entries.ts";
import { applyExpiry, type ExpiryReport, type PartOutcome, readExpiryPlan } from "../../lib/operations/expire-parts.ts";
import { holdCheck } from "../../lib/operations/holds.ts";
import { EXPIRE, type Group, groupPoints, reasonWords, removedWords } from "../expire.ts";
import { formatBytes, formatNumber } from "../format.ts";
import { groupWords } from "../holds.ts";
import { withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood expire plan lastgood.yaml --vault ./vault --out expiry.json
  lastgood expire apply expiry.json --vault ./vault

Ends with 3 if something could not be removed or a capture or restore still needs it, with 10 if a part went after its deadline.`;

export const addExpireApply: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "expire", EXPIRE)
      .command("apply")
      .description("remove for good what a plan names and is still due, and look for it afterwards")
      .argument("<plan>", "file that expire plan wrote"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, file, options) => {
        const plan = readExpiryPlan(await readPlanFile(file));
        const { vault, world, audit } = await vaultOf(session, options);
        await recordPolicy(audit, plan.policy);
        const { signal } = session;
        const run = async (): Promise<ExpiryReport> => {
          const report = await applyExpiry(
            {
              vault,
              clock: world.clock,
              progress: session.progress.report,
              warn: session.output.note,
              signal,
              beforeDestroy: holdCheck(audit.evidence),
            },
            plan,
          );
          session.progress.finish();
          session.output.result("expire.apply", report, () => reportLines(report));
          return report;
        };
        const entries = async (report: ExpiryReport) => [
          ...(await unrecordedExpiries(audit, plan, report)),
          ...expiryEntries(plan, report),
        ];
        return statusOf(await recorded(audit, { act: "expire", signal }, run, entries));
      }),
    );
};

const readPlanFile = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("PLAN_INVALID", `plan ${file} cannot be read`, {
      cause,
      hint: "lastgood expire plan <policy> --out <file> writes one",
    });
  });

const statusOf = ({ parts }: ExpiryReport): number => {
  if (parts.some((part) => part.outcome === "left" || part.outcome === "failed")) return EXIT.partial;
  return parts.some((part) => part.outcome === "gone" && part.marginMs < 0) ? EXIT.retention : EXIT.ok;
};

const reportLines = ({ parts, points, sweep }: ExpiryReport): readonly string[] => {
  const { pages, chunks } = sweep;
  return [
    ...(parts.length === 0 ? ["nothing was planned, and nothing expired"] : []),
    ...groupPoints(parts, hotPart, fateOf, heldIn).map((group) => `${partWords(group)}: ${outcomeWords(group)}`),
    ...points.map((point) => `point ${point} had no other part and is gone`),
    sweep.postponed === undefined
      ? `swept ${formatNumber(pages.objects + chunks.objects, "object")}, ${formatBytes(pages.bytes + chunks.bytes)}`
      : `not swept: ${sweep.postponed}`,
  ];
};

const hotPart = ({ point, class: name }: PartOutcome): PartId => ({ store: "hot", id: point, class: name });

const partWords = ([first, ...others]: Group<PartOutcome>): string =>
  groupWords([hotPart(first), ...others.map(hotPart)]);

const fateOf = ({ outcome }: PartOutcome): string => outcome;

const heldIn = ({ outcome, point }: PartOutcome): string | undefined => (outcome === "held" ? point : undefined);

const outcomeWords = (group: Group<PartOutcome>): string => {
  const [part, ...others] = group;
  switch (part.outcome) {
    case "gone already":
      return "was gone already";
    case "not due":
      return "is not due any more, and stays";
    case "held":
    case "failed": {
      const reason = reasonWords([part.message, ...others.flatMap((one) => ("message" in one ? [one.message] : []))]);
      return part.outcome === "held"
        ? `is HELD and stays: ${reason}`
        : `was NOT removed: ${reason} (${part.code}); apply again`;
    }
    default: {
      const removed = others.flatMap((one) => ("keyShredded" in one ? [one] : []));
      return removedWords([part, ...removed], "something that runs needs them, apply again when it has ended");
    }
  }
};
