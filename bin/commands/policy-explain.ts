import { EXIT } from "../../lib/model/errors.ts";
import { groupBy } from "../../lib/model/part-groups.ts";
import { partClass } from "../../lib/model/row-age.ts";
import { type ExplainedPart, explainPolicy, type PolicyExplained } from "../../lib/operations/policy.ts";
import { localClock } from "../../lib/wiring/local.ts";
import { archiveBeside } from "../archive.ts";
import { formatInstant, formatNumber, formatTable } from "../format.ts";
import { withVaultOptions } from "../options.ts";
import { policyArgument, policyIn } from "../policy.ts";
import { type AddCommand, nounOf } from "../program.ts";
import type { Session } from "../session.ts";
import { type VaultFlags, vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood policy explain lastgood.yaml                     what a capture taken now would be held to
  lastgood policy explain lastgood.yaml --vault ./vault     and each table's class, and when every part would expire`;

export const addPolicyExplain: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "policy", "what is kept, how long and why")
      .command("explain")
      .description("say what a policy means for each class, table, point and archive; changes nothing")
      .addArgument(policyArgument()),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, file, options) => {
        const policy = await policyIn(file);
        const stores = options.vault === undefined ? {} : await storesOf(session, options);
        const explained = await explainPolicy(policy, stores, localClock.now());
        session.output.result("policy.explain", { file, timeZone: policy.timeZone, ...explained }, () =>
          explainedLines(explained),
        );
        return explained.tables.some((table) => table.class === null) ? EXIT.different : EXIT.ok;
      }),
    );
};

const storesOf = async (session: Session, flags: VaultFlags) => {
  const opened = await vaultOf(session, flags);
  return { vault: opened.vault, archive: await archiveBeside(session, flags, opened) };
};

export const explainedLines = ({
  classes,
  rowAges,
  archives,
  tables,
  expiries,
  notices,
}: PolicyExplained): readonly string[] => [
  "a capture taken now",
  ...table(
    ["CLASS", "TIER", "MAX", "WINDOW", "DELETED AT", "GONE BY"],
    classes.map((one) => [
      one.class,
      one.tier,
      one.max,
      one.window,
      formatInstant(one.times.deleteAt),
      formatInstant(one.times.deadline),
    ]),
  ),
  ...section(
    ["CLASS", "ROWS BY", "LEAVE AFTER", "DAYS", "FROM", "TO", "TODAY'S DELETED AT", "GONE BY"],
    rowAges.map(({ class: name, column, max, days, firstDay, lastDay, times }) => [
      name,
      column,
      max,
      String(days),
      firstDay,
      lastDay,
      formatInstant(times.deleteAt),
      formatInstant(times.deadline),
    ]),
  ),
  ...section(
    ["CLASS", "ARCHIVE", "KEPT", "LOCK", "LOCKED UNTIL", "WANTED UNTIL", "DELETED AT", "GONE BY"],
    archives.map(({ class: name, schedule, keep, times }) => [
      name,
      schedule,
      keep,
      times.lock,
      times.lock === "none" ? "" : formatInstant(times.retainUntil),
      times.keepUntil === undefined ? "" : formatInstant(times.keepUntil),
      formatInstant(times.deleteAt),
      formatInstant(times.deadline),
    ]),
  ),
  ...section(
    ["DATABASE", "TABLE", "CLASS", "BECAUSE"],
    tables.map((one) => [one.database, one.table, one.class ?? "NONE", one.because]),
  ),
  ...section(
    ["POINT", "DATABASE", "TIER", "CLASS", "NOW", "DELETED AT", "GONE BY", "BECAUSE"],
    groupBy(expiries, dayOf).map((group) => {
      const [part] = group;
      return [
        group.length === 1 ? part.point : formatNumber(group.length, "point"),
        part.database,
        part.tier,
        part.class,
        part.verdict,
        formatInstant(part.deleteAt),
        formatInstant(part.deadline),
        part.because,
      ];
    }),
  ),
  ...groupBy(notices, ({ message }) => message).map(
    ([{ point, message }, ...others]) =>
      `  note ${point}${others.length === 0 ? "" : ` and ${formatNumber(others.length, "point")} more`}: ${message}`,
  ),
];

/** A day's rows that go together are told once for all points; undefined of every other part. */
const dayOf = ({ point: _, ...part }: ExplainedPart): string | undefined =>
  partClass(part.class).day === undefined ? undefined : JSON.stringify(part);

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  formatTable(
    titles.map((title) => ({ title })),
    rows,
  );

/** A table after an empty line, or nothing where there are no rows. */
const section = (titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0 ? [] : ["", ...table(titles, rows)];
