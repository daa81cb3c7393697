import type { ComplianceReport } from "../../model/report.ts";
import { instantOf, localOf } from "./cells.ts";
import { html, type Markup } from "./markup.ts";

/** A numbered section around its tables. */
export interface Section {
  readonly title: string;
  readonly before?: (report: ComplianceReport, sha256: string) => Markup;
  /** What a reader could look for here and does not find, and why. */
  readonly missing?: string;
}

const facts = (rows: readonly (readonly [string, Markup | string | undefined])[]): Markup =>
  html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

const long = (digest: string): Markup => html`<code class="long">${digest}</code>`;

const both = (at: number, timeZone: string): Markup => html`${instantOf(at)} <small>(${localOf(at, timeZone)})</small>`;

/** From 1 to 19: the same number is the same section in every report. */
export const SECTIONS: readonly Section[] = [
  {
    title: "This report",
    before: (report, sha256) => {
      const { period, timeZone } = report;
      return facts([
        ["Report", `${report.number} of vault ${report.vaultId}`],
        ["Controller", report.controller],
        ["From", both(period.from, timeZone)],
        ["Up to", both(period.to, timeZone)],
        ["Made at", both(report.madeAt, timeZone)],
        ["Made by", report.madeBy],
        ["Made with", `Lastgood ${report.version}`],
        ["SHA-256 of report.json", long(sha256)],
        ["Of the report before", report.number === 1 ? "none: this is the first" : long(report.previous)],
      ]);
    },
  },
  {
    title: "Scope and completeness",
    missing:
      "The live database, its replicas, logs and RDS snapshots, and copies that anybody made outside the vault: Lastgood does not look at them. A table that no class names fails a capture by policy, so that none is kept unclassified.",
  },
  {
    title: "Retention schedule",
    before: ({ policySha256, schedule, tiers, timeZone }) => html`
<p>A point is promised every ${tiers.hotEvery} and kept for ${tiers.hotWindow}, a release’s for ${tiers.releaseWindow}, or as long as its class allows if that ends first. Terms count from the start of the capture; calendar terms and business dates are those of ${timeZone}. Each part of a point has a data key of its own.</p>
${schedule.some(({ rowAge }) => rowAge !== undefined) ? html`<p>Where rows of a day have a term of their own, it counts from the beginning of that day: the rows of each business day are a part of their own in every point, and leave all points by then, whenever they were captured.</p>` : undefined}
${facts([["SHA-256 of the policy", long(policySha256)]])}`,
    missing: "Author and approver of the policy: they are known where the file is reviewed.",
  },
  { title: "Policy changes" },
  { title: "Backups made" },
  {
    title: "Missed and late backups",
    missing: "A gap is known from the daily verifications: on days without one, nobody looked.",
  },
  { title: "Verification" },
  {
    title: "Restore tests and restores",
    missing:
      "Targets for recovery time and point: the policy sets none, so times are told and not judged. Whether the place of a real restore was segregated is for its operator to say.",
  },
  {
    title: "Expiry and proof of deletion",
    before: () => html`
<p>A part’s wrapped data key is destroyed first: from then on nobody can read it. Then its objects are deleted, and each of them is looked for. The margin is its deadline minus the moment when none was found. The record of each expiry is proven by section 17.</p>`,
    missing:
      "Names and versions of single objects, which are in the store’s own log; how the disk or the cloud below the store overwrites what was deleted.",
  },
  {
    title: "Overdue",
    missing: "Whether an overdue copy is a breach to be notified (Art. 33 GDPR): a person decides that.",
  },
  {
    title: "Rights requests",
    before: () => html`
<p class="empty">No content: Lastgood keeps no ledger of requests yet.</p>
<p>A row that was erased in the live database leaves the vault with the last point in which it was live, by the deadlines of section 3. After a restore, erasures since its point have to be repeated.</p>`,
  },
  { title: "Legal holds and exceptions" },
  {
    title: "Keys",
    before: ({ integrity }) => facts([["Key that signs evidence", long(integrity.keyId)]]),
    missing:
      "Rotation, users and calls of the key that wraps data keys: they are known to the key service, not to the vault. Keys that were handed out are in section 14; of such a part destroying the key alone proves nothing.",
  },
  {
    title: "Access and approvals",
    missing:
      "Whoever read objects or keys without Lastgood. Names are those of the machine’s users or of the cloud’s principals, as the records tell them.",
  },
  {
    title: "Controls and configuration",
    before: ({ kept }) => {
      const locked = kept.filter(({ lock }) => lock !== undefined).length;
      return html`<p>${locked} of ${kept.length} parts that are there have a lock of their own; section 5 lists it with each.</p>`;
    },
    missing:
      "Bucket policies, public access, versioning, life-cycle rules and their drift: this report does not ask the cloud. A directory’s lock holds against Lastgood, not against an administrator of the machine.",
  },
  {
    title: "Daily invariants",
    missing: "Invariants of things that this vault does not have are counted as not applicable.",
  },
  {
    title: "Integrity of this evidence",
    before: ({ integrity }) => html`
<p>Every record holds the digest of the one before. This report signs the root of a Merkle tree (RFC 9162) over all of them; each expiry carries the path from its record to that root.</p>
${integrity.broken === undefined ? undefined : html`<p class="alert">The chain is broken: ${integrity.broken}. What comes after that is not used.</p>`}
${facts([
  ["Records read", `${integrity.records}`],
  ["Of this period", integrity.firstSeq === undefined ? "none" : `${integrity.firstSeq} to ${integrity.lastSeq}`],
  ["Digest of the last", long(integrity.lastDigest)],
  ["Merkle root", long(integrity.root)],
  [
    "Newest signed head",
    integrity.head === undefined
      ? "none"
      : html`of ${integrity.head.size} records, ${instantOf(integrity.head.at)}, root ${long(integrity.head.root)}`,
  ],
  ["Signing key", long(integrity.keyId)],
])}
<pre tabindex="0" aria-label="Public key">${integrity.publicKey.trim()}</pre>
<p>Compare this key with the one you keep elsewhere, then verify without Lastgood:</p>
<pre tabindex="0" aria-label="Command that verifies">openssl dgst -sha256 -verify public-key.pem -signature report.json.sig report.json</pre>`,
    missing:
      "A time stamp of somebody else: instants are those of the machine’s clock. Who has the signing key can make another history; only a head kept where he cannot write shows that.",
  },
  { title: "What this maps to, and what it does not show", before: () => html`${mapping()}${limits()}` },
  {
    title: "Sign-off",
    before: () => html`
<p>To be filled in by hand, or beside this file.</p>
<dl class="sign-off">${["Reviewed by", "Remarks of the data protection officer", "Date", "Signature"].map((name) => html`<div><dt>${name}</dt><dd></dd></div>`)}</dl>`,
  },
];

const MAPPING: readonly (readonly [clause: string, asks: string, sections: string])[] = [
  ["GDPR Art. 5(1)(e), 5(2)", "Not kept longer than necessary, and shown to be so", "3, 5, 9, 10"],
  ["GDPR Art. 17(1)", "Erasure without undue delay, in copies too", "3, 9, 10, 11"],
  ["GDPR Art. 30(1)(f)", "Time limits for erasure of each category", "3, 4"],
  ["GDPR Art. 32(1)(b) to (d)", "Availability, restore in time, regular testing", "5, 6, 7, 8, 16"],
  ["DORA Art. 12", "Backup policy, tests of restoration, reconciliation", "3, 5, 6, 7, 8"],
  [
    "NIS2 (EU) 2024/2690, Annex 4.2",
    "Completeness, integrity checks, retention periods, tested recovery",
    "3, 6, 7, 8, 14",
  ],
  ["ISO/IEC 27001:2022 A 5.33, 8.10, 8.13", "Records, deletion, backup", "5, 7, 9, 17"],
  ["PCI DSS 4.0.1, 3.2.1 and 10.3", "Retention and disposal; protected logs", "9, 10, 17"],
];

const mapping =
  (): Markup => html`<h3 class="of-table"><span id="clauses">Where to look for a clause</span><span class="note">a pointer, not a judgement</span></h3>
<div class="scroll" role="region" aria-labelledby="clauses" tabindex="0"><table aria-labelledby="clauses">
<thead><tr><th scope="col">Clause</th><th scope="col">Asks for</th><th scope="col">Sections</th></tr></thead>
<tbody>${MAPPING.map(
    ([clause, asks, sections]) => html`<tr><td>${clause}</td><td class="prose">${asks}</td><td>${sections}</td></tr>
`,
  )}</tbody></table></div>`;

const LIMITS = [
  "Whether tables are in the right class, and whether what is called anonymised is.",
  "Copies outside the vault: dumps, exports, replicas, logs, snapshots of instances.",
  "That bytes were overwritten on the medium below the store. What is shown is that nobody can get them by Lastgood or by the store.",
  "Acts of somebody who has the key file or an administrator’s rights and does not use Lastgood.",
  "That the machine’s clock was right, beyond what the daily invariants compare it with.",
  "Requests of data subjects, and whether erasures were repeated after a restore.",
];

const limits = (): Markup =>
  html`<h3>What the evidence does not show</h3><ul class="limits">${LIMITS.map((one) => html`<li>${one}</li>`)}</ul>`;
