import * as iam from "aws-cdk-lib/aws-iam";
import * as kms from "aws-cdk-lib/aws-kms";
import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";

export interface KeysProps {
  /**
   * Who administers the keys: enables, disables, tags, schedules deletion. Administrators cannot use them. The role that
   * deploys must be among them, or AWS refuses the keys: nobody there could change their policies any more.
   * @default the account, so whoever IAM gives these rights
   */
  readonly admins?: readonly iam.IPrincipal[];
}

const PENDING_WINDOW = Duration.days(30);

// Not kms:CreateGrant: by a grant an administrator could give himself the use of the key, and no policy would show it.
const ADMINISTER = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:DescribeKey",
  "kms:DisableKey",
  "kms:DisableKeyRotation",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:GetKeyPolicy",
  "kms:GetKeyRotationStatus",
  "kms:GetPublicKey",
  "kms:ListAliases",
  "kms:ListGrants",
  "kms:ListKeyPolicies",
  "kms:ListKeyRotations",
  "kms:ListResourceTags",
  "kms:PutKeyPolicy",
  "kms:RevokeGrant",
  "kms:RotateKeyOnDemand",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateAlias",
  "kms:UpdateKeyDescription",
];

/** Purposes in the contexts of FORMAT.md, section 1. A call without one of them is not Lastgood's. */
const PURPOSES = ["naming", "part"];

/**
 * The two KMS keys of a stack: `wrapping` wraps data keys, `signing` signs receipts.
 *
 * Only their own policies say who may use them: the account is no user, so no IAM policy of the account (not even
 * an administrator's) decrypts. They stay when the stack goes, and their deletion takes thirty days at least.
 */
export class Keys extends Construct {
  readonly wrapping: kms.Key;
  readonly signing: kms.Key;

  constructor(scope: Construct, id: string, props: KeysProps = {}) {
    super(scope, id);
    const admins = props.admins ?? [new iam.AccountRootPrincipal()];
    const { stackName } = Stack.of(this);
    this.wrapping = new kms.Key(this, "Wrapping", {
      description: `Lastgood ${stackName}: wraps the data keys of backups. Without it they cannot be read by anybody.`,
      enableKeyRotation: true,
      pendingWindow: PENDING_WINDOW,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      policy: administered(admins),
    });
    this.signing = new kms.Key(this, "Signing", {
      description: `Lastgood ${stackName}: signs receipts. Its public key proves them.`,
      keySpec: kms.KeySpec.ECC_NIST_P256,
      keyUsage: kms.KeyUsage.SIGN_VERIFY,
      pendingWindow: PENDING_WINDOW,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      policy: administered(admins),
    });
  }

  /** Lets a principal make data keys and unwrap them: a capture builds on the parts before it. */
  grantWrap(grantee: iam.IGrantable): void {
    this.#grant(this.wrapping, "Wrap", grantee, ["kms:GenerateDataKey", "kms:Decrypt"], IN_CONTEXT);
  }

  /** Lets a principal unwrap data keys. */
  grantUnwrap(grantee: iam.IGrantable): void {
    this.#grant(this.wrapping, "Unwrap", grantee, ["kms:Decrypt"], IN_CONTEXT);
  }

  /** Lets a principal sign receipts. */
  grantSign(grantee: iam.IGrantable): void {
    this.#grant(this.signing, "Sign", grantee, ["kms:Sign", "kms:GetPublicKey"], {
      StringEqualsIfExists: { "kms:SigningAlgorithm": "ECDSA_SHA_256" },
    });
  }

  /** In the key's policy, which decides, and in the principal's, where people look. */
  #grant(key: kms.Key, sid: string, grantee: iam.IGrantable, actions: string[], conditions: Conditions): void {
    key.addToResourcePolicy(
      new iam.PolicyStatement({ sid, actions, principals: [grantee.grantPrincipal], resources: ["*"], conditions }),
    );
    grantee.grantPrincipal.addToPrincipalPolicy(
      new iam.PolicyStatement({ sid, actions, resources: [key.keyArn], conditions }),
    );
  }
}

type Conditions = Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;

const IN_CONTEXT: Conditions = {
  StringEquals: { "kms:EncryptionContext:purpose": PURPOSES },
  Null: { "kms:EncryptionContext:vault": "false", "kms:EncryptionContext:class": "false" },
};

const administered = (admins: readonly iam.IPrincipal[]): iam.PolicyDocument =>
  new iam.PolicyDocument({
    statements: [
      new iam.PolicyStatement({
        sid: "Administer",
        actions: ADMINISTER,
        principals: [...admins],
        resources: ["*"],
      }),
      new iam.PolicyStatement({
        sid: "DeleteSlowly",
        effect: iam.Effect.DENY,
        actions: ["kms:ScheduleKeyDeletion"],
        principals: [new iam.AnyPrincipal()],
        resources: ["*"],
        conditions: {
          NumericLessThan: { "kms:ScheduleKeyDeletionPendingWindowInDays": String(PENDING_WINDOW.toDays()) },
        },
      }),
    ],
  });
