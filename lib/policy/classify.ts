import type { DataClass } from "../model/policy.ts";

export interface TableName {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
}

/** Which class a table belongs to: exactly one, or why it cannot be told. */
export type Classified =
  | { readonly class: DataClass; readonly pattern: string }
  | { readonly problem: string; readonly fix: string };

/**
 * Finds the class of a table. A pattern without `*` goes before one with it; among equals the classes must agree, because
 * a table of two classes would have two deadlines.
 */
export const classify = (classes: readonly DataClass[], table: TableName): Classified => {
  const matches = classes.flatMap((one) =>
    one.tables.filter((pattern) => matchesTable(pattern, table)).map((pattern) => ({ class: one, pattern })),
  );
  const exact = matches.filter(({ pattern }) => !pattern.includes("*"));
  const chosen = exact.length > 0 ? exact : matches;
  const [first] = chosen;
  const shown = `${table.schema}.${table.name}`;
  if (first === undefined)
    return {
      problem: `table ${shown} of database ${table.database} is in no class`,
      fix: `add "${shown}" to the tables of a class`,
    };
  const other = chosen.find((match) => match.class.name !== first.class.name);
  if (other !== undefined)
    return {
      problem: `table ${shown} of database ${table.database} is in class ${first.class.name} by "${first.pattern}" and in class ${other.class.name} by "${other.pattern}"`,
      fix: `name it as "${shown}" in one of them: a name without * goes before a pattern`,
    };
  return first;
};

const matchesTable = (pattern: string, table: TableName): boolean => {
  const colon = pattern.indexOf(":");
  if (colon >= 0 && !matchesText(pattern.slice(0, colon), table.database)) return false;
  return matchesText(pattern.slice(colon + 1), `${table.schema}.${table.name}`);
};

/** `*` stands for any run of characters, everything else for itself. Linear: each piece is looked for once, in order. */
const matchesText = (pattern: string, text: string): boolean => {
  const [head = "", ...pieces] = pattern.split("*");
  const tail = pieces.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let at = head.length;
  const end = text.length - tail.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
};
