import { expect, test } from 'vitest';
import { sampleOf } from '../../../src/domain/operation-trial/samples.ts';

const lengthOf = (pattern: string, max?: number, min?: number): number => {
  const sample = sampleOf({ kind: 'text', nullable: false, pattern, min, max });
  if (typeof sample !== 'object' || sample === null || !('random' in sample) || !Array.isArray(sample.random))
    throw new Error('it is not made of parts');
  return sample.random.reduce((total: number, { count }: { count: number }) => total + count, 0);
};

test.each([
  ['^[a-z0-9-]+$', 60, 12],
  ['^[A-Z]{2}-\\d+$', undefined, 12],
  ['^[a-z0-9-]+$', 5, 5],
  ['^[A-Z]{3}$', 60, 3],
  ['^[a-z]{2,4}$', 60, 2],
])('two samples of %s are hardly ever alike, as far as it lets them', (pattern, max, length) => {
  expect(lengthOf(pattern, max)).toBe(length);
});

test('a sample is as long as is asked for', () => {
  expect(lengthOf('^[a-z]+$', undefined, 20)).toBe(20);
});
