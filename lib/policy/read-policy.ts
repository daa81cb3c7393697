import { type Document, isMap, isPair, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import type { DataClass, Policy, PolicyProblem, Term } from "../model/policy.ts";
import { contradictionsOf } from "./contradictions.ts";
import { policyNotices } from "./policy-notices.ts";
import { POLICY_SCHEMA } from "./policy-schema.ts";
import { readTerm } from "./term.ts";

/** `notices` are what a policy can keep, and whoever wrote it may not have meant. */
export type PolicyRead =
  | { readonly policy: Policy; readonly notices: readonly PolicyProblem[] }
  | { readonly problems: readonly PolicyProblem[] };

/** Reads a policy file's text. Every problem is told at once, in the order of the file; a policy that has one is no policy. */
export const readPolicy = (text: string): PolicyRead => {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, version: "1.2" });
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0)
    return { problems: document.errors.map((error) => ({ ...at(error.pos[0]), path: "", message: error.message })) };
  const problemAt = (path: readonly PropertyKey[], message: string): PolicyProblem => ({
    ...at(offsetOf(document, path)),
    path: path.map(String).join("."),
    message,
  });
  const inOrder = (found: readonly Found[]): readonly PolicyProblem[] =>
    found
      .map(({ path, message }) => problemAt(path, message))
      .toSorted((a, b) => a.line - b.line || a.column - b.column);
  const read = POLICY_SCHEMA.safeParse(document.toJS(), { reportInput: true });
  if (!read.success) return { problems: inOrder(read.error.issues.flatMap(problemsOf)) };
  const policy = policyOf(read.data);
  const contradictions = contradictionsOf(policy);
  if (contradictions.length > 0) return { problems: inOrder(contradictions) };
  return { policy, notices: inOrder(policyNotices(policy)) };
};

interface Found {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const NOT_A_POLICY = "expected the fields of a policy: docs/guide/policy.md begins with one to copy";

type Issue = z.core.$ZodIssue;

const problemsOf = (issue: Issue): readonly Found[] => {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: "there is no such field: check its name",
      }));
    case "invalid_union": {
      // A database: its name, or its name with the place of its URL. What was written says which of the two was meant.
      const [asName = [], asObject = []] = issue.errors;
      const meant = typeof issue.input === "object" ? asObject : asName;
      return meant.flatMap((one) => problemsOf({ ...one, path: [...issue.path, ...one.path] }));
    }
    case "invalid_key":
      return [{ path: issue.path, message: issue.issues[0]?.message ?? issue.message }];
    case "invalid_type":
      if (issue.path.length === 0) return [{ path: [], message: NOT_A_POLICY }];
      return [
        {
          path: issue.path,
          message: issue.input === undefined ? `is missing; expected ${issue.expected}` : `expected ${issue.expected}`,
        },
      ];
    default:
      return [{ path: issue.path, message: issue.message }];
  }
};

/** Where a path begins in the text; where it is missing, the nearest thing above it. */
const offsetOf = (document: Document, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length > 0; length--) {
    const holder = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(holder)) {
      const pair = holder.items.find((item) => isPair(item) && String(item.key) === String(key));
      const range = (pair?.key as { range?: [number, number, number] } | undefined)?.range;
      if (range !== undefined) return range[0];
    }
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range !== undefined && node.range !== null) return node.range[0];
  }
  return 0;
};

type PolicyFile = z.output<typeof POLICY_SCHEMA>;

const policyOf = (file: PolicyFile): Policy => ({
  version: 1,
  controller: file.controller,
  timeZone: file.timeZone,
  databases: file.databases.map((one) => (typeof one === "string" ? one : one.name)),
  ...sourcesOf(file),
  classes: Object.entries(file.classes).map(([name, one]) => classOf(name, one)),
  hot: { every: term(file.tiers.hot.every), window: term(file.tiers.hot.window) },
  release: { window: term(file.tiers.release.window) },
  verification: {
    at: file.verification.at,
    readAllWithin: term(file.verification.readAllWithin),
    drillEvery: term(file.verification.drillEvery),
  },
  holders: file.approvals.holds,
  ...(file.notify === undefined ? {} : { notify: file.notify }),
});

const sourcesOf = ({ databases }: PolicyFile): Pick<Policy, "sources"> => {
  const sources = databases.flatMap((one) =>
    typeof one === "string" ? [] : [{ database: one.name, urlFrom: one.urlFrom }],
  );
  return sources.length === 0 ? {} : { sources };
};

const classOf = (
  name: string,
  { tables, max, min, rowAge, purpose, legalBasis, role, archive, lock }: PolicyFile["classes"][string],
): DataClass => ({
  name,
  tables,
  max: term(max),
  ...(min === undefined ? {} : { min: { term: term(min.term), from: min.from } }),
  ...(rowAge === undefined ? {} : { rowAge: { column: rowAge.column, max: term(rowAge.max) } }),
  purpose,
  legalBasis,
  ...(role === undefined ? {} : { role }),
  ...(archive === undefined
    ? {}
    : {
        archive: Object.fromEntries(
          Object.entries(archive).flatMap(([schedule, keep]) => (keep === undefined ? [] : [[schedule, term(keep)]])),
        ),
      }),
  ...(lock === undefined ? {} : { lock: { mode: lock.mode, term: term(lock.term) } }),
});

/** The schema has made sure that it is one. */
const term = (text: string): Term => readTerm(text) as Term;
