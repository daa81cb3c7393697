import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { StackFile } from "../../../lib/cdk/stack-file.ts";
import type { Emulator } from "../emulator.ts";

const role = (name: string) => ({
  Type: "AWS::IAM::Role",
  Properties: { RoleName: name, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] } },
});

const ROLES = { Pipeline: "deploy-pipeline", Operator: "backup-operator", Reader: "restore-operator" } as const;

/** Where the CDK's bootstrap keeps what stacks are made of. */
export const assetsBucket = ({ account, region }: Emulator): string => `cdk-hnb659fds-assets-${account}-${region}`;

/** What stands in an account before Lastgood comes: a network, an instance, roles of people, and the bootstrap of the CDK. */
const before = (emulator: Emulator) => ({
  Resources: {
    Bootstrap: {
      Type: "AWS::SSM::Parameter",
      Properties: { Name: "/cdk-bootstrap/hnb659fds/version", Type: "String", Value: "30" },
    },
    Assets: { Type: "AWS::S3::Bucket", Properties: { BucketName: assetsBucket(emulator) } },
    Vpc: {
      Type: "AWS::EC2::VPC",
      Properties: { CidrBlock: "10.0.0.0/16", EnableDnsSupport: true, EnableDnsHostnames: true },
    },
    Subnet: {
      Type: "AWS::EC2::Subnet",
      Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "10.0.0.0/24", AvailabilityZone: `${emulator.region}a` },
    },
    RouteTable: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: { Ref: "Vpc" } } },
    Databases: {
      Type: "AWS::EC2::SecurityGroup",
      Properties: { VpcId: { Ref: "Vpc" }, GroupDescription: "databases" },
    },
    Shop: {
      Type: "AWS::RDS::DBInstance",
      Properties: {
        DBInstanceIdentifier: "shop",
        Engine: "postgres",
        DBInstanceClass: "db.t4g.micro",
        AllocatedStorage: "20",
        MasterUsername: "postgres",
        MasterUserPassword: "nobody-logs-in-here",
      },
    },
    ...Object.fromEntries(Object.entries(ROLES).map(([id, name]) => [id, role(name)])),
  },
  Outputs: {
    Vpc: { Value: { Ref: "Vpc" } },
    Subnet: { Value: { Ref: "Subnet" } },
    RouteTable: { Value: { Ref: "RouteTable" } },
    Databases: { Value: { "Fn::GetAtt": ["Databases", "GroupId"] } },
  },
});

/** The PostgreSQL that stands in for the instance. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** What the stack calls it. Under several names it is several databases to Lastgood, of equal content. */
  readonly names: readonly string[];
}

/** Makes the account's own things, and the stack file that its operator would write. */
export async function newAccount(emulator: Emulator, place: Place): Promise<StackFile> {
  const { endpoint, region, credentials, account } = emulator;
  const formation = new CloudFormationClient({ endpoint, region, credentials });
  await formation.send(
    new CreateStackCommand({ StackName: "account", TemplateBody: JSON.stringify(before(emulator)) }),
  );
  const { Stacks: [stack] = [] } = await formation.send(new DescribeStacksCommand({ StackName: "account" }));
  const outputs = new Map(stack?.Outputs?.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  const made = (name: string): string => outputs.get(name) ?? "";
  const secrets = new SecretsManagerClient({ endpoint, region, credentials });
  const SecretString = JSON.stringify({ username: place.user, password: place.password });
  const { ARN: secretArn = "" } = await secrets.send(new CreateSecretCommand({ Name: "shop/lastgood", SecretString }));
  return {
    stack: "Backups",
    account,
    region,
    vpc: {
      id: made("Vpc"),
      cidr: "10.0.0.0/16",
      subnets: [{ id: made("Subnet"), zone: `${region}a`, routeTable: made("RouteTable") }],
    },
    databases: place.names.map((name) => ({
      name,
      host: place.host,
      port: place.port,
      database: place.database,
      user: place.user,
      login: { by: "secret", secretArn },
      instance: { kind: "instance", id: "shop" },
      securityGroup: made("Databases"),
    })),
    lanes: 2,
    alarmMailTo: ["oncall@example.com"],
    releasers: [`arn:aws:iam::${account}:role/${ROLES.Pipeline}`],
    operators: [`arn:aws:iam::${account}:role/${ROLES.Operator}`],
    readers: [`arn:aws:iam::${account}:role/${ROLES.Reader}`],
  };
}
