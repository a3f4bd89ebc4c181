import { test } from 'vitest';
import { expectNoticed } from '../support/noticed-faults.ts';

test('the tests of a project notice other faults of its code and of its database', () =>
  expectNoticed([
    /server\/routes\/subtasks\/index\.get\.ts:\d+ who is not signed in is let in/,
    /initial\.sql:\d+ check subtasks_position_check is gone/,
  ]));
