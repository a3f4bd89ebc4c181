import { expect, test } from 'vitest';
import { findGone, findMoved } from '../../src/domain/column-places.ts';
import { copyCells, copyLine } from '../../src/domain/copy-text.ts';
import { findExpired, type Version, type VersionState } from '../../src/domain/version.ts';

const DAY = 24 * 60 * 60;
const rows = (at: number, megabytes: number) => ({
  folder: 'f',
  index: 'i',
  rows: 1,
  bytes: megabytes * 1_000_000,
  at,
});

function version(
  number: number,
  state: VersionState,
  before: Version['before'],
  undone: Version['undone'] = null,
): Version {
  return {
    ...{ number, state, before, undone, kind: 'evolve', createdAt: 0, env: 'dev', title: 't', catalog: null },
    ...{ schemaBefore: null, schemaBegun: null, schemaAfter: null, personal: null, behaviour: null },
    ...{ appliedBefore: [], migrations: [], known: [], added: [], commits: [] },
  };
}

test('what is too old goes, then the oldest until the rest fits; what is needed and the newest stay', () => {
  const now = 100 * DAY;
  const versions = [
    version(1, 'applied', rows(now - 40 * DAY, 1)),
    version(2, 'undoing', rows(now - 50 * DAY, 1)),
    version(3, 'applied', rows(now - 3 * DAY, 4), rows(now - DAY, 1)),
    version(4, 'applied', rows(now - 2 * DAY, 4)),
    version(5, 'applied', rows(now, 900)),
  ];
  const found = (megabytes: number) =>
    findExpired(versions, { megabytes, days: 30 }, now).map(
      (one) => `${one.version.number} ${one.which} ${one.reason}`,
    );
  expect(found(1000)).toEqual(['1 before older than 30 days']);
  expect(found(906)).toEqual(['1 before older than 30 days', '3 before more than 906 MB']);
  expect(found(0).length).toBe(4);
});

test('a row survives as a line, whatever its cells hold', () => {
  const cells = ['', null, '\\N', '\t\n\r\b\f\v\\', 'a\u2028b', '\\t'];
  expect(copyLine(cells).slice(0, -1)).not.toContain('\n');
  expect(copyCells(copyLine(cells).slice(0, -1))).toEqual(cells);
  expect(copyLine(['a', null])).toBe('a\t\\N\n');
});

test('what was renamed is not gone; in a database made anew names have to do', () => {
  const column = (name: string, number: number) => ({ name, number });
  const before = [
    { name: 'posts', oid: '1', columns: [column('id', 1), column('title', 2), column('old', 3)] },
    { name: 'tags', oid: '2', columns: [column('id', 1)] },
  ];
  const after = [
    { name: 'articles', oid: '1', columns: [column('id', 1), column('headline', 2), column('old', 4)] },
    { name: 'tags', oid: '9', columns: [column('id', 1)] },
  ];
  expect(findGone(before, after)).toEqual({ tables: ['tags'], columns: [{ table: 'posts', columns: ['old'] }] });
  expect([...findMoved(before, after)]).toEqual([
    ['posts', 'articles'],
    ['posts.title', 'headline'],
  ]);
  const anew = [{ name: 'posts', oid: '7', columns: [column('id', 1), column('title', 5)] }];
  expect(findGone(before, anew)).toEqual({ tables: ['tags'], columns: [{ table: 'posts', columns: ['old'] }] });
});
