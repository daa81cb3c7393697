import { Failure } from "../../model/errors.ts";
import type { Part, Point } from "../../model/point.ts";
import { partClass } from "../../model/row-age.ts";
import type { SchemaStatement } from "../../model/schema.ts";
import { expiredFailure } from "../points.ts";
import type { Refusal, RestoreScope } from "./restore-plan.ts";
import { wholeTables } from "./whole-tables.ts";

const NAMES_SHOWN_MAX = 20;

/**
 * Why a scope of a point that lost classes may not be restored: tables of it are in no part that can be read. Every part holds the
 * whole schema, so their names are known, but not which of several lost classes each was in.
 *
 * A day's part that has expired is no reason: its rows have left by their age, as they would have left the table.
 *
 * @param parts  those that can be read
 * @param oids  of the tables in scope
 */
export const refuseExpired = (
  point: Point,
  parts: readonly Part[],
  scope: RestoreScope,
  oids: ReadonlySet<number>,
): readonly Refusal[] => {
  const lost = lostClasses(point, parts);
  if (lost.length === 0) return [];
  const isWhole = scope.schemas.length + scope.tables.length === 0;
  const gone = goneTables(parts, (oid) => isWhole || oids.has(oid));
  if (isWhole)
    return [
      ...lost.map(({ code, message }) => ({ code, message })),
      ...(gone.length === 0
        ? []
        : [
            {
              code: "KEY_SHREDDED" as const,
              message: `gone with ${lost.length === 1 ? "it" : "them"}: ${shown(gone)}; name tables or schemas without them`,
            },
          ]),
    ];
  if (gone.length === 0) return [];
  const [is, was] = gone.length === 1 ? ["table", "is"] : ["tables", "are"];
  const why = lost.map(({ message }) => message).join("; ");
  return [{ code: "KEY_SHREDDED", message: `${is} ${shown(gone)} ${was} in no class that is left: ${why}` }];
};

/** @throws KEY_SHREDDED  the same, where there is no plan that could say it */
export const assertNoneExpired = (...asked: Parameters<typeof refuseExpired>): void => {
  const [first] = refuseExpired(...asked);
  if (first !== undefined) throw new Failure(first.code, first.message);
};

/** What says of each class of a point that is not among the parts that it is gone. */
const lostClasses = (point: Point, parts: readonly Part[]): readonly Failure[] => {
  const there = new Set(parts.map((part) => part.class));
  const unread = point.parts.filter((ref) => isClass(ref) && !there.has(ref.class));
  return [
    ...(point.expired ?? []).filter(isClass).map((part) => expiredFailure(point.id, part)),
    ...unread.map((ref) => new Failure("KEY_SHREDDED", `part ${ref.class} of the point cannot be read`)),
  ];
};

const isClass = (part: { readonly class: string }): boolean => partClass(part.class).day === undefined;

/** Without its class's own part a table is not there, whatever days of it are: the rows of no day yet are in that one. */
const goneTables = (parts: readonly Part[], isWanted: (oid: number) => boolean): readonly string[] => {
  const tables = wholeTables(parts);
  const held = new Set(tables.filter(({ sources }) => sources.some(isClass)).map(({ facts }) => facts.oid));
  const days = new Map(tables.map(({ facts, sources }) => [facts.oid, sources.length]));
  const statements = parts[0]?.schema.statements ?? [];
  return statements
    .filter(({ kind, tableOid }) => kind === "table" && isWanted(tableOid) && !held.has(tableOid))
    .filter((statement) => !isPartitioned(statement))
    .map(({ name, tableOid }) => (days.has(tableOid) ? `${name} (but for ${days.get(tableOid)} of its days)` : name));
};

/** A partitioned table has no rows of its own and so no class. After its columns, which may say anything, its clauses take a line each. */
const isPartitioned = ({ sql }: SchemaStatement): boolean =>
  /\nPARTITION BY [^\n]*(\nUSING [^\n]*)?(\nWITH \([^\n]*\))?$/.test(sql);

const shown = (names: readonly string[]): string => {
  const more = names.length - NAMES_SHOWN_MAX;
  return `${names.slice(0, NAMES_SHOWN_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
};
