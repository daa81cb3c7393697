import type { SchemaStatement } from "../../model/schema.ts";
import { NAME, unquoteName } from "./sql-names.ts";

const GRANTEE = new RegExp(` (?:TO|FROM) (${NAME})(?: WITH GRANT OPTION)?$`);
const OF_ROLE = new RegExp(`^ALTER DEFAULT PRIVILEGES FOR ROLE (${NAME}) `);
const POLICY_ROLES = new RegExp(` TO (${NAME}(?:, ${NAME})*)(?= USING \\(| WITH CHECK \\(|$)`);
/** Words that stand where a role's name may, and need none. */
const EVERYONE = new Set(["PUBLIC", "CURRENT_USER", "CURRENT_ROLE", "SESSION_USER", "public"]);

/** The statement without the roles that the target lacks, and those roles; no statement if nobody is left. */
export const withRolesOf = (
  statement: SchemaStatement,
  roles: ReadonlySet<string>,
): { readonly statement: SchemaStatement | undefined; readonly missing: readonly string[] } => {
  const lacks = (role: string): boolean => !EVERYONE.has(role) && !roles.has(unquoteName(role));
  if (statement.kind === "grant") {
    const named = [GRANTEE.exec(statement.sql)?.[1], OF_ROLE.exec(statement.sql)?.[1]].filter(
      (role) => role !== undefined,
    );
    const missing = named.filter(lacks);
    return { statement: missing.length === 0 ? statement : undefined, missing: missing.map(unquoteName) };
  }
  const list = statement.kind === "policy" ? POLICY_ROLES.exec(statement.sql)?.[1] : undefined;
  if (list === undefined) return { statement, missing: [] };
  const named = [...list.matchAll(new RegExp(NAME, "g"))].map(([role]) => role);
  const kept = named.filter((role) => !lacks(role));
  const missing = named.filter(lacks).map(unquoteName);
  if (missing.length === 0) return { statement, missing };
  if (kept.length === 0) return { statement: undefined, missing };
  return {
    statement: { ...statement, sql: statement.sql.replace(` TO ${list}`, () => ` TO ${kept.join(", ")}`) },
    missing,
  };
};
