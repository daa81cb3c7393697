import { EXIT, Failure } from "../lib/model/errors.ts";
import type { DailyVerification } from "../lib/model/verification.ts";
import { verifyDay } from "../lib/operations/daily-verification.ts";
import { recordPolicy } from "../lib/operations/entries.ts";
import type { DrillReport } from "../lib/operations/verify-restore.ts";
import { archiveBeside } from "./archive.ts";
import { formatBytes, formatDuration, formatInstant, formatNumber, formatTable } from "./format.ts";
import { policyIn } from "./policy.ts";
import type { Session } from "./session.ts";
import type { OpenedVault, VaultFlags } from "./vault.ts";

interface DayFlags extends VaultFlags {
  readonly policy: string;
  readonly level?: string | undefined;
  /** `--no-drill` sets it to false. */
  readonly drill: boolean;
}

/** `verify --policy`: the daily verification. @returns the exit status: that of a difference if anything is red */
export const runVerifyDay = async (
  session: Session,
  opened: OpenedVault,
  wanted: string | undefined,
  flags: DayFlags,
  drill: (point: string) => Promise<DrillReport>,
): Promise<number> => {
  if (wanted !== undefined || flags.level !== undefined)
    throw new Failure("USAGE", "with --policy everything is verified as the policy says: name no point and no --level");
  const policy = await policyIn(flags.policy);
  const { vault, world, audit } = opened;
  await recordPolicy(audit, policy);
  const verification = await verifyDay(
    {
      vault,
      clock: world.clock,
      audit,
      archive: await archiveBeside(session, flags, opened),
      progress: session.progress.report,
      signal: session.signal,
    },
    policy,
    {
      drill: flags.drill ? drill : undefined,
      publicKey: await world.signer.publicKey(),
      tell(verdict) {
        session.progress.finish();
        session.output.result("verify.daily", verdict, () => dayLines(verdict));
      },
    },
  );
  return verification.light === "red" ? EXIT.different : EXIT.ok;
};

const dayLines = (day: DailyVerification): readonly string[] => [
  `${day.day}: ${day.light.toUpperCase()}`,
  ...tierLines(day),
  ...day.invariants.flatMap(({ id, result, found }) => (result === "broken" ? [`  BROKEN ${id}  ${found}`] : [])),
  `  invariants  ${formatNumber(countOf(day, "holds"), "holds", "hold")}, ${countOf(day, "broken")} broken, ${countOf(day, "not applicable")} not applicable`,
  `  read        ${readWords(day)}`,
  `  drill       ${drillWords(day)}`,
];

const tierLines = ({ tiers }: Pick<DailyVerification, "tiers">): readonly string[] =>
  formatTable(
    [
      { title: "DATABASE" },
      { title: "TIER" },
      { title: "LIGHT" },
      { title: "PROMISED", align: "right" },
      { title: "BECAUSE" },
    ],
    tiers.flatMap(({ database, tier, light, reasons, promised }) => {
      const kept = promised.filter((one) => one.found === "present").length;
      const first = [database, tier, light === "green" ? light : light.toUpperCase(), `${kept} of ${promised.length}`];
      const [reason = "", ...others] = reasons;
      return [[...first, reason], ...others.map((other) => ["", "", "", "", other])];
    }),
  );

const countOf = ({ invariants }: DailyVerification, result: string): number =>
  invariants.filter((one) => one.result === result).length;

const readWords = ({ rotation }: DailyVerification): string => {
  const { objects, bytes, rows, problems, allReadSince, cycleDays } = rotation;
  const all =
    allReadSince === undefined
      ? `everything will have been read within ${formatNumber(cycleDays, "day")} of the first run`
      : `everything was read since ${formatInstant(allReadSince)}`;
  const wrong = problems === 0 ? "" : `, ${formatNumber(problems, "PROBLEM")}`;
  return `${formatNumber(objects, "object")}, ${formatBytes(bytes)}, ${formatNumber(rows, "row")}${wrong}; ${all}`;
};

const drillWords = ({ drill }: DailyVerification): string => {
  if (drill === undefined) return "none today";
  const { point, rows, equal, restoreMs, elapsedMs } = drill;
  return equal
    ? `point ${point} was restored in ${formatDuration(restoreMs)} and compared: ${formatNumber(rows, "row")}, all in ${formatDuration(elapsedMs)}`
    : `point ${point} DOES NOT RESTORE: run lastgood verify ${point} --level restore, which names what differs`;
};
