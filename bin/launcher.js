#!/usr/bin/env node
// The launcher is JavaScript, because a node before 22.18 cannot even read TypeScript and would die with
// ERR_UNKNOWN_FILE_EXTENSION instead of saying what to do. Nothing but the version check and the compile cache belongs here.
const NODE_MAJOR_MIN = 24;

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `lastgood: node ${process.versions.node} is too old, Lastgood needs node ${NODE_MAJOR_MIN} or later\n` +
      "hint: run it as npx lastgood in the checkout after npm ci, which brings its own node\n",
  );
  process.exitCode = 2;
} else {
  const { keepCompiled } = await import("./compile-cache.js");
  keepCompiled();
  await import("./lastgood.ts");
}
