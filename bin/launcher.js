#!/usr/bin/env node
// The launcher is JavaScript, because a node before 22.18 cannot even read TypeScript and would die with
// ERR_UNKNOWN_FILE_EXTENSION instead of saying what to do. Nothing but the version check, the compile cache and the choice
// of what to run belongs here.
import { existsSync } from "node:fs";

const NODE_MAJOR_MIN = 24;

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `lastgood: node ${process.versions.node} is too old, Lastgood needs node ${NODE_MAJOR_MIN} or later\n` +
      "hint: install a later one; in a checkout npm ci has brought one, by which npx lastgood runs\n",
  );
  process.exitCode = 2;
} else {
  const { keepCompiled } = await import("./compile-cache.js");
  keepCompiled();
  // Node takes no TypeScript from node_modules: the package comes without it, and with what was built of it.
  await (existsSync(new URL("lastgood.ts", import.meta.url)) ? import("./lastgood.ts") : import("#built"));
}
