import { Failure } from "../model/errors.ts";
import type { Hold, HoldRequest, HoldStep } from "../model/hold.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { getObject } from "./chunk.ts";
import { decodeDocument, encodeDocument } from "./document.ts";

const FORMAT = 1;
const PREFIX = "holds/";

/** The steps of a hold in their order: one object each, written once. */
const STEPS = ["1-requested", "2-approved", "3-release-requested", "4-released"] as const;

type StepName = (typeof STEPS)[number];

/** What a person put down, as it lies in the evidence store. */
type StepDocument = HoldStep & { readonly format: 1; readonly kind: "hold step"; readonly id: string } & (
    | ({ readonly step: "1-requested" } & HoldRequest)
    | { readonly step: "2-approved" | "4-released" }
    | { readonly step: "3-release-requested"; readonly reason: string }
  );

/**
 * Holds as the evidence store tells them: `holds/<id>/<step>.json`. Nothing in it is ever changed or deleted, so what was
 * read once is not read again: asking before every destructive step costs one listing.
 */
export class HoldRegister {
  readonly #evidence: ObjectStore;
  readonly #read = new Map<string, StepDocument>();

  constructor(evidence: ObjectStore) {
    this.#evidence = evidence;
  }

  /** Every hold there ever was, the oldest first. @throws OBJECT_CORRUPT, VAULT_TOO_NEW, STORE_* */
  async list(): Promise<readonly Hold[]> {
    const steps = new Map<string, StepDocument[]>();
    for await (const { name } of this.#evidence.list(PREFIX)) {
      const document = await this.#document(name);
      steps.set(document.id, [...(steps.get(document.id) ?? []), document]);
    }
    return [...steps]
      .map(([id, documents]) => holdOf(id, documents))
      .toSorted((a, b) => a.requested.at - b.requested.at || (a.id < b.id ? -1 : 1));
  }

  /** @returns whether this is now the step that stands; not if somebody has taken it before */
  async write(id: string, step: WrittenStep): Promise<boolean> {
    const document: StepDocument = { format: FORMAT, kind: "hold step", id, ...step };
    return (await this.#evidence.put(nameOf(id, step.step), [encodeDocument(document)])) === "created";
  }

  async #document(name: string): Promise<StepDocument> {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const document = decodeDocument<StepDocument>(name, await getObject(this.#evidence, name), FORMAT);
    if (document.kind !== "hold step" || nameOf(document.id, document.step) !== name)
      throw corrupt(name, "it is not the step of a hold that its name says");
    this.#read.set(name, document);
    return document;
  }
}

export type WrittenStep = HoldStep &
  (
    | ({ readonly step: "1-requested" } & HoldRequest)
    | { readonly step: "2-approved" | "4-released" }
    | { readonly step: "3-release-requested"; readonly reason: string }
  );

const nameOf = (id: string, step: StepName): string => `${PREFIX}${id}/${step}.json`;

/** A step without those before it was forged, or something before it was taken away: neither frees a part in silence. */
const holdOf = (id: string, documents: readonly StepDocument[]): Hold => {
  const [requested, approved, releaseRequested, released] = STEPS.map((step) =>
    documents.find((document) => document.step === step),
  );
  const whole = documents.every(({ step }) => STEPS.indexOf(step) < documents.length);
  if (requested?.step !== "1-requested" || !whole) throw corrupt(`${PREFIX}${id}`, "a step of the hold is missing");
  const { basis, matter, parts, reviewAt } = requested;
  return {
    id,
    basis,
    matter,
    parts,
    reviewAt,
    requested: stepOf(requested),
    ...(approved && { approved: stepOf(approved) }),
    ...(releaseRequested?.step === "3-release-requested" && {
      releaseRequested: { ...stepOf(releaseRequested), reason: releaseRequested.reason },
    }),
    ...(released && { released: stepOf(released) }),
  };
};

const stepOf = ({ by, at }: HoldStep): HoldStep => ({ by, at });

const corrupt = (name: string, why: string): Failure =>
  new Failure("OBJECT_CORRUPT", `object ${name} is damaged: ${why}`, { facts: { object: name } });
