import fc from "fast-check";
import { expect, test } from "vitest";
import { withRolesOf } from "../../../lib/engine/restore/roles.ts";
import { nameWithoutArguments } from "../../../lib/engine/restore/select-statements.ts";
import { mentions, qualified, quoteLiteral, splitQualified } from "../../../lib/engine/restore/sql-names.ts";
import type { SchemaStatement } from "../../../lib/model/schema.ts";

const statement = (kind: string, sql: string, name = "s.t"): SchemaStatement => ({
  section: "post",
  kind,
  schema: "s",
  name,
  tableOid: 1,
  sql,
});

const roles = new Set(["app", "Odd role", "pg_monitor"]);

test.each([
  ["GRANT SELECT ON s.t TO app", true],
  ["GRANT SELECT ON s.t TO gone", false],
  ['GRANT SELECT ON s.t TO "Odd role" WITH GRANT OPTION', true],
  ['GRANT SELECT ON s."x TO gone" TO app', true],
  ['REVOKE ALL ON s.t FROM "a ""quoted"" role"', false],
  ["ALTER DEFAULT PRIVILEGES FOR ROLE gone IN SCHEMA s GRANT SELECT ON TABLES TO app", false],
  ["ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO PUBLIC", true],
])("of a grant, %s, it is said whether the target has its roles", (sql, kept) => {
  expect(withRolesOf(statement("grant", sql), roles).statement !== undefined).toBe(kept);
});

test.each([
  ["CREATE POLICY p ON s.t USING ((a > 1))", "CREATE POLICY p ON s.t USING ((a > 1))"],
  [
    "CREATE POLICY p ON s.t FOR SELECT TO app, gone USING (true)",
    "CREATE POLICY p ON s.t FOR SELECT TO app USING (true)",
  ],
  ["CREATE POLICY p ON s.t AS RESTRICTIVE TO gone WITH CHECK (true)", undefined],
  ["CREATE POLICY p ON s.t TO PUBLIC USING (true)", "CREATE POLICY p ON s.t TO PUBLIC USING (true)"],
])("of a policy, %s, only the roles that are there are kept", (sql, expected) => {
  expect(withRolesOf(statement("policy", sql), roles).statement?.sql).toBe(expected);
});

test("a name is found as a whole, never as a part of a longer one", () => {
  expect(mentions("SELECT s.f(1)", "s.f")).toBe(true);
  expect(mentions("nextval('s.q'::regclass)", "s.q")).toBe(true);
  expect(mentions("SELECT s.ff(1), xs.f(1), s.f_2, a.s.f(1)", "s.f")).toBe(false);
  expect(mentions('SELECT s.ff(1), s."f g", s.f', "s.f")).toBe(true);
});

test("any name survives being qualified and split", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (schema, name) => {
      expect(splitQualified(qualified(schema, name))).toEqual([schema, name]);
    }),
  );
});

test("arguments are no part of a routine's name, and brackets in a quoted one are", () => {
  expect(nameWithoutArguments(statement("function", "", "s.f(integer, text)"))).toBe("s.f");
  expect(nameWithoutArguments(statement("function", "", 's."f(x)"(integer)'))).toBe('s."f(x)"');
  expect(nameWithoutArguments(statement("table", "", 's."t(1)"'))).toBe('s."t(1)"');
});

test("a literal with quotes and backslashes means itself", () => {
  expect(quoteLiteral("a'b")).toBe("'a''b'");
  expect(quoteLiteral("a\\'b")).toBe("E'a\\\\''b'");
});
