import type { SchemaStatement } from "../../model/schema.ts";
import type { Present } from "./select-statements.ts";
import { mentions, QUALIFIED } from "./sql-names.ts";

/** Tables that a CREATE TABLE names in INHERITS: it cannot be made without them. */
export const parentsOf = (sql: string): readonly string[] => {
  const parents = new RegExp(`\\nINHERITS \\((${QUALIFIED}(?:, ${QUALIFIED})*)\\)`).exec(sql)?.[1];
  return parents === undefined ? [] : [...parents.matchAll(new RegExp(QUALIFIED, "g"))].map(([name]) => name);
};

/** Which statements about parents and children mean something where only some tables are restored. */
export class Inheritance {
  readonly #inScope: readonly SchemaStatement[];
  readonly #tables: ReadonlyMap<string, SchemaStatement>;
  /** Tables that will be made: those in scope, and the parents they cannot be made without. */
  readonly #made: ReadonlySet<string>;

  constructor(all: readonly SchemaStatement[], inScope: readonly SchemaStatement[]) {
    this.#inScope = inScope;
    this.#tables = new Map(all.filter(isTable).map((table) => [table.name, table]));
    this.#made = this.#withParents(inScope.filter(isTable).map((table) => table.name));
  }

  whyLeftOut(statement: SchemaStatement, present: Present): string | undefined {
    if (statement.kind === "inherit") {
      const parent = new RegExp(` INHERIT (${QUALIFIED})$`).exec(statement.sql)?.[1];
      const there = parent !== undefined && (this.#made.has(parent) || present.objects.has(parent));
      return there ? undefined : `the table it inherits from (${parent}) is neither in scope nor in the target`;
    }
    if (statement.kind === "validation")
      return this.#parentHasInvalid(statement)
        ? undefined
        : "the parent's constraint that it validates is not in scope";
    return undefined;
  }

  /** Whether a parent, or a parent's parent, gets the NOT VALID constraint that the child then has from it. */
  #parentHasInvalid(validation: SchemaStatement): boolean {
    const constraint = / VALIDATE CONSTRAINT (.+)$/s.exec(validation.sql)?.[1];
    const child = this.#inScope.find((one) => isTable(one) && one.tableOid === validation.tableOid);
    if (constraint === undefined || child === undefined) return false;
    const parents = this.#withParents(parentsOf(child.sql));
    const oids = new Set([...parents].map((name) => this.#tables.get(name)?.tableOid));
    return this.#inScope.some(
      ({ kind, sql, tableOid }) =>
        (kind === "check" || kind === "not null") &&
        oids.has(tableOid) &&
        sql.endsWith(" NOT VALID") &&
        mentions(sql, constraint),
    );
  }

  #withParents(names: readonly string[]): ReadonlySet<string> {
    const result = new Set<string>();
    const waiting = [...names];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (result.has(name)) continue;
      result.add(name);
      waiting.push(...parentsOf(this.#tables.get(name)?.sql ?? ""));
    }
    return result;
  }
}

const isTable = ({ kind }: SchemaStatement): boolean => kind === "table";
