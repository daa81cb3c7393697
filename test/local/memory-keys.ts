import { systemEntropy } from "../../lib/local/system-entropy.ts";
import { KEY_ID_BYTES, MASTER_KEY_BYTES, wrapKeys } from "../../lib/local/wrap-keys.ts";
import type { Entropy } from "../../lib/ports/clock.ts";
import type { KeyService } from "../../lib/ports/key-service.ts";

/** A key service with a random master key that nobody else will ever have. */
export function memoryKeys(entropy: Entropy = systemEntropy): KeyService {
  const id = entropy.bytes(KEY_ID_BYTES).toString("hex");
  return wrapKeys({ id, key: entropy.bytes(MASTER_KEY_BYTES) }, entropy);
}
