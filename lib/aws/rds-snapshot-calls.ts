import {
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  type DBClusterSnapshot,
  type DBSnapshot,
  DeleteDBClusterSnapshotCommand,
  DeleteDBSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBSnapshotsCommand,
  type RDSClient,
  type Tag,
} from "@aws-sdk/client-rds";
import type { DatabaseInstance } from "../ports/instance-snapshots.ts";

/** What RDS says of a snapshot, alike for instances and clusters. */
export interface RdsSnapshot {
  readonly id: string;
  readonly arn: string | undefined;
  readonly status: string;
  readonly percent: number;
  readonly tags: readonly Tag[];
  readonly databaseTime: Date | undefined;
}

/** RDS has every call twice, for DB instances and for DB clusters, and throws the same kinds of errors from both. */
export interface RdsSnapshotCalls {
  create(instanceId: string, id: string, tags: Tag[]): Promise<RdsSnapshot>;
  /** Throws for an unknown identifier, or answers undefined: RDS does either. */
  describe(id: string): Promise<RdsSnapshot | undefined>;
  delete(id: string): Promise<unknown>;
}

export const rdsSnapshotCalls = (client: RDSClient): Readonly<Record<DatabaseInstance["kind"], RdsSnapshotCalls>> => ({
  instance: {
    async create(instanceId, id, tags) {
      const input = { DBInstanceIdentifier: instanceId, DBSnapshotIdentifier: id, Tags: tags };
      const { DBSnapshot: made } = await client.send(new CreateDBSnapshotCommand(input));
      return ofInstance({ ...made, DBSnapshotIdentifier: id });
    },
    async describe(id) {
      const { DBSnapshots = [] } = await client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id }));
      const found = DBSnapshots.find((one) => one.DBSnapshotIdentifier === id);
      return found && ofInstance(found);
    },
    delete: (id) => client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id })),
  },
  cluster: {
    async create(instanceId, id, tags) {
      const input = { DBClusterIdentifier: instanceId, DBClusterSnapshotIdentifier: id, Tags: tags };
      const { DBClusterSnapshot: made } = await client.send(new CreateDBClusterSnapshotCommand(input));
      return ofCluster({ ...made, DBClusterSnapshotIdentifier: id });
    },
    async describe(id) {
      const input = { DBClusterSnapshotIdentifier: id };
      const { DBClusterSnapshots = [] } = await client.send(new DescribeDBClusterSnapshotsCommand(input));
      const found = DBClusterSnapshots.find((one) => one.DBClusterSnapshotIdentifier === id);
      return found && ofCluster(found);
    },
    delete: (id) => client.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id })),
  },
});

// Tags come with the snapshot. ListTagsForResource would be a second call for each of them, and it is the one that RDS
// throttles first where there are many snapshots.
const ofInstance = (found: DBSnapshot): RdsSnapshot => ({
  id: found.DBSnapshotIdentifier ?? "",
  arn: found.DBSnapshotArn,
  status: found.Status ?? "",
  percent: found.PercentProgress ?? 0,
  tags: found.TagList ?? [],
  databaseTime: found.SnapshotDatabaseTime,
});

// A DB cluster snapshot has no SnapshotDatabaseTime, and its SnapshotCreateTime does not promise to be that.
const ofCluster = (found: DBClusterSnapshot): RdsSnapshot => ({
  id: found.DBClusterSnapshotIdentifier ?? "",
  arn: found.DBClusterSnapshotArn,
  status: found.Status ?? "",
  percent: found.PercentProgress ?? 0,
  tags: found.TagList ?? [],
  databaseTime: undefined,
});
