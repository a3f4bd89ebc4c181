import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ObjectStore } from '../../src/ports/object-store.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What every object store promises, whatever lies behind it. `open` lends an empty bucket. */
export function describeObjectStore(name: string, lend: (use: (store: ObjectStore) => Promise<void>) => Promise<void>) {
  const put = (store: ObjectStore, key: string, text: string) => {
    const bytes = Buffer.from(text);
    return store.put(key, bytes, { sha256: sha256(bytes) });
  };
  const text = async (store: ObjectStore, key: string) => {
    const bytes = await store.get(key);
    return bytes === null ? null : Buffer.from(bytes).toString();
  };

  describe(name, () => {
    test('what was put is got and looked at, and what was not is null', () =>
      lend(async (store) => {
        expect(await store.get('a/one')).toBeNull();
        expect(await store.head('a/one')).toBeNull();
        await put(store, 'a/one', 'eins ✓');
        expect(await text(store, 'a/one')).toBe('eins ✓');
        const head = await store.head('a/one');
        expect(head).toMatchObject({ key: 'a/one', size: 8, sha256: sha256(Buffer.from('eins ✓')) });
        expect(Math.abs((head?.modifiedAt ?? 0) - Date.now() / 1000)).toBeLessThan(120);
      }));

    test('putting again replaces, and putting the same changes nothing', () =>
      lend(async (store) => {
        await put(store, 'k', 'one');
        await put(store, 'k', 'two');
        await put(store, 'k', 'two');
        expect(await text(store, 'k')).toBe('two');
        expect(await store.list('')).toHaveLength(1);
      }));

    test('an empty object and one of many parts come back byte by byte', () =>
      lend(async (store) => {
        const large = randomBytes(300_007);
        await store.put('empty', new Uint8Array(), { sha256: sha256(new Uint8Array()) });
        await store.put('large', large, { sha256: sha256(large) });
        expect(await store.get('empty')).toHaveLength(0);
        expect(sha256((await store.get('large')) ?? new Uint8Array())).toBe(sha256(large));
        expect(await store.head('large')).toMatchObject({ size: large.length, sha256: sha256(large) });
      }));

    test('a list has everything below a prefix and nothing else, whatever the keys are made of', () =>
      lend(async (store) => {
        const keys = ["p/'quoted' (x)*!", 'p/a b+c&d=e%20f', 'p/deep/er/still', 'p/ä€😀', 'p/<tag>&amp;'];
        for (const key of [...keys, 'pq', 'q/other']) await put(store, key, key);
        expect((await store.list('p/')).map(({ key }) => key)).toEqual([...keys].sort());
        for (const key of keys) expect(await text(store, key)).toBe(key);
        expect(await store.list('nothing/')).toEqual([]);
      }));

    test('deleting takes away what is named and nothing else, also when it is gone already', () =>
      lend(async (store) => {
        for (const key of ['a', 'b <&>', 'c']) await put(store, key, key);
        await store.delete(['a', 'b <&>', 'never there']);
        await store.delete(['a']);
        await store.delete([]);
        expect((await store.list('')).map(({ key }) => key)).toEqual(['c']);
      }));

    test('bytes that are not what their hash says are not written', () =>
      lend(async (store) => {
        const wrong = store.put('k', Buffer.from('x'), { sha256: sha256(Buffer.from('y')) });
        await expect(wrong).rejects.toMatchObject({ code: 'remote.unusable' });
        expect(await store.list('')).toEqual([]);
      }));

    test('a key that leads elsewhere is refused', () =>
      lend(async (store) => {
        for (const key of ['', '..', '../x', 'a/../b', 'a/./b']) {
          await expect(put(store, key, 'x')).rejects.toThrow('no key');
        }
        expect(await store.list('')).toEqual([]);
      }));

    test('a bucket that can be used passes its check, which leaves nothing behind', () =>
      lend(async (store) => {
        const checks = await store.check();
        expect(checks.filter(({ passed }) => !passed)).toEqual([]);
        expect(await store.list('')).toEqual([]);
        expect(await store.ensureBucket()).toBe(false);
      }));
  });
}
