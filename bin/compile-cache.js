import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Keeps compiled code of this process or thread for the next: taking the types out of 200 files costs 0.3 s of every
 * start. In the checkout, because a directory that others can write to would let them choose our code.
 */
export const keepCompiled = () => {
  enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/lastgood", import.meta.url)));
};
