import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../lib/model/errors.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/units.ts";
import type { AuditWorld } from "../../lib/operations/audit.ts";
import { verifyDay } from "../../lib/operations/daily-verification.ts";
import { signHead } from "../../lib/operations/evidence.ts";
import { openVault } from "../../lib/operations/open-vault.ts";
import { allPoints } from "../../lib/operations/points.ts";
import { loadPolicy } from "../../lib/operations/policy.ts";
import { makeReport, reportFiles, reportPeriod } from "../../lib/operations/report.ts";
import { type RetentionReport, runRetention } from "../../lib/operations/retention.ts";
import { type LocalWorld, laterLocal } from "../../lib/wiring/local.ts";
import manifest from "../../package.json" with { type: "json" };
import type { Session } from "../session.ts";

/** Deletion begins half a day before a deadline. */
const HOURS_BEFORE = 11;

/** Who the shop's rows are about, and all the rest. */
export const DEMO_POLICY = loadPolicy(
  "the demo's policy",
  `
version: 1
controller: Demo Shop
timeZone: UTC
databases: [shop]
classes:
  personal:
    tables: [public.customer, public.address]
    max: P14D
    purpose: delivering orders
    legalBasis: Art. 6(1)(b) GDPR
  other:
    tables: ["*"]
    max: P28D
    purpose: running the shop
    legalBasis: Art. 6(1)(f) GDPR
tiers:
  hot: { every: P40D, window: P60D }
  release: { window: P60D }
verification: { readAllWithin: P28D }
`,
);

/** What acts on the demo's vault are recorded with. */
export const auditOf = ({ evidence, clock }: LocalWorld, vaultId: string): AuditWorld => ({
  evidence,
  vaultId,
  clock,
  actor: "demo",
});

export interface Night {
  readonly gone: RetentionReport["parts"];
  /** Points that are left. */
  readonly left: readonly string[];
}

/** A night on a machine whose clock was set forward: the worker runs, then the day is verified and the evidence signed. */
export const liveNight = async (world: LocalWorld, session: Session, night: number): Promise<Night> => {
  const { acting, audit } = await atNight(world, session, night);
  const retention = await runRetention(acting, DEMO_POLICY);
  const late = retention.parts.find((part) => part.outcome !== "gone" || part.marginMs < 0);
  if (late !== undefined)
    throw new Failure(
      "DIFFERENT",
      `class ${late.part.class} of point ${late.part.id} did not go in time: ${late.outcome}`,
    );
  await verifyDay(acting, DEMO_POLICY);
  await signHead(audit, world.signer);
  return { gone: retention.parts, left: (await allPoints(acting.vault)).map((point) => point.id) };
};

/** What a capture in some night is taken with. */
export const atNight = (world: LocalWorld, session: Session, night: number) =>
  ahead(world, session, night === 0 ? 0 : night * DAY_MS - HOURS_BEFORE * HOUR_MS);

/** Writes the report of all nights until one where it outlives the demo. @returns the page's path, and its verdict */
export const writeReport = async (
  world: LocalWorld,
  session: Session,
  lastNight: number,
): Promise<{ readonly page: string; readonly verdict: string }> => {
  const now = world.clock.now();
  const endDay = dayOf(now + lastNight * DAY_MS - HOURS_BEFORE * HOUR_MS + DAY_MS);
  const { acting, audit } = await ahead(world, session, Date.parse(endDay) - now);
  const period = reportPeriod(DEMO_POLICY, dayOf(now), endDay);
  const { signer } = world;
  const made = await makeReport({ vault: acting.vault, audit, signer, version: manifest.version }, DEMO_POLICY, period);
  const directory = await mkdtemp(join(tmpdir(), "lastgood-demo-report-"));
  for (const { name, bytes } of reportFiles(made)) await writeFile(join(directory, name), bytes);
  const page = join(directory, "report.html");
  const { light, sentence } = made.report.verdict;
  if (light === "red") throw new Failure("DIFFERENT", `the report of four weeks is red: ${sentence} It is in ${page}`);
  return { page, verdict: sentence };
};

const ahead = async (world: LocalWorld, { signal, output }: Session, aheadMs: number) => {
  const later = laterLocal(world, aheadMs);
  const vault = await openVault(later);
  const audit = auditOf(later, vault.id);
  const acting = { vault, clock: later.clock, audit, signal, progress: () => undefined, warn: output.note };
  return { acting, audit };
};

/** The policy's days are those of UTC. */
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
