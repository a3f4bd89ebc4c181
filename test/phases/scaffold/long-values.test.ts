import { expect, test } from 'vitest';
import { z } from 'zod';
import * as columns from '../../../templates/project/database/server/lib/columns.ts';
import { readCondition } from '../../../templates/project/database/server/lib/filters.ts';
import * as value from '../../../templates/project/database/server/lib/values.ts';

/** What the checks of generated backends cost for the longest values that a request can hold: one that goes back and
 * forth in a megabyte needs hours, and the test its whole time. */

const MEGABYTE = 1024 * 1024;

const checks = {
  bytes: value.bytes(),
  date: value.date(),
  decimal: value.decimal(),
  email: value.email(),
  floatText: value.floatText(),
  instant: value.instant(),
  integerText: value.integerText(),
  interval: value.interval(),
  localDateTime: value.localDateTime(),
  network: value.network(),
  time: value.time(),
  uuid: value.uuid(),
};
const units = ['0', 'a', '-', '.', ' ', ':', '1 ', 'a.', 'é'];
const heads = ['', '1.', 'a@', 'P', '2026-01-31T10:00:00.'];

test.each(Object.entries(checks))('%s of a megabyte is refused at once', (_name, check) => {
  for (const head of heads) {
    for (const unit of units) {
      const long = `${head}${unit.repeat(MEGABYTE / unit.length)}!`;
      expect(check.safeParse(long).success).toBe(false);
    }
  }
});

test('zeros that mean nothing are no digits, however many there are', () => {
  const check = value.decimal({ whole: 2, fraction: 2 });
  const zeros = '0'.repeat(100_000);
  const accepts = (text: string) => check.safeParse(text).success;
  expect(['12.34', '-012.3400', `${zeros}12.34${zeros}`, '.5', '5.'].map(accepts)).not.toContain(false);
  expect([`1${zeros}`, `0.${zeros}1`, '123', '1.234', '', '-', '.', '1.2.3', '1e3'].map(accepts)).not.toContain(true);
});

test('a list of a filter is taken apart at its commas, however many backslashes there are', () => {
  const itemsOf = (text: string) => {
    const shown = { name: columns.text('name', z.string()) };
    const [condition] = readCondition('name[in]', text, shown, () => {});
    return condition?.value;
  };
  expect(itemsOf('a,b')).toEqual(['a', 'b']);
  expect(itemsOf(String.raw`a\,b,c\\,\\\,,\d`)).toEqual(['a,b', 'c\\', '\\,', '\\d']);
  expect(itemsOf('')).toEqual(['']);
  expect(itemsOf('\\'.repeat(100_000))).toEqual(['\\'.repeat(50_000)]);
});
