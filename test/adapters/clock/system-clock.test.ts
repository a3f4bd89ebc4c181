import { expect, test } from 'vitest';
import { randomIds } from '../../../src/adapters/clock/system/system-clock.ts';

test('ids of projects are sixteen lower-case letters and digits, and none comes twice', () => {
  const ids = Array.from({ length: 5000 }, () => randomIds().projectId());
  expect(ids.filter((id) => !/^[a-z0-9]{16}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});
