import { EXIT_MEANINGS } from "../../bin/exit-status.ts";
import { ERRORS, EXIT } from "../../lib/model/errors.ts";

/** The page `docs/errors.md`, from the tables that the program itself uses. */
export const errorsPage = (): string => `# Errors and exit statuses

Every failure that is not a bug has a code. This page is generated from \`lib/model/errors.ts\` by
\`npx vitest run test/docs/errors.test.ts --update\`, and a test keeps it true.

A failure is a message and a hint on standard error:

\`\`\`
error: no point 2026-11-20 in vault ./vault
hint: lastgood point list shows the points there are
\`\`\`

With \`--json\` it is the last line of standard error, one object:

\`\`\`json
${JSON.stringify({ schema: "lastgood.error/1", error: { code: "POINT_NOT_FOUND", message: "no point 2026-11-20 in vault ./vault", hint: ERRORS.POINT_NOT_FOUND.hint, exit: ERRORS.POINT_NOT_FOUND.exit, retryable: false, facts: { point: "2026-11-20" } } })}
\`\`\`

Standard output holds the result, and holds none if there is none. A check that ran to its end and found a difference has
a result, and status 9. \`facts\` differ by code. No message, hint or fact holds a row's value, a key or a password. Fields may be added within
version 1; none is renamed or taken away.

## Exit statuses

Any status that is not listed is a failure too.

| status | name | means |
| ---: | --- | --- |
${rows(Object.entries(EXIT).map(([name, status]) => [String(status), name, EXIT_MEANINGS[name as keyof typeof EXIT]]))}

## Codes

*Again* says whether the same command, unchanged, may succeed later.

| code | status | again | next step |
| --- | ---: | --- | --- |
${rows(Object.entries(ERRORS).map(([code, kind]) => [`\`${code}\``, String(kind.exit), kind.retryable ? "yes" : "no", kind.hint === "" ? "depends; the failure says it" : kind.hint]))}
`;

const rows = (cells: readonly (readonly string[])[]): string =>
  cells.map((row) => `| ${row.map((cell) => cell.replaceAll(/[|<]/g, "\\$&")).join(" | ")} |`).join("\n");
