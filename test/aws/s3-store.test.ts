import { s3Store } from "../../lib/aws/s3-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { objectStoreContract } from "../contracts/object-store.ts";
import { emulatedS3, freshBucket } from "./bucket.ts";
import { testEmulator } from "./emulator.ts";

const emulator = testEmulator();

objectStoreContract(
  "s3",
  async () => {
    const [client, other] = [emulatedS3(emulator()), emulatedS3(emulator())];
    const bucket = await freshBucket(client);
    return { store: s3Store(client, bucket, systemClock), other: s3Store(other, bucket, systemClock) };
  },
  { objects: 1200, knowsDirectories: false },
);
