import { Visitor } from "oxc-parser";
import { importsOf } from "./imports.ts";
import { lineOf, parsed, type SourceFile } from "./source-files.ts";

/** Rooms that may read the machine's clock, wait, or draw random bytes: they are where Clock and Entropy are made. */
export const TIME_ROOMS: readonly string[] = ["lib/local/", "lib/aws/"];

const MEMBERS = new Set([
  "Date.now",
  "Math.random",
  "performance.now",
  "performance.timeOrigin",
  "process.hrtime",
  "process.uptime",
]);
const CALLS = new Set([
  "setTimeout",
  "setInterval",
  "Date",
  "randomBytes",
  "randomUUID",
  "randomInt",
  "randomFill",
  "randomFillSync",
]);
const METHODS = new Set(["randomBytes", "randomUUID", "randomInt", "randomFill", "randomFillSync", "getRandomValues"]);
const IMPORTS = new Set(["node:timers", "node:timers/promises", "timers", "timers/promises", "node:perf_hooks"]);

/** Every place where a file reads the machine's clock, waits or draws chance by itself, one sentence each. */
export const timeAndChanceIn = (file: SourceFile): readonly string[] => {
  if (TIME_ROOMS.some((room) => file.path.startsWith(room))) return [];
  const found: string[] = [];
  const note = (what: string, line: number): void => {
    found.push(
      `${file.path}:${line} uses ${what}: take a Clock or Entropy (lib/ports/clock.ts), so that a test can hold it still`,
    );
  };
  for (const { specifier, line } of importsOf(file)) {
    if (specifier !== undefined && IMPORTS.has(specifier)) note(specifier, line);
  }
  new Visitor({
    MemberExpression: (node) => {
      if (node.property.type !== "Identifier" || node.computed) return;
      const owner = node.object.type === "Identifier" ? node.object.name : "";
      const name = `${owner}.${node.property.name}`;
      if (MEMBERS.has(name) || METHODS.has(node.property.name)) note(name, lineOf(file.text, node.start));
    },
    NewExpression: (node) => {
      if (node.callee.type === "Identifier" && node.callee.name === "Date" && node.arguments.length === 0) {
        note("new Date()", lineOf(file.text, node.start));
      }
    },
    CallExpression: (node) => {
      if (node.callee.type === "Identifier" && CALLS.has(node.callee.name))
        note(node.callee.name, lineOf(file.text, node.start));
    },
  }).visit(parsed(file).program);
  return found;
};
