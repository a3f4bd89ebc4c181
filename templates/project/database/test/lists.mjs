import assert from 'node:assert/strict';
import { answered, missingPath, pathOf, refused } from './client.mjs';
import { tables } from './samples.mjs';

/** What is true of every list. Each takes who asks, the name of a table, and what is particular to it. */

/** The part of a list that holds these rows and nobody else's. */
function listOf(table, rows) {
  const { path, key } = tables[table];
  const filters = key.map((name) => {
    const values = [...new Set(rows.map((row) => escapeComma(row[name])))];
    return `${name}[in]=${encodeURIComponent(values.join(','))}`;
  });
  return `${path}?${filters.join('&')}`;
}

function escapeComma(value) {
  return String(value).replace(/[\\,]/g, '\\$&');
}

function keysOf(table, rows) {
  return rows.map((row) => JSON.stringify(tables[table].key.map((name) => row[name]))).sort();
}

function compare(one, other) {
  const [first, second] = [one, other].map(comparable);
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Numbers as numbers; everything else as the text it is, except that .18Z is earlier than .185Z. */
function comparable(value) {
  if (!Number.isNaN(Number(value))) return Number(value);
  return String(value).replace(/^(\d+-\d\d-\d\dT.*)Z$/, '$1');
}

const OPERATORS = {
  equal: {
    eq: (value, given) => value !== null && compare(value, given) === 0,
    ne: (value, given) => value === null || compare(value, given) !== 0,
    in: (value, given) => value !== null && compare(value, given) === 0,
  },
  ordered: {
    gt: (value, given) => value !== null && compare(value, given) > 0,
    gte: (value, given) => value !== null && compare(value, given) >= 0,
    lt: (value, given) => value !== null && compare(value, given) < 0,
    lte: (value, given) => value !== null && compare(value, given) <= 0,
  },
};
const OF_KIND = {
  equal: OPERATORS.equal,
  ordered: { ...OPERATORS.equal, ...OPERATORS.ordered },
  text: {
    ...OPERATORS.equal,
    ...OPERATORS.ordered,
    like: (value, given) => value !== null && compare(value, given) === 0,
  },
};

/** Rows are found by each column and each operator. `rows` differ where they can. */
export async function checkFilters(client, table, rows, kinds) {
  const list = listOf(table, rows);
  for (const [column, kind] of Object.entries(kinds)) {
    for (const given of new Set(rows.map((row) => row[column]))) {
      if (given === null) continue;
      for (const [operator, holds] of Object.entries(OF_KIND[kind])) {
        const sent =
          operator === 'in' ? escapeComma(given) : operator === 'like' ? escapeLike(given) : given;
        const query = `${column}[${operator}]=${encodeURIComponent(String(sent))}`;
        // The key is in the list's own filter: a parameter is given only once.
        if (tables[table].key.includes(column) && operator === 'in') continue;
        const { data } = answered(await client.get(`${list}&${query}`), 200);
        const expected = rows.filter((row) => holds(row[column], given));
        assert.deepEqual(keysOf(table, data), keysOf(table, expected), query);
      }
    }
  }
}

function escapeLike(value) {
  return String(value).replace(/[\\%_]/g, '\\$&');
}

/** Rows in which a column is empty, and the others. */
export async function checkEmpty(client, table, rows, columns) {
  const list = listOf(table, rows);
  for (const column of columns) {
    for (const flag of [true, false]) {
      const { data } = answered(await client.get(`${list}&${column}[null]=${flag}`), 200);
      const expected = rows.filter((row) => (row[column] === null) === flag);
      assert.deepEqual(keysOf(table, data), keysOf(table, expected), `${column} ${flag}`);
    }
    refused(await client.get(`${list}&${column}[null]=maybe`), 400, {
      [`${column}[null]`]: 'must be true or false',
    });
  }
}

/** A filter must be of the type of its column; `values` are not. */
export async function checkBadFilters(client, table, values) {
  const { path } = tables[table];
  for (const [name, value] of values) {
    const { errors } = refused(
      await client.get(`${path}?${name}=${encodeURIComponent(value)}`),
      400,
    );
    assert.deepEqual(
      errors.map(({ field }) => field),
      [name],
    );
  }
}

/** Rows come in the order that is asked for, and page by page in the same one. */
export async function checkOrder(client, table, rows, kinds) {
  const list = listOf(table, rows);
  for (const sort of ['', ...Object.keys(kinds), ...Object.keys(kinds).map((name) => `-${name}`)]) {
    const asked = sort === '' ? list : `${list}&sort=${sort}`;
    const { data, nextCursor } = answered(await client.get(asked), 200);
    assert.equal(nextCursor, null);
    assert.deepEqual(keysOf(table, data), keysOf(table, rows));
    const column = sort.replace(/^-/, '');
    if (kinds[column] === 'ordered' || kinds[column] === 'text') {
      const up = (one, other) => emptyLast(one[column], other[column]);
      const expected = rows.toSorted(sort === column ? up : (one, other) => up(other, one));
      assert.deepEqual(
        data.map((row) => row[column]),
        expected.map((row) => row[column]),
        sort,
      );
    }
    assert.deepEqual(await walk(client, asked, 1), data, sort);
    assert.deepEqual(await walk(client, asked, 2), data, sort);
    const { data: later } = answered(await client.get(`${asked}&offset=1`), 200);
    assert.deepEqual(later, data.slice(1), sort);
  }
}

function emptyLast(one, other) {
  if (one === null || other === null) return (one === null ? 1 : 0) - (other === null ? 1 : 0);
  return compare(one, other);
}

/** All rows of a list, page by page. */
async function walk(client, list, limit) {
  const rows = [];
  let cursor = '';
  for (let page = 0; page < 20; page += 1) {
    const query = `${list}&limit=${limit}${cursor && `&cursor=${cursor}`}`;
    const { data, nextCursor } = answered(await client.get(query), 200);
    assert.ok(data.length <= limit);
    rows.push(...data);
    if (nextCursor === null) return rows;
    cursor = nextCursor;
  }
  assert.fail(`${list} does not end`);
}

/** The plain list, without any wish, shows new rows too, page by page. */
export async function checkPlainList(client, table, rows) {
  const wanted = new Set(keysOf(table, rows));
  const all = await walkAll(client, tables[table].path);
  const seen = keysOf(table, all).filter((key) => wanted.has(key));
  for (const row of all) assert.deepEqual(Object.keys(row), Object.keys(rows[0]));
  assert.deepEqual(seen, keysOf(table, rows));
}

async function walkAll(client, path) {
  const rows = [];
  let cursor = '';
  do {
    const query = `${path}?limit=2${cursor && `&cursor=${cursor}`}`;
    const { data, nextCursor } = answered(await client.get(query), 200);
    rows.push(...data);
    cursor = nextCursor;
  } while (cursor);
  return rows;
}

/** Parts of rows, how many there are, and what cannot be asked. */
export async function checkListSettings(client, table, rows, kinds) {
  const [column] = Object.keys(kinds);
  const list = listOf(table, rows);
  const { path } = tables[table];
  const counted = answered(await client.get(`${list}&count=true&limit=1`), 200);
  assert.equal(counted.total, rows.length);
  assert.equal(counted.data.length, 1);
  assert.equal(answered(await client.get(`${list}&count=false`), 200).total, undefined);
  const cut = answered(await client.get(`${list}&fields=${column}&limit=1`), 200);
  assert.deepEqual(Object.keys(cut.data[0]), [column]);

  const wrong = {
    'limit=0': { limit: 'must be at least 1' },
    'limit=101': { limit: 'must be at most 100' },
    'limit=x': { limit: 'must be a whole number' },
    'offset=-1': { offset: 'must be a whole number' },
    'offset=1000001': { offset: 'must be at most 1000000' },
    'count=yes': { count: 'must be true or false' },
    'cursor=x': { cursor: 'is not a cursor of this list' },
    'sort=no_such_column': { sort: 'cannot be by no_such_column' },
    'fields=no_such_column': { fields: 'cannot have no_such_column' },
    'no_such_column=1': { no_such_column: 'is not known here' },
    'limit=1&limit=2': { limit: 'must be given only once' },
    [`${column}[above]=1`]: undefined,
  };
  for (const [query, errors] of Object.entries(wrong))
    refused(await client.get(`${path}?${query}`), 400, errors);
  answered(await client.get(`${path}?limit=100`), 200);
  await checkTooMuch(client, table, rows[0], kinds);
  if (rows.length < 2) return;
  const { nextCursor } = answered(await client.get(`${list}&limit=1`), 200);
  for (const query of [`&cursor=${nextCursor}&sort=${column}`, `&cursor=${nextCursor}&offset=1`])
    refused(await client.get(`${list}${query}`), 400);
}

/** So many filters and columns to sort by that a list is not worth its work. */
async function checkTooMuch(client, table, row, kinds) {
  const { path } = tables[table];
  const names = Object.keys(kinds).filter((name) => row[name] !== null);
  const sent = names.map((name) => [name, encodeURIComponent(escapeComma(row[name]))]);
  const [name, value] = sent.toSorted(([, one], [, other]) => one.length - other.length)[0];
  const many = (count) => `${path}?${name}[in]=${Array(count).fill(value).join(',')}`;
  refused(await client.get(many(101)), 400);
  answered(await client.get(many(100)), 200);
  const filters = names.flatMap((name) =>
    Object.keys(OF_KIND[kinds[name]]).map(
      (operator) => `${name}[${operator}]=${encodeURIComponent(row[name])}`,
    ),
  );
  if (filters.length > 20) {
    const errors = { query: 'must have at most 20 filters' };
    refused(await client.get(`${path}?${filters.slice(0, 21).join('&')}`), 400, errors);
    answered(await client.get(`${path}?${filters.slice(0, 20).join('&')}`), 200);
  }
  const sorted = Object.keys(kinds).slice(0, 6);
  if (sorted.length < 6) return;
  const errors = { sort: 'must be at most 5 columns' };
  refused(await client.get(`${path}?sort=${sorted.join(',')}`), 400, errors);
  answered(await client.get(`${path}?sort=${sorted.slice(0, 5).join(',')}`), 200);
}

/** A row is shown with the one it refers to. */
export async function checkParent(client, table, name, row, parent) {
  const shown = answered(await client.get(`${pathOf(table, row)}?include=${name}`), 200);
  assert.deepEqual(shown, { ...row, [name]: parent });
  const [listed] = answered(await client.get(`${listOf(table, [row])}&include=${name}`), 200).data;
  assert.deepEqual(listed, { ...row, [name]: parent });
}

/** A row is shown with those that refer to it, and they are listed below it. */
export async function checkChildren(client, table, row, { name, below, table: childTable, rows }) {
  const path = pathOf(table, row);
  const shown = answered(await client.get(`${path}?include=${name}`), 200);
  assert.deepEqual(shown, { ...row, [name]: { data: rows, nextCursor: null } });
  const [listed] = answered(await client.get(`${listOf(table, [row])}&include=${name}`), 200).data;
  assert.deepEqual(listed, shown);
  if (below === null) return;
  assert.deepEqual(answered(await client.get(`${path}/${below}`), 200).data, rows);
  const [own] = tables[childTable].key;
  const none = `${own}[in]=${encodeURIComponent(tables[childTable].missing[0])}`;
  assert.deepEqual(answered(await client.get(`${path}/${below}?${none}`), 200).data, []);
  refused(await client.get(`${missingPath(table)}/${below}`), 404);
  refused(await client.get(`${path}/${below}?limit=0`), 400);
  const other = await client.post(`${path}/${below}`, {});
  refused(other, 405);
  assert.equal(other.headers.get('allow'), 'HEAD, GET');
}

/** What a row cannot be shown with. */
export async function checkRowQuery(client, table, [row], column) {
  const path = pathOf(table, row);
  const cut = answered(await client.get(`${path}?fields=${column}`), 200);
  assert.deepEqual(cut, { [column]: row[column] });
  for (const [name, value] of [
    ['include', 'no_such_thing'],
    ['fields', 'no_such_column'],
    ['limit', '1'],
  ]) {
    const { errors } = refused(await client.get(`${path}?${name}=${value}`), 400);
    assert.deepEqual(
      errors.map(({ field }) => field),
      [name],
    );
  }
  refused(await client.get(`${tables[table].path}?include=no_such_thing`), 400);
}
