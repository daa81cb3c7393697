import { EXIT } from "../../lib/model/errors.ts";
import { classWords } from "../../lib/model/part-groups.ts";
import { type ExpiryPlan, planExpiry } from "../../lib/operations/expire-parts.ts";
import { EXPIRE, groupPoints } from "../expire.ts";
import { formatBytes, formatCount, formatDuration, formatInstant, formatNumber, formatTable } from "../format.ts";
import { writeNewFile } from "../new-file.ts";
import { fileWord, placeWords } from "../next-command.ts";
import { withVaultOptions } from "../options.ts";
import { policyArgument, policyIn } from "../policy.ts";
import { type AddCommand, nounOf } from "../program.ts";
import { vaultOf } from "../vault.ts";

const EXAMPLES = `
Examples:
  lastgood expire plan lastgood.yaml --vault ./vault --out expiry.json
  lastgood expire apply expiry.json --vault ./vault`;

export const addExpirePlan: AddCommand = (program, act) => {
  withVaultOptions(
    nounOf(program, "expire", EXPIRE)
      .command("plan")
      .description("say which parts of which points are due, and by when they must be gone; changes nothing")
      .addArgument(policyArgument())
      .option("--out <file>", "write the plan here, to be applied; an existing file is kept"),
  )
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (session, file, options) => {
        const policy = await policyIn(file);
        const { vault, world, audit } = await vaultOf(session, options);
        const plan = await planExpiry({ vault, clock: world.clock, evidence: audit.evidence }, policy);
        if (options.out !== undefined)
          await writeNewFile(options.out, (write) => write(`${JSON.stringify(plan, undefined, 2)}\n`));
        session.output.result("expire.plan", plan, () => [
          ...planLines(plan),
          ...(options.out === undefined
            ? []
            : [`next: ${["lastgood expire apply", fileWord(options.out), ...placeWords(options)].join(" ")}`]),
        ]);
        return EXIT.ok;
      }),
    );
};

const planLines = ({ parts, next, notices, madeAt, expiresAt, sha256 }: ExpiryPlan): readonly string[] => {
  const overdue = parts.filter((part) => part.verdict === "overdue").length;
  return [
    parts.length === 0
      ? "nothing is due"
      : `${formatNumber(parts.length, "part")} due${overdue === 0 ? "" : `, ${formatCount(overdue)} of them OVERDUE`}`,
    ...(parts.length === 0
      ? []
      : formatTable(
          [
            { title: "POINT" },
            { title: "DATABASE" },
            { title: "CLASS" },
            { title: "ROWS", align: "right" },
            { title: "SEALED", align: "right" },
            { title: "GONE BY" },
            { title: "MARGIN" },
            { title: "BECAUSE" },
          ],
          groupPoints(
            parts,
            ({ class: name }) => ({ store: "hot", class: name }),
            ({ database, verdict, hold }) => `${database} ${hold ?? verdict}`,
            ({ hold, point }) => hold && point,
          ).map((group) => {
            const [part] = group;
            const points = new Set(group.map((one) => one.point)).size;
            return [
              points === 1 ? part.point : formatNumber(points, "point"),
              part.database,
              group.length === 1 ? part.class : classWords(group.map((one) => one.class)).join(),
              formatCount(group.reduce((rows, one) => rows + one.rows, 0)),
              formatBytes(group.reduce((bytes, one) => bytes + one.sealedBytes, 0)),
              formatInstant(part.deadline),
              part.verdict === "overdue"
                ? `OVERDUE by ${formatDuration(madeAt - part.deadline)}`
                : formatDuration(part.deadline - madeAt),
              part.hold === undefined ? part.because : `HELD by ${part.hold}`,
            ];
          }),
        )),
    ...(next === null
      ? []
      : [
          `  next      class ${next.class} of point ${next.point} from ${formatInstant(next.deleteAt)}, gone by ${formatInstant(next.deadline)}`,
        ]),
    `  plan      ${sha256.slice(0, 16)}, good until ${formatInstant(expiresAt)}`,
    ...notices.map(({ point, message }) => `  note      point ${point}: ${message}`),
  ];
};
