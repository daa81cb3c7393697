import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFailure } from "../../lib/model/errors.ts";
import type { KeyService } from "../../lib/ports/key-service.ts";

/** Two openings of one wrapping key, and a service of the same kind with another wrapping key. */
export interface KeyServices {
  readonly keys: KeyService;
  readonly again: KeyService;
  readonly stranger: KeyService;
}

/** Fewer than a client has sockets: its time limits count the wait for one. */
const AT_ONCE = 32;

const CONTEXT = { vault: "v1", point: "2026-11-20", class: "personal" };

/** The prose of lib/ports/key-service.ts as tests. */
export function keyServiceContract(name: string, factory: () => Promise<KeyServices>): void {
  describe(`key service contract: ${name}`, () => {
    test("what one process wraps, another one unwraps", async () => {
      const { keys, again } = await factory();
      const { key, wrapped } = await keys.generate(CONTEXT);
      expect(key).toHaveLength(32);
      expect(await keys.unwrap(wrapped, CONTEXT)).toEqual(key);
      expect(await again.unwrap(Uint8Array.from(wrapped), CONTEXT)).toEqual(key);
    });

    test("data keys and their wrappings are fresh on every call and hold no key in clear", async () => {
      const { keys } = await factory();
      const made = await Promise.all(Array.from({ length: 50 }, () => keys.generate(CONTEXT)));
      expect(new Set(made.map(({ key }) => key.toString("hex"))).size).toBe(50);
      expect(new Set(made.map(({ wrapped }) => wrapped.toString("hex"))).size).toBe(50);
      for (const { key, wrapped } of made) expect(wrapped.includes(key)).toBe(false);
    });

    test("a context is a set: the order of its names means nothing", async () => {
      const { keys } = await factory();
      const { key, wrapped } = await keys.generate({ a: "1", b: "2" });
      expect(await keys.unwrap(wrapped, { b: "2", a: "1" })).toEqual(key);
    });

    test.each([
      [{}],
      [{ vault: "v1", point: "2026-11-20" }],
      [{ ...CONTEXT, more: "" }],
      [{ ...CONTEXT, class: "personal " }],
      [{ ...CONTEXT, class: "financial" }],
      [{ vault: "2026-11-20", point: "v1", class: "personal" }],
      [{ VAULT: "v1", point: "2026-11-20", class: "personal" }],
    ])("fails with KEY_WRONG under the other context %o", async (context) => {
      const { keys } = await factory();
      const { wrapped } = await keys.generate(CONTEXT);
      await expect(keys.unwrap(wrapped, context)).rejects.toMatchObject({ code: "KEY_WRONG" });
    });

    test("fails with KEY_WRONG for any two contexts that differ", async () => {
      const { keys } = await factory();
      const context = fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }), { maxKeys: 3 });
      const same = (one: Record<string, string>, two: Record<string, string>) =>
        Object.keys(one).length === Object.keys(two).length &&
        Object.entries(one).every(([name, value]) => Object.hasOwn(two, name) && two[name] === value);
      await fc.assert(
        fc.asyncProperty(context, context, async (one, two) => {
          const { key, wrapped } = await keys.generate(one);
          if (same(one, two)) expect(await keys.unwrap(wrapped, two)).toEqual(key);
          else await expect(keys.unwrap(wrapped, two)).rejects.toMatchObject({ code: "KEY_WRONG" });
        }),
      );
    });

    test("fails with KEY_WRONG under another wrapping key", async () => {
      const { keys, stranger } = await factory();
      const { wrapped } = await keys.generate(CONTEXT);
      await expect(stranger.unwrap(wrapped, CONTEXT)).rejects.toMatchObject({ code: "KEY_WRONG" });
    });

    test("fails with KEY_WRONG when any bit of a wrapped key is changed, or it is cut or longer anywhere", async () => {
      const { keys } = await factory();
      const { wrapped } = await keys.generate(CONTEXT);
      const changed: Buffer[] = [Buffer.concat([wrapped, Buffer.alloc(1)]), Buffer.concat([Buffer.alloc(1), wrapped])];
      for (let at = 0; at < wrapped.length; at++) {
        changed.push(wrapped.subarray(0, at));
        for (let bit = 0; bit < 8; bit++) {
          const copy = Buffer.from(wrapped);
          copy.writeUInt8(copy.readUInt8(at) ^ (1 << bit), at);
          changed.push(copy);
        }
      }
      for (let from = 0; from < changed.length; from += AT_ONCE) {
        const some = changed.slice(from, from + AT_ONCE);
        const outcomes = await Promise.allSettled(some.map((one) => keys.unwrap(one, CONTEXT)));
        const wrong = outcomes.filter((one) => one.status === "rejected" && isFailure(one.reason, "KEY_WRONG"));
        expect(wrong).toHaveLength(some.length);
      }
      expect(changed.length).toBeGreaterThan(400);
    });
  });
}
