import { EXIT, isFailure } from "../../lib/model/errors.ts";
import { measuredRate } from "../../lib/operations/measured-rate.ts";
import { planOfRestore } from "../../lib/operations/restore.ts";
import { localTarget } from "../../lib/wiring/local.ts";
import { formatBytes, formatCount, formatDuration, formatInstant, formatNumber } from "../format.ts";
import { writeNewFile } from "../new-file.ts";
import { fileWord, placeWords } from "../next-command.ts";
import { databaseOption, resolveDatabase, withVaultOptions } from "../options.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood restore plan latest --database postgres://app@localhost/shop_restored --out plan.json
  lastgood restore plan 20261120T16 --table public.orders --into-schema rescue --database ... --out plan.json
  lastgood restore plan latest --schema billing audit --table public.orders     both lists together
  lastgood restore apply plan.json --database postgres://app@localhost/shop_restored`;

export const addRestorePlan: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "restore", "bring a point back")
      .command("plan")
      .description("say what a restore would do, how long it takes and why it may not be done; changes nothing")
      .argument("<point>", "id or its beginning, a release, or latest")
      .addOption(databaseOption())
      .option("--schema <name...>", "only these schemas; with --table, those tables too")
      .option("--table <schema.name...>", "only these tables; with --schema, those schemas too")
      .option("--into-schema <name>", "into tables of their own in this new schema")
      .option("--out <file>", "write the plan here, to be applied; an existing file is kept"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, wanted, options) => {
        const target = localTarget(resolveDatabase(session.env, options.database));
        const { world, vault, audit } = await vaultOf(session, options);
        const scope = {
          schemas: options.schema ?? [],
          tables: options.table ?? [],
          ...(options.intoSchema === undefined ? {} : { intoSchema: options.intoSchema }),
        };
        // Evidence that is broken or out of reach must not stand in the way of a restore.
        const rate = await measuredRate(audit.evidence).catch((error: unknown) => {
          if (!isFailure(error)) throw error;
          session.output.note(`the time is estimated without drills: ${error.message}`);
          return undefined;
        });
        const plan = await planOfRestore({ vault, target, clock: world.clock }, wanted, { scope, rate });
        if (options.out !== undefined)
          await writeNewFile(options.out, (write) => write(`${JSON.stringify(plan, undefined, 2)}\n`));
        session.output.result("restore.plan", plan, () => [
          ...planLines(plan),
          ...(options.out === undefined || plan.refusals.length > 0
            ? []
            : [`next: ${["lastgood restore apply", fileWord(options.out), ...placeWords(options)].join(" ")}`]),
        ]);
        return plan.refusals.length > 0 ? EXIT.refused : EXIT.ok;
      }),
    );
};

type Plan = Awaited<ReturnType<typeof planOfRestore>>;

/** A plan as a person reads it before saying yes. */
export const planLines = (plan: Plan): readonly string[] => {
  const { estimate } = plan;
  const statements = [...plan.statements.pre, ...plan.statements.post].reduce((sum, { count }) => sum + count, 0);
  return [
    `restore point ${plan.point.id} of ${plan.point.database}, taken ${formatInstant(plan.point.takenAt)}`,
    `  into      database ${plan.target.database}, PostgreSQL ${Math.floor(plan.target.serverVersion / 10_000)}` +
      (plan.scope.intoSchema === undefined ? "" : `, schema ${plan.scope.intoSchema}`),
    `  tables    ${formatCount(plan.tables.length)}, ${formatNumber(plan.rows, "row")}, ${formatBytes(plan.plainBytes)}`,
    `  makes     ${formatNumber(statements, "statement")}, ${formatNumber(plan.statements.sequences, "sequence")}`,
    `  time      about ${formatDuration(estimate.seconds * 1000)}, between ${formatDuration((estimate.seconds * 1000) / estimate.factor)} and ${formatDuration(estimate.seconds * 1000 * estimate.factor)} (${estimate.source} rate)`,
    `  plan      ${plan.sha256.slice(0, 16)}, good until ${formatInstant(plan.expiresAt)}`,
    ...plan.notices.map((notice) => `  note      ${notice}`),
    ...plan.refusals.map((refusal) => `  refused   ${refusal.message}`),
  ];
};
