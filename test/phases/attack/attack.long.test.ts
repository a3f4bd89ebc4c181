import { test } from 'vitest';
import { expectFound } from '../../support/found-holes.ts';

test('finds the holes that were put into blog', () => expectFound('blog'));
