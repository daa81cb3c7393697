import type * as ec2 from "aws-cdk-lib/aws-ec2";
import type { ProtectedDatabase } from "../model/stack.ts";

/** A database to protect. Every text may be a token of another construct: the endpoint of an instance made in the same app. */
export interface DatabaseProps extends Omit<ProtectedDatabase, "login"> {
  /**
   * How Lastgood logs in.
   * - `iam`: a token; needs the user to have the role rds_iam. `resourceId` is the DbiResourceId (`db-...`) of the
   *   instance or the DbClusterResourceId (`cluster-...`) of the cluster; a restored one has another.
   * - `secret`: user and password in Secrets Manager, in the shape that RDS writes. `keyArn` is the KMS key of the secret, if
   *   it is not the account's own `aws/secretsmanager`.
   */
  readonly login:
    | { readonly by: "iam"; readonly resourceId: string }
    | { readonly by: "secret"; readonly secretArn: string; readonly keyArn?: string };

  /**
   * Security group of the database. If given, it lets the workers in at the database's port.
   * @default none is changed: let the workers' group in yourself (`lastgood.capture.workers`)
   */
  readonly securityGroup?: ec2.ISecurityGroup;

  /**
   * Hour and minute of the daily hot copy, `HH:MM` in the stack's time zone.
   * @default 02:30
   */
  readonly dailyAt?: string;
}

/** What the functions are told of it. */
export const protectedDatabase = (props: DatabaseProps): ProtectedDatabase => {
  const { name, host, port, database, user, instance } = props;
  const login =
    props.login.by === "iam" ? { by: "iam" as const } : { by: "secret" as const, secretArn: props.login.secretArn };
  return { name, host, port, database, user, login, instance };
};
