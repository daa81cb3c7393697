import { EXIT } from "../../lib/model/errors.ts";
import { recordPolicy } from "../../lib/operations/entries.ts";
import { groupAlarms, groupMessage } from "../../lib/operations/raise-alarms.ts";
import { type RetentionOutcome, type RetentionReport, runRetention } from "../../lib/operations/retention.ts";
import { overdueOf } from "../../lib/operations/retention-entries.ts";
import { openNotifier } from "../../lib/wiring/notifier.ts";
import { archiveBeside } from "../archive.ts";
import { EXPIRE, type Group, groupPoints, reasonWords, removedWords } from "../expire.ts";
import { formatBytes, formatInstant, formatNumber } from "../format.ts";
import { groupWords } from "../holds.ts";
import { withVaultOptions } from "../options.ts";
import { policyIn } from "../policy.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood expire run --policy lastgood.yaml --vault ./vault     every hour
  lastgood expire run --policy lastgood.yaml --vault ./vault --dry-run

Ends with 10 if something is past its deadline, or went after it, and with 3 if something that is to go could not yet be
removed, or an alarm could not be sent.`;

export const addExpireRun: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "expire", EXPIRE)
      .command("run")
      .description(
        "the hourly worker: remove all that is due, of points and archives, prove it gone, and alarm of what stays",
      )
      .requiredOption("--policy <file>", "the policy, as lastgood.yaml")
      .option("--dry-run", "say what would go and what is held or locked; change nothing", false)
      .option(
        "--clock-checked",
        "the clock is right: it is the evidence that was written by one that was ahead",
        false,
      ),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, { policy: file, dryRun, clockChecked, ...options }) => {
        const policy = await policyIn(file);
        const opened = await vaultOf(session, options);
        const { vault, world, audit } = opened;
        if (!dryRun) await recordPolicy(audit, policy);
        const { notify } = policy;
        const report = await runRetention(
          {
            vault,
            clock: world.clock,
            progress: session.progress.report,
            warn: session.output.note,
            signal: session.signal,
            audit,
            archive: await archiveBeside(session, options, opened),
            notifier: notify && openNotifier(notify.webhookFrom, session.env[notify.webhookFrom]),
          },
          policy,
          { dryRun, isClockChecked: clockChecked },
        );
        session.progress.finish();
        session.output.result("expire.run", report, () => reportLines(report));
        return statusOf(report);
      }),
    );
};

const statusOf = (report: RetentionReport): number => {
  const { parts, unknown, alarms, clock } = report;
  const isLate = parts.some((part) => part.outcome === "gone" && part.marginMs < 0);
  const isUnknownLate = unknown.some(({ outcome, deadline }) => outcome === "failed" && report.finishedAt >= deadline);
  if (isLate || isUnknownLate || overdueOf(report).length > 0) return EXIT.retention;
  const isPartial =
    parts.some(({ outcome }) => outcome !== "gone" && outcome !== "held" && outcome !== "due") ||
    unknown.some(({ outcome }) => outcome === "failed") ||
    alarms.some(({ sent }) => sent === "failed") ||
    clock.problem !== undefined;
  return isPartial ? EXIT.partial : EXIT.ok;
};

const reportLines = (report: RetentionReport): readonly string[] => {
  const { parts, next, unknown, alarms, notices, swept, clock } = report;
  return [
    ...groupAlarms(alarms).map((group) => {
      const [{ level, sent, reason }] = group;
      const told = `${sent}${reason === undefined ? "" : `: ${reason}`}`;
      return `${level === "page" ? "OVERDUE" : "ALARM"}: ${groupMessage(group)} (${told})`;
    }),
    ...(parts.length === 0
      ? ["nothing is due"]
      : groupPoints(parts, ({ part }) => part, fateOf, heldIn).map(
          (group) => `${partWords(group)}: ${outcomeWords(group)}`,
        )),
    ...unknown.map(
      ({ name, bytes, outcome, deadline, reason }) =>
        `unknown object ${name}, ${formatBytes(bytes)}: ${outcome === "kept" ? `goes by ${formatInstant(deadline)}` : outcome}${reason === undefined ? "" : `: ${reason}`}`,
    ),
    ...(swept.objects === 0 ? [] : [`swept ${formatNumber(swept.objects, "object")}, ${formatBytes(swept.bytes)}`]),
    ...(next === null
      ? []
      : [
          `  next      ${partWords([next])} from ${formatInstant(next.deleteAt)}, gone by ${formatInstant(next.deadline)}`,
        ]),
    ...(clock.problem === undefined ? [] : [`  clock     ${clock.problem}`]),
    ...notices.map((notice) => `  note      ${notice}`),
  ];
};

const partWords = (group: Group<Pick<RetentionOutcome, "part">>): string => {
  const [{ part }, ...others] = group;
  return groupWords([part, ...others.map((one) => one.part)]);
};

/** Why a part is held or a store does not let go is said of each in its own words: that keeps nothing apart. */
const fateOf = ({ outcome, lockedUntil = 0 }: RetentionOutcome): string => `${outcome} ${lockedUntil}`;

const heldIn = ({ outcome, part }: RetentionOutcome): string | undefined => (outcome === "held" ? part.id : undefined);

const outcomeWords = (group: Group<RetentionOutcome>): string => {
  const [part, ...others] = group;
  if ("keyShredded" in part) {
    const removed = others.flatMap((one) => ("keyShredded" in one ? [one] : []));
    const { lockedUntil, reason } = part;
    const locked =
      lockedUntil === undefined ? "something that runs needs them" : `locked until ${formatInstant(lockedUntil)}`;
    return removedWords([part, ...removed], reason ?? locked);
  }
  const reason = reasonWords([part.reason, ...others.flatMap((one) => one.reason ?? [])]);
  switch (part.outcome) {
    case "held":
      return `HELD: ${reason}`;
    case "locked":
    case "waits":
      return `waits: ${reason}`;
    case "failed":
      return `NOT removed: ${reason}`;
    default:
      return `would go, ${reason}; gone by ${formatInstant(part.deadline)}`;
  }
};
