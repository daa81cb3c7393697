import { addArchiveCreate } from "./commands/archive-create.ts";
import { addArchiveKey } from "./commands/archive-key.ts";
import { addArchiveList } from "./commands/archive-list.ts";
import { addArchiveRestore } from "./commands/archive-restore.ts";
import { addArchiveVerify } from "./commands/archive-verify.ts";
import { addCapture } from "./commands/capture.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEvidenceKey } from "./commands/evidence-key.ts";
import { addEvidenceList } from "./commands/evidence-list.ts";
import { addEvidenceProve } from "./commands/evidence-prove.ts";
import { addEvidenceSign } from "./commands/evidence-sign.ts";
import { addEvidenceVerify } from "./commands/evidence-verify.ts";
import { addExpireApply } from "./commands/expire-apply.ts";
import { addExpirePlan } from "./commands/expire-plan.ts";
import { addExpireRun } from "./commands/expire-run.ts";
import { addHoldAdd } from "./commands/hold-add.ts";
import { addHoldApprove } from "./commands/hold-approve.ts";
import { addHoldList } from "./commands/hold-list.ts";
import { addHoldRelease } from "./commands/hold-release.ts";
import { addPointDiff } from "./commands/point-diff.ts";
import { addPointList } from "./commands/point-list.ts";
import { addPointShow } from "./commands/point-show.ts";
import { addPolicyCheck } from "./commands/policy-check.ts";
import { addPolicyExplain } from "./commands/policy-explain.ts";
import { addReleaseOpen } from "./commands/release-open.ts";
import { addReport } from "./commands/report.ts";
import { addRestoreApply } from "./commands/restore-apply.ts";
import { addRestorePlan } from "./commands/restore-plan.ts";
import { addStatus } from "./commands/status.ts";
import { addSweep } from "./commands/sweep.ts";
import { addVerify } from "./commands/verify.ts";
import type { AddCommand } from "./program.ts";

/** Every command there is, in the order of --help. */
export const COMMANDS: readonly AddCommand[] = [
  addCapture,
  addReleaseOpen,
  addPointList,
  addPointShow,
  addPointDiff,
  addVerify,
  addRestorePlan,
  addRestoreApply,
  addSweep,
  addPolicyCheck,
  addPolicyExplain,
  addExpirePlan,
  addExpireApply,
  addExpireRun,
  addHoldAdd,
  addHoldApprove,
  addHoldRelease,
  addHoldList,
  addEvidenceList,
  addEvidenceSign,
  addEvidenceKey,
  addEvidenceProve,
  addEvidenceVerify,
  addArchiveCreate,
  addArchiveList,
  addArchiveVerify,
  addArchiveRestore,
  addArchiveKey,
  addStatus,
  addReport,
  addDoctor,
  addDemo,
  addCompletion,
];
