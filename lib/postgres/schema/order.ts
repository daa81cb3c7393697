import type { SchemaStatement } from "../../model/schema.ts";
import type { Dependency } from "./dependencies.ts";
import { type Address, isPostKind, NOTHING, rankOf, type SchemaObject } from "./schema-object.ts";

export interface OrderedSchema {
  readonly statements: readonly SchemaStatement[];
  /** Objects left out because something they need is not captured. */
  readonly unmet: readonly SchemaObject[];
  /** Objects whose cycle could not be solved: they are in `statements`, but may fail there. */
  readonly cyclic: readonly SchemaObject[];
}

/** Steps from a part to the object that makes it: index, constraint, table is two. More is a loop in the catalog. */
const PART_DEPTH_MAX = 8;

/** Puts objects into an order in which each follows what it needs, splitting those that need each other. */
export const orderObjects = (
  objects: readonly SchemaObject[],
  dependencies: readonly Dependency[],
  isUserAddress: (address: Address) => boolean,
): OrderedSchema => {
  let graph = link(objects, dependencies, isUserAddress);
  const knotted = knots(graph);
  if (knotted.size > 0) {
    const apart = objects.flatMap((object) => (knotted.has(object) && object.split ? object.split() : [object]));
    graph = link(apart, dependencies, isUserAddress);
  }
  const unmet = withDependents(graph, graph.unmet);
  const kept = graph.objects.filter((object) => !unmet.has(object));
  const sections = sectionsOf(kept, graph);
  const { order, cyclic } = walk(kept, graph, sections);
  return {
    statements: order.map((object) => statementOf(object, sections.get(object) ?? "post", graph)),
    unmet: inOrder([...unmet]),
    cyclic,
  };
};

interface Graph {
  readonly objects: readonly SchemaObject[];
  readonly needs: ReadonlyMap<SchemaObject, ReadonlySet<SchemaObject>>;
  readonly abouts: ReadonlyMap<SchemaObject, SchemaObject>;
  readonly unmet: ReadonlySet<SchemaObject>;
}

const link = (
  all: readonly SchemaObject[],
  dependencies: readonly Dependency[],
  isUserAddress: (address: Address) => boolean,
): Graph => {
  const byAddress = new Map<Address, SchemaObject>();
  const byBody = new Map<Address, SchemaObject>();
  for (const object of all) {
    if (object.address !== undefined) byAddress.set(object.address, object);
    const body = object.dependsAs ?? object.address;
    if (body !== undefined && body !== NOTHING) byBody.set(body, object);
  }
  const partOf = Map.groupBy(
    dependencies.filter((dependency) => dependency.part),
    (dependency) => dependency.from,
  );
  const resolve = (
    address: Address,
    known: ReadonlyMap<Address, SchemaObject>,
    depth = 0,
  ): SchemaObject | undefined => {
    const own = known.get(address) ?? byAddress.get(address);
    if (own !== undefined || depth === PART_DEPTH_MAX) return own;
    for (const { to } of partOf.get(address) ?? []) {
      const whole = resolve(to, known, depth + 1);
      if (whole !== undefined) return whole;
    }
    return undefined;
  };

  const abouts = new Map<SchemaObject, SchemaObject>();
  for (const object of all) {
    const about = object.about === undefined ? undefined : resolve(object.about, byAddress);
    if (about !== undefined) abouts.set(object, about);
  }
  // A comment or right on what is not captured goes unsaid: the thing itself is named as uncovered.
  const objects = all.filter((object) => object.about === undefined || abouts.has(object));
  const needs = new Map(objects.map((object) => [object, new Set<SchemaObject>()]));
  const unmet = new Set<SchemaObject>();
  const need = (object: SchemaObject, address: Address) => {
    const needed = resolve(address, byAddress);
    if (needed === undefined) {
      if (isUserAddress(address)) unmet.add(object);
    } else if (needed !== object) {
      needs.get(object)?.add(needed);
    }
  };
  for (const object of objects) for (const address of object.needs ?? []) need(object, address);
  for (const [object, about] of abouts) needs.get(object)?.add(about);
  for (const { from, to } of dependencies) {
    // What `from` is a part of may be split: then its body has the needs.
    const object = byBody.get(from) ?? (byAddress.has(from) ? undefined : resolve(from, byBody));
    if (object !== undefined) need(object, to);
  }
  chainRefreshes(objects, needs);
  return { objects, needs, abouts, unmet };
};

/** A materialised view reads its rows through everything below it: what is refreshed there is refreshed first. */
const chainRefreshes = (
  objects: readonly SchemaObject[],
  needs: ReadonlyMap<SchemaObject, Set<SchemaObject>>,
): void => {
  const refreshes = objects.filter((object) => object.kind === "refresh materialized view");
  const refreshOf = new Map(
    refreshes.flatMap((refresh) => [...(needs.get(refresh) ?? [])].map((view) => [view, refresh] as const)),
  );
  for (const refresh of refreshes) {
    const below = new Set(needs.get(refresh));
    for (const object of below) {
      const earlier = refreshOf.get(object);
      if (earlier !== undefined && earlier !== refresh) needs.get(refresh)?.add(earlier);
      // A set that grows while it is read shows what is added.
      for (const needed of needs.get(object) ?? []) if (needed.kind !== refresh.kind) below.add(needed);
    }
  }
};

/** Objects on a cycle, or on a way between two: what is left after peeling off, again and again, those without needs or without dependents. */
const knots = ({ objects, needs }: Graph): ReadonlySet<SchemaObject> => {
  const dependents = new Map(objects.map((object) => [object, new Set<SchemaObject>()]));
  for (const [object, needed] of needs) for (const one of needed) dependents.get(one)?.add(object);
  const left = new Set(objects);
  for (const [out, back] of [
    [needs, dependents],
    [dependents, needs],
  ] as const) {
    const open = new Map(
      objects.map((object) => [object, [...(out.get(object) ?? [])].filter((o) => left.has(o)).length]),
    );
    const free = objects.filter((object) => left.has(object) && open.get(object) === 0);
    for (let object = free.pop(); object !== undefined; object = free.pop()) {
      left.delete(object);
      for (const other of back.get(object) ?? []) {
        const still = (open.get(other) ?? 0) - 1;
        open.set(other, still);
        if (still === 0 && left.has(other)) free.push(other);
      }
    }
  }
  return left;
};

const withDependents = ({ objects, needs }: Graph, start: ReadonlySet<SchemaObject>): ReadonlySet<SchemaObject> => {
  const reached = new Set(start);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const object of objects) {
      if (![...(needs.get(object) ?? [])].every((needed) => !reached.has(needed))) reached.add(object);
    }
  }
  return reached;
};

/**
 * Tables, and whatever they cannot be made without, come before the rows, be it a primary key. Of the rest, what needs
 * something from after the rows goes there too: a view that groups by a primary key needs that key.
 */
const sectionsOf = (objects: readonly SchemaObject[], { needs }: Graph) => {
  const sections = new Map<SchemaObject, SchemaStatement["section"]>();
  const pre = objects.filter((object) => object.kind === "table");
  for (let object = pre.pop(); object !== undefined; object = pre.pop()) {
    if (sections.has(object)) continue;
    sections.set(object, "pre");
    pre.push(...(needs.get(object) ?? []));
  }
  const post = objects.filter((object) => !sections.has(object) && isPostKind(object.kind));
  for (const object of post) sections.set(object, "post");
  for (let before = -1; before !== sections.size; ) {
    before = sections.size;
    for (const object of objects) {
      const late = [...(needs.get(object) ?? [])].some((needed) => sections.get(needed) === "post");
      if (late && !sections.has(object)) sections.set(object, "post");
    }
  }
  for (const object of objects) if (!sections.has(object)) sections.set(object, "pre");
  return sections;
};

/** Depth first by section, kind and name: each object right before the first that needs it, or at its own place. */
const walk = (
  objects: readonly SchemaObject[],
  { needs }: Graph,
  sections: ReadonlyMap<SchemaObject, SchemaStatement["section"]>,
) => {
  const order: SchemaObject[] = [];
  const cyclic = new Set<SchemaObject>();
  const sorted = inOrder(objects);
  const places = new Map(sorted.map((object, at) => [object, at]));
  const placeOf = (object: SchemaObject): number => places.get(object) ?? 0;
  const state = new Map<SchemaObject, "open" | "done">();
  const visit = (object: SchemaObject): void => {
    if (state.get(object) === "open") cyclic.add(object);
    if (state.has(object)) return;
    state.set(object, "open");
    for (const needed of [...(needs.get(object) ?? [])].sort((a, b) => placeOf(a) - placeOf(b))) visit(needed);
    state.set(object, "done");
    order.push(object);
  };
  for (const section of ["pre", "post"]) {
    for (const object of sorted) if (sections.get(object) === section) visit(object);
  }
  return { order, cyclic: [...cyclic] };
};

/**
 * By kind, schema and name, in code units: no collation and no oid has a say. Statements of one name keep the order their
 * reader gave them: rights must be granted in the order in which the catalog lists them, or it will list them differently.
 */
const inOrder = (objects: readonly SchemaObject[]): readonly SchemaObject[] =>
  objects.toSorted((a, b) => rankOf(a.kind) - rankOf(b.kind) || compare(a.schema, b.schema) || compare(a.name, b.name));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const statementOf = (object: SchemaObject, section: SchemaStatement["section"], { abouts }: Graph): SchemaStatement => {
  const { schema, tableOid } = abouts.get(object) ?? object;
  return { section, kind: object.kind, schema, name: object.name, tableOid, sql: object.sql };
};
