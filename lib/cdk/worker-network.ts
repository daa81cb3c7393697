import * as ec2 from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { DatabaseProps } from "./database.ts";

/** Services of AWS that a worker calls. */
export type EndpointName = "s3" | "kms" | "secretsmanager";

export interface WorkerNetworkProps {
  readonly vpc: ec2.IVpc;
  readonly subnets?: ec2.SubnetSelection;
  readonly endpoints?: readonly EndpointName[];
  readonly databases: readonly DatabaseProps[];
}

const HTTPS = ec2.Port.tcp(443);

/** Where the workers stand: a security group that lets nothing in, their way to the databases and to AWS. */
export class WorkerNetwork extends Construct {
  readonly group: ec2.SecurityGroup;
  readonly placement: {
    readonly vpc: ec2.IVpc;
    readonly subnets: ec2.SubnetSelection;
    readonly group: ec2.ISecurityGroup;
  };

  constructor(scope: Construct, id: string, { vpc, databases, ...props }: WorkerNetworkProps) {
    super(scope, id);
    const subnets = props.subnets ?? vpc.selectSubnets();
    this.group = new ec2.SecurityGroup(this, "Workers", {
      vpc,
      description: "Lastgood: workers that read databases",
      allowAllOutbound: false,
    });
    this.group.addEgressRule(ec2.Peer.anyIpv4(), HTTPS, "S3, KMS and Secrets Manager");
    for (const { port, securityGroup } of databases) {
      const postgres = ec2.Port.tcp(port);
      // Alike for all databases: two rules that differ in nothing else are refused by AWS.
      if (securityGroup === undefined) this.group.addEgressRule(ec2.Peer.anyIpv4(), postgres, "databases");
      else this.group.connections.allowTo(securityGroup, postgres, "Lastgood reads databases");
    }
    for (const endpoint of props.endpoints ?? needed(databases)) this.#reach(endpoint, vpc, subnets);
    this.placement = { vpc, subnets, group: this.group };
  }

  #reach(name: EndpointName, vpc: ec2.IVpc, subnets: ec2.SubnetSelection): void {
    if (name === "s3") {
      new ec2.GatewayVpcEndpoint(this, "S3", {
        vpc,
        service: ec2.GatewayVpcEndpointAwsService.S3,
        subnets: [subnets],
      });
      return;
    }
    const [id, service] =
      name === "kms"
        ? (["Kms", ec2.InterfaceVpcEndpointAwsService.KMS] as const)
        : (["SecretsManager", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER] as const);
    // Open to the whole network: with private names, everybody in it who calls this service now comes here.
    new ec2.InterfaceVpcEndpoint(this, id, { vpc, service, subnets, privateDnsEnabled: true, open: true });
  }
}

const needed = (databases: readonly DatabaseProps[]): readonly EndpointName[] =>
  databases.some(({ login }) => login.by === "secret") ? ["s3", "kms", "secretsmanager"] : ["s3", "kms"];
