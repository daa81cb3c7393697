import type { CaptureWorld } from "../engine/capture.ts";
import { sha256 } from "../engine/document.ts";
import { listPoints } from "../engine/points.ts";
import type { Policy } from "../model/policy.ts";
import type { Entropy } from "../ports/clock.ts";
import type { Workflow } from "../ports/workflow.ts";
import { captureDatabase } from "./capture.ts";
import { captureByWorkflow } from "./capture-workflow.ts";

/** A point that is wanted. Asked for again, also by another process, it is the same point. */
export interface PointRequest {
  /** As points are filed. */
  readonly database: string;
  readonly tier: "release" | "hot";
  readonly label?: string;
  readonly release?: string;
  readonly commit?: string;
}

/** A point that stands in the vault. */
export type TakenPoint = {
  readonly point: string;
  readonly startedAt: number;
};

/** Takes a restore point within a workflow, by whatever machines there are. */
export type CapturePoint = (workflow: Workflow, request: PointRequest) => Promise<TakenPoint>;

const READABLE_CHARS_MAX = 120;
const DIGEST_CHARS = 16;

/** Over several machines: one that holds the view, and the lanes. */
export const captureOverMachines =
  ({ entropy, lanes }: { readonly entropy: Entropy; readonly lanes: number }): CapturePoint =>
  async (workflow, request) => {
    const { pointId, startedAt } = await captureByWorkflow(
      { workflow, entropy },
      { ...request, run: runOf(request), lanes },
    );
    return { point: pointId, startedAt };
  };

/** In this process, with the lanes that it has. */
export const captureHere =
  (world: CaptureWorld & { readonly policy?: Policy | undefined }): CapturePoint =>
  (workflow, request) =>
    workflow.step("capture", async () => {
      const { database: _, ...options } = request;
      const { id, startedAt } =
        (await earlierPoint(world, request)) ??
        (await captureDatabase(world, { ...options, policy: world.policy, base: false })).point;
      return { point: id, startedAt };
    });

/** What a process that died after its point left. */
const earlierPoint = async ({ vault }: CaptureWorld, { database, tier, label, release, commit }: PointRequest) =>
  (await listPoints(vault.hot)).findLast(
    (point) =>
      point.database === database &&
      point.tier === tier &&
      point.label === label &&
      point.release === release &&
      point.commit === commit,
  );

/** The name under which all tries of a request meet: readable as far as it can be, and of no other request. */
const runOf = ({ database, tier, label, release, commit }: PointRequest): string => {
  const readable = `${tier}-${database}-${release ?? label ?? ""}`.replaceAll(/[^a-zA-Z0-9._-]/g, "-");
  const exact = JSON.stringify([tier, database, label ?? null, release ?? null, commit ?? null]);
  const digest = sha256(exact).slice(0, DIGEST_CHARS);
  return `${readable.slice(0, READABLE_CHARS_MAX)}-${digest}`;
};
