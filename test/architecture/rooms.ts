import { posix } from "node:path";
import { importsOf } from "./imports.ts";
import type { SourceFile } from "./source-files.ts";

interface Room {
  /** Rooms it may import besides itself. */
  readonly rooms: readonly string[];
  /** Names of what it may import from outside: a pattern, or none. */
  readonly outside?: RegExp;
  /** Why not more: the text a newcomer reads when the gate stops him. */
  readonly because: string;
}

const WORLD = /./;

/** Who may import whom. `lib/decisions/0003-rooms-may-import-downwards-only.md` has the reasons at length. */
export const ROOMS: Readonly<Record<string, Room>> = {
  "lib/model": {
    rooms: [],
    because: "words are what all others share; a word that imports drags a room into everything",
  },
  "lib/ports": {
    rooms: ["lib/model"],
    because: "a port says what is needed from outside; if it knew an adapter or the engine, there would be one adapter",
  },
  "lib/engine": {
    rooms: ["lib/model", "lib/ports"],
    outside: /^node:(zlib|crypto|stream(\/.*)?|buffer)$/,
    because: "the engine shapes bytes; files, networks, processes and policy come to it through ports",
  },
  "lib/policy": {
    rooms: ["lib/model"],
    outside: /^(temporal-polyfill|yaml|zod)$/,
    because: "a decision is a function of facts, rules and now, or it cannot be tested",
  },
  "lib/report": { rooms: ["lib/model"], because: "a report draws evidence it is given; one that fetches can hide" },
  "lib/operations": {
    rooms: ["lib/model", "lib/ports", "lib/engine", "lib/policy", "lib/report"],
    because: "an operation keeps a promise whatever the adapters are; only wiring chooses them",
  },
  "lib/postgres": {
    rooms: ["lib/model", "lib/ports"],
    outside: WORLD,
    because: "an adapter fulfils ports and knows no other adapter",
  },
  "lib/aws": {
    rooms: ["lib/model", "lib/ports"],
    outside: WORLD,
    because: "an adapter fulfils ports and knows no other adapter",
  },
  "lib/local": {
    rooms: ["lib/model", "lib/ports"],
    outside: WORLD,
    because: "an adapter fulfils ports and knows no other adapter",
  },
  "lib/wiring": {
    rooms: ["lib/postgres", "lib/aws", "lib/local", "lib/ports", "lib/model"],
    outside: WORLD,
    because: "wiring chooses adapters and does nothing else",
  },
  "lib/cdk": { rooms: ["lib/model"], outside: WORLD, because: "constructs declare resources; they run nothing" },
  lambdas: {
    rooms: ["lib/operations", "lib/wiring", "lib/model"],
    outside: WORLD,
    because: "a handler translates an event into one operation",
  },
  bin: {
    rooms: ["lib/operations", "lib/wiring", "lib/model", "package.json"],
    outside: WORLD,
    because: "a command translates argv into one operation; what it needs of engine or ports, an operation offers",
  },
  "bin/app.ts": {
    rooms: ["lib/cdk", "package.json", "cdk.json"],
    outside: WORLD,
    because: "the CDK app declares, it runs nothing",
  },
};

/** The room a path lies in, by the longest name that fits; undefined for a path in none. */
export const roomOf = (path: string): string | undefined =>
  Object.keys(ROOMS)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0];

/** What a file imports against the table, one sentence each. */
export const breachesOf = (file: SourceFile): readonly string[] => {
  const name = roomOf(file.path);
  const room = name === undefined ? undefined : ROOMS[name];
  if (name === undefined || room === undefined)
    return [`${file.path} lies in no room: put it where test/architecture/rooms.ts says`];
  return importsOf(file).flatMap(({ specifier, line }) => {
    const at = `${file.path}:${line}`;
    if (specifier === undefined) return [`${at} imports a computed name: write it out, so that the rooms can be held`];
    if (allows(name, room, file.path, specifier)) return [];
    const allowed = room.rooms.length === 0 ? "no other room" : room.rooms.join(", ");
    return [`${at} imports ${specifier}, but ${name} may import ${allowed}: ${room.because}`];
  });
};

const allows = (name: string, room: Room, path: string, specifier: string): boolean => {
  if (!specifier.startsWith(".")) return specifier.startsWith("node:assert") || room.outside?.test(specifier) === true;
  const target = posix.join(posix.dirname(path), specifier);
  const home = roomOf(target) ?? target;
  return home === name || room.rooms.includes(home);
};
