import type { Policy } from "../../lib/model/policy.ts";
import { loadPolicy } from "../../lib/operations/policy.ts";
import { TIME_ZONE } from "./shop.ts";

/** A year under it sees every kind of end: of a term, of a window, of an archive, of a lock and of a minimum. */
const TEXT = `
version: 1
controller: Example Shop
timeZone: ${TIME_ZONE}
databases: [shop]
classes:
  raw:
    tables: [public.page_views]
    max: P3D
    purpose: finding faults
    legalBasis: Art. 6(1)(f) GDPR
  events:
    tables: [public.events]
    max: P28D
    rowAge: { column: at, max: P10D }
    purpose: finding faults
    legalBasis: Art. 6(1)(f) GDPR
  personal:
    tables: [public.customers]
    max: P14D
    purpose: delivering orders
    legalBasis: Art. 6(1)(b) GDPR
  financial:
    tables: [public.invoices]
    max: P10Y
    min: { term: P3M }
    archive: { weekly: P4M, monthly: P6M }
    lock: { mode: governance, term: P2M }
    purpose: bookkeeping
    legalBasis: Art. 6(1)(c) GDPR
  other:
    tables: ["public.*"]
    max: P1Y
    archive: { daily: P10D, monthly: P3M }
    purpose: running the shop
    legalBasis: Art. 6(1)(f) GDPR
tiers:
  hot: { every: P1D, window: P28D }
  release: { window: P14D }
verification: { at: "04:00", readAllWithin: P7D, drillEvery: P30D }
approvals: { holds: [ada, bela, cleo] }
`;

export const POLICY: Policy = loadPolicy("lastgood.yaml", TEXT);

/** Class of each table, as the policy says it. */
export const CLASS_OF: Readonly<Record<string, string>> = {
  page_views: "raw",
  customers: "personal",
  invoices: "financial",
  orders: "other",
  products: "other",
};

/** The class whose rows leave by the day of theirs; its parts are told by `ages.ts`. */
export const AGED_CLASS = "events";

/** The policy's terms in PostgreSQL's words: the deadlines that the simulation reckons share no code with the policy's. */
export const TERMS = {
  classes: {
    raw: "3 days",
    events: "28 days",
    personal: "14 days",
    financial: "10 years",
    other: "1 year",
  } as Readonly<Record<string, string>>,
  rowAge: "10 days",
  windows: { hot: "28 days", release: "14 days" },
  archives: {
    financial: { weekly: "4 months", monthly: "6 months" },
    other: { daily: "10 days", monthly: "3 months" },
  } as Readonly<Record<string, Readonly<Record<string, string>>>>,
};
