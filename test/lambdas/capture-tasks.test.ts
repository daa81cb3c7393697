import { expect, test } from "vitest";
import { copyTask, holdTask } from "../../lambdas/tasks.ts";
import { Failure } from "../../lib/model/errors.ts";
import { captureByWorkflow, type WorkflowCapture } from "../../lib/operations/capture-workflow.ts";
import type { Plain, Workflow } from "../../lib/ports/workflow.ts";
import { seededEntropy } from "../engine/memory-vault.ts";

const SHOP: WorkflowCapture = { run: "release-shop-2026.11", database: "shop", tier: "release", lanes: 3 };

/** Every task that the workflow sends to workers of which the given kind fails for good. */
const tasksOf = async (request: WorkflowCapture, failing: "hold" | "copy"): Promise<readonly [string, Plain][]> => {
  const sent: [string, Plain][] = [];
  const unasked = () => Promise.reject(new TypeError("a capture asks for nothing else"));
  const workflow: Workflow = {
    wait: unasked,
    poll: unasked,
    approve: unasked,
    step: (_, act) => act(),
    async together(_, branches) {
      const acts = Object.values(branches) as ((handle: Workflow) => Promise<Plain>)[];
      const ends = await Promise.allSettled(acts.map((act) => act(workflow)));
      for (const end of ends) if (end.status === "rejected") throw end.reason;
      throw new TypeError("no branch failed");
    },
    async runWorkers(_, kind, tasks) {
      for (const task of tasks) sent.push([kind, task]);
      if (kind === failing) throw new Failure("WORKER_LOST", "died");
      return tasks.map(() => null) as never;
    },
  };
  await expect(captureByWorkflow({ workflow, entropy: seededEntropy("tasks") }, request)).rejects.toThrow("died");
  return sent;
};

test.each(["hold", "copy"] as const)(
  "what a capture's workflow asks of its workers, they take: %s fails",
  async (failing) => {
    const full = { ...SHOP, label: "before the sale", release: "2026.11", commit: "4f2c1d9" };
    const sent = [...(await tasksOf(SHOP, failing)), ...(await tasksOf(full, failing))];
    const acts = sent.map(([kind, task]) => `${kind} ${(task as { act?: string }).act ?? "lane"}`);
    expect(new Set(acts)).toEqual(new Set(["hold capture", "hold give up", "copy lane"]));
    for (const [kind, task] of sent)
      expect((kind === "hold" ? holdTask : copyTask).safeParse(task)).toMatchObject({ success: true, data: task });
  },
);
