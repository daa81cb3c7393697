/** What another CDK app imports as `lastgood/cdk`. */
export { Alarms, type AlarmsProps } from "./alarms.ts";
export { Capture, type CaptureProps } from "./capture.ts";
export type { DatabaseProps } from "./database.ts";
export { Keys, type KeysProps } from "./keys.ts";
export { Lastgood, type LastgoodProps } from "./lastgood.ts";
export { HotCopySchedule, type HotCopyScheduleProps } from "./schedule.ts";
export { Vault, type VaultProps } from "./vault.ts";
export type { EndpointName } from "./worker-network.ts";
