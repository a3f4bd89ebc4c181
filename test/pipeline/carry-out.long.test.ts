import { expect, test } from 'vitest';
import { lendChangingProject } from '../support/changing-project.ts';

const { cutAll } = lendChangingProject();

test('cut anywhere, the next one finishes it, each file once', async () => {
  expect(await cutAll(1)).toBeGreaterThan(10);
});
