import type { ReportEvidence } from "../../lib/report/evidence.ts";

/** What somebody could name a table, a matter or himself to get out of a cell. */
export const HOSTILE = `"><img src=http://evil.test/x onerror=alert(1)></td><script>document.title='owned'</script><a href="javascript:alert(1)">'\u202e=1+1`;

/** Fields that hold text of somebody else. */
const NAMES: ReadonlySet<string> = new Set([
  ...[
    "controller",
    "databases",
    "database",
    "actor",
    "madeBy",
    "version",
    "point",
    "release",
    "commit",
    "code",
    "class",
  ],
  ...["classes", "tables", "purpose", "legalBasis", "min", "archive", "lock", "basis", "matter", "by", "reason", "id"],
  ...["found", "because", "notices", "store", "hold", "reasons", "vaultId", "plan", "version", "sha256", "broken"],
]);
/** Of these Lastgood itself writes one of a few words. */
const WORDS: ReadonlySet<string> = new Set(["present", "late", "missing", "incomplete"]);

/** The same evidence, with the text put before every name in it. */
export const withText = (evidence: ReportEvidence, text: string): ReportEvidence => ({
  ...(changed(evidence, text, false) as ReportEvidence),
  proofs: evidence.proofs,
  notices: [text],
});

const changed = (value: unknown, text: string, isName: boolean): unknown => {
  if (typeof value === "string") return isName && !WORDS.has(value) ? `${text} ${value}` : value;
  if (Array.isArray(value)) return value.map((one) => changed(one, text, isName));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, changed(field, text, NAMES.has(name))]),
  );
};
