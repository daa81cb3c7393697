import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import { Stack, TimeZone } from "aws-cdk-lib/core";
import type { Construct } from "constructs";
import { Lastgood, type LastgoodProps } from "./lastgood.ts";
import type { StackFile } from "./stack-file.ts";

/** A stack that protects the databases of a stack file, in a network that is there already. Asks AWS nothing. */
export class LastgoodStack extends Stack {
  readonly lastgood: Lastgood;

  constructor(scope: Construct, file: StackFile) {
    super(scope, file.stack, {
      stackName: file.stack,
      description: "Lastgood: release points and hot copies of PostgreSQL",
      env: { account: file.account, region: file.region },
      // Backups stay anyway; this keeps them made.
      terminationProtection: true,
    });
    const { databases, vpc, timeZone, keyAdmins, ...rest } = file;
    const props: LastgoodProps = {
      ...rest,
      vpc: ec2.Vpc.fromVpcAttributes(this, "Vpc", {
        vpcId: vpc.id,
        vpcCidrBlock: vpc.cidr,
        availabilityZones: vpc.subnets.map(({ zone }) => zone),
        privateSubnetIds: vpc.subnets.map(({ id }) => id),
        privateSubnetRouteTableIds: vpc.subnets.map(({ routeTable }) => routeTable),
      }),
      databases: databases.map(({ securityGroup, dailyAt, login, ...database }) => ({
        ...database,
        login,
        ...(dailyAt !== undefined && { dailyAt }),
        ...(securityGroup !== undefined && {
          securityGroup: this.#group(securityGroup),
        }),
      })),
      ...(timeZone !== undefined && { timeZone: TimeZone.of(timeZone) }),
      ...(keyAdmins !== undefined && { keyAdmins: keyAdmins.map((arn) => new iam.ArnPrincipal(arn)) }),
    };
    this.lastgood = new Lastgood(this, "Lastgood", props);
    for (const arn of file.releasers ?? []) this.lastgood.grantRelease(this.#role(arn));
    for (const arn of file.operators ?? []) {
      this.lastgood.grantRelease(this.#role(arn));
      this.lastgood.grantHotCopy(this.#role(arn));
    }
    for (const arn of file.readers ?? []) this.lastgood.grantRead(this.#role(arn));
  }

  /** One construct for each: databases that share a group let the workers in by one rule, a second one would be refused. */
  #group(id: string): ec2.ISecurityGroup {
    const there = this.node.tryFindChild(id);
    return (there as ec2.ISecurityGroup | undefined) ?? ec2.SecurityGroup.fromSecurityGroupId(this, id, id);
  }

  #role(arn: string): iam.IRole {
    const id = arn.replaceAll(/[^A-Za-z0-9]+/g, "-");
    return (this.node.tryFindChild(id) as iam.IRole | undefined) ?? iam.Role.fromRoleArn(this, id, arn);
  }
}
