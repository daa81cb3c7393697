import { RDSClient } from "@aws-sdk/client-rds";
import { rdsSnapshots } from "../aws/rds-snapshots.ts";
import { SHORT_CALLS } from "../aws/short-calls.ts";
import type { InstanceSnapshots } from "../ports/instance-snapshots.ts";

let snapshots: InstanceSnapshots | undefined;

/** Instance snapshots in the Region of this process. */
export const stackSnapshots = (): InstanceSnapshots => {
  snapshots ??= rdsSnapshots(new RDSClient(SHORT_CALLS));
  return snapshots;
};
