import {
  CreateDBClusterCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBSnapshotsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { rdsSnapshots } from "../../lib/aws/rds-snapshots.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import type { DatabaseInstance } from "../../lib/ports/instance-snapshots.ts";
import { instanceSnapshotsContract, type SnapshotWorld } from "../contracts/instance-snapshots.ts";
import { testEmulator } from "./emulator.ts";

const emulator = testEmulator();

// A name of its own for each test, so that none sees the servers of another.
let worlds = 0;

const LOGIN = { Engine: "postgres", MasterUsername: "lastgood", MasterUserPassword: "not-a-secret" };

/** What differs between the two kinds when a test acts beside the adapter. */
const KINDS = {
  instance: {
    create: (client: RDSClient, id: string) =>
      client.send(
        new CreateDBInstanceCommand({
          ...LOGIN,
          DBInstanceIdentifier: id,
          DBInstanceClass: "db.t4g.micro",
          AllocatedStorage: 20,
        }),
      ),
    take: (client: RDSClient, server: string, id: string) =>
      client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: server, DBSnapshotIdentifier: id })),
    list: async (client: RDSClient) =>
      ((await client.send(new DescribeDBSnapshotsCommand({ SnapshotType: "manual" }))).DBSnapshots ?? []).map(
        ({ DBSnapshotIdentifier: id = "", DBInstanceIdentifier: server = "", TagList: tags = [] }) => ({
          id,
          server,
          tags,
        }),
      ),
  },
  cluster: {
    create: (client: RDSClient, id: string) =>
      client.send(new CreateDBClusterCommand({ ...LOGIN, Engine: "aurora-postgresql", DBClusterIdentifier: id })),
    take: (client: RDSClient, server: string, id: string) =>
      client.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier: server, DBClusterSnapshotIdentifier: id })),
    list: async (client: RDSClient) =>
      (
        (await client.send(new DescribeDBClusterSnapshotsCommand({ SnapshotType: "manual" }))).DBClusterSnapshots ?? []
      ).map(({ DBClusterSnapshotIdentifier: id = "", DBClusterIdentifier: server = "", TagList: tags = [] }) => ({
        id,
        server,
        tags,
      })),
  },
};

function open(): RDSClient {
  const { endpoint, credentials, region } = emulator();
  return new RDSClient({ ...SHORT_CALLS, endpoint, credentials, region });
}

const worldOf = async (kind: DatabaseInstance["kind"]): Promise<SnapshotWorld> => {
  worlds += 1;
  const client = open();
  const servers = [`orders-${worlds}`, `shop-${worlds}`];
  for (const server of servers) await KINDS[kind].create(client, server);
  return {
    snapshots: rdsSnapshots(client),
    other: rdsSnapshots(open()),
    instance: { kind, id: servers[0] ?? "" },
    second: { kind, id: servers[1] ?? "" },
    // The emulator's snapshots are available at once; rds-snapshots-states.test.ts has the time between.
    settle: async () => undefined,
    ids: async () =>
      (await KINDS[kind].list(client)).filter(({ server }) => servers.includes(server)).map(({ id }) => id),
    takeByHand: async ({ id: server }, id) => {
      await KINDS[kind].take(client, server, id);
    },
  };
};

instanceSnapshotsContract("RDS instance in the emulator", () => worldOf("instance"));
instanceSnapshotsContract("RDS cluster in the emulator", () => worldOf("cluster"));

test.each(["instance", "cluster"] as const)(
  "a snapshot of an RDS %s carries what an operator and a retention worker go by",
  async (kind) => {
    const { snapshots, instance } = await worldOf(kind);
    const expiresAt = Date.UTC(2026, 11, 24, 16);
    const { id } = await snapshots.start({ instance, release: "2026.11.3 (hot fix)", commit: "4f2c1d9", expiresAt });
    const found = (await KINDS[kind].list(open())).find((one) => one.id === id);
    expect(id).toMatch(new RegExp(`^lastgood-${instance.id}-2026-11-3-hot-fi-[0-9a-f]{20}$`));
    expect(found?.tags).toEqual([
      { Key: "lastgood:release", Value: "2026.11.3=20=28hot=20fix=29" },
      { Key: "lastgood:commit", Value: "4f2c1d9" },
      { Key: "lastgood:expires", Value: "2026-12-24T16:00:00.000Z" },
      { Key: "lastgood:database", Value: instance.id },
    ]);
  },
);

test("an instance and a cluster of one name do not see each other's snapshots", async () => {
  const one = await worldOf("instance");
  await KINDS.cluster.create(open(), one.instance.id);
  const cluster = { kind: "cluster", id: one.instance.id } as const;
  const request = { release: "r1", commit: "c1", expiresAt: Date.UTC(2026, 11, 24) };
  const { id } = await one.snapshots.start({ instance: one.instance, ...request });
  expect(await one.snapshots.describe(cluster, id)).toBeUndefined();
  expect(await one.snapshots.delete(cluster, id)).toBe("absent");
  expect((await one.snapshots.start({ instance: cluster, ...request })).id).not.toBe(id);
  expect(await one.snapshots.describe(one.instance, id)).toMatchObject({ release: "r1" });
});
