import { CreateBucketCommand, type CreateBucketCommandInput, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { S3_CALLS } from "../../lib/aws/s3-calls.ts";
import type { Emulator } from "./emulator.ts";

/** A client of the emulator as wiring makes it for AWS. */
export const emulatedS3 = ({ endpoint, region, credentials }: Emulator, config: S3ClientConfig = {}): S3Client =>
  new S3Client({ ...S3_CALLS, endpoint, region, credentials, ...config });

let buckets = 0;

/** A new, empty bucket. */
export async function freshBucket(client: S3Client, input: Partial<CreateBucketCommandInput> = {}): Promise<string> {
  buckets += 1;
  const Bucket = `lastgood-test-${process.pid}-${buckets}`;
  const CreateBucketConfiguration = { LocationConstraint: "eu-central-1" } as const;
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration, ...input }));
  return Bucket;
}
