"""What CloudFormation makes of a template of Lastgood and moto 5.2.5 does not, though its services have it."""

import json

from moto.awslambda.models import LambdaVersion
from moto.awslambda.utils import get_backend
from moto.core.common_models import CloudFormationModel
from moto.kms.models import Key, kms_backends
from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

# moto makes a bucket and leaves most of its properties out.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
make_bucket = FakeBucket.create_from_cloudformation_json.__func__


def bucket_with_its_rules(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    bucket = make_bucket(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs)
    backend = s3_backends[account_id][get_partition(region_name)]
    properties = cloudformation_json.get("Properties", {})
    if "VersioningConfiguration" in properties:
        backend.put_bucket_versioning(resource_name, properties["VersioningConfiguration"]["Status"])
    if properties.get("ObjectLockEnabled"):
        bucket.object_lock_enabled = True
        default = properties.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
        backend.put_object_lock_configuration(
            resource_name, True, default.get("Mode"), default.get("Days", 0), default.get("Years", 0)
        )
    if "PublicAccessBlockConfiguration" in properties:
        blocked = {name: str(value).lower() for name, value in properties["PublicAccessBlockConfiguration"].items()}
        backend.put_public_access_block(resource_name, blocked)
    return bucket


FakeBucket.create_from_cloudformation_json = classmethod(bucket_with_its_rules)


# moto makes every key one that encrypts.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
def key_of_its_spec(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    properties = cloudformation_json["Properties"]
    key = kms_backends[account_id][region_name].create_key(
        policy=json.dumps(properties["KeyPolicy"]),
        key_usage=properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        key_spec=properties.get("KeySpec", "SYMMETRIC_DEFAULT"),
        description=properties.get("Description"),
        tags=properties.get("Tags", []),
    )
    key.key_rotation_status = properties.get("EnableKeyRotation", False)
    return key


Key.create_from_cloudformation_json = classmethod(key_of_its_spec)


# "Ref returns the ARN of the version", and moto a name.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
def version_of_function(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
    function = cloudformation_json["Properties"]["FunctionName"]
    published = get_backend(account_id, region_name).publish_version(function)
    version = LambdaVersion({"Version": published.version})
    version.arn = published.function_arn
    return version


def version_attribute(self, name):
    return {"Version": str(self.version), "FunctionArn": self.arn}[name]


LambdaVersion.create_from_cloudformation_json = classmethod(version_of_function)
LambdaVersion.physical_resource_id = property(lambda self: self.arn)
LambdaVersion.has_cfn_attr = classmethod(lambda cls, name: name in ("Version", "FunctionArn"))
LambdaVersion.get_cfn_attribute = version_attribute


# "Ref returns the ARN of the alias"; moto's CloudFormation knows none.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html
class Alias(CloudFormationModel):
    __module__ = LambdaVersion.__module__  # moto reads there which service a model is of.

    def __init__(self, alias):
        self.alias = alias

    @property
    def physical_resource_id(self):
        return self.alias.arn

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::Alias"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **kwargs):
        properties = cloudformation_json["Properties"]
        backend = get_backend(account_id, region_name)
        return cls(
            backend.create_alias(
                resource_name,
                properties["FunctionName"],
                properties["FunctionVersion"],
                properties.get("Description", ""),
                properties.get("RoutingConfig"),
            )
        )
