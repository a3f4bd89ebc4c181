import { beforeAll, expect, test } from 'vitest';
import type { Lexicon } from '../../../../src/adapters/model/planner/lexicon.ts';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { type Explanation, type Origin, reasonsOf } from '../../../../src/domain/explanation.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { shippedLexicon } from '../../../support/planner.ts';

let model: Model;
let lexicon: Lexicon;
beforeAll(async () => {
  lexicon = await shippedLexicon();
  model = planner({ lexicon });
});

const LIBRARY =
  'a library with books, membres and loans. A book has a title, an isbn unique and a shelf. Remind members by email when a loan is overdue.';

const requests = [
  'blog API',
  LIBRARY,
  'Potion(name, price:decimal, rune unique); Wizard(name)',
  'runes and towers; a rune can be in many towers; at most one rune per tower and wizard',
  'interface Egg { id: string; dragonId?: string; color: "red" | "blue"; weight: number }',
  'users:  {"user": {"name": "Ann", "pets": [{"nick": "Rex", "born": "2020-01-02"}]}}',
  'notes with login, each user sees only their own notes; admins manage categories',
  'un blog con artículos y comentarios',
  "CREATE TABLE foo (qty int check (qty > 0), mode text check (mode in ('a', 'b')), bar_id int references bars(id))",
  '- Employee: first name, hired on, salary\n- Department: name\n* an employee belongs to a department',
  'api to track cauldrons,   examinations of\ncauldrons',
  'Customer(name, email unique); Order(status: new|paid) has many items, Widget(name, sku) has many parts',
  'qwertz',
  '\u{1F9D9} $(rm -rf /) {{x}} ; DROP TABLE users',
];

function originsOf({ tables, enums }: Pick<Explanation, 'tables' | 'enums'>): readonly Origin[] {
  const parts = tables.flatMap((table) => [
    table,
    ...table.columns,
    ...table.relations,
    ...table.uniques,
    ...table.checks,
  ]);
  return [...parts, ...enums].map(({ origin }) => origin);
}

test.each(requests)(
  'every part of the design for %j has an origin, and what is quoted is in the request',
  async (text) => {
    const { schema, explanation } = await model.design({ text });
    const parts: string[] = [];
    reasonsOf(schema, (part) => {
      parts.push(part.kind);
      return { kind: 'rule', rule: part.kind };
    });
    const origins = originsOf(explanation);
    expect(origins).toHaveLength(parts.length);
    for (const origin of origins) {
      if (origin.kind === 'request') expect(text).toContain(origin.quote);
      if (origin.kind === 'rule') expect(origin.rule).not.toBe('');
      if (origin.kind === 'lexicon') {
        const [domain, entity = ''] = origin.entry.split('/');
        expect(lexicon.domains.find(({ name }) => name === domain)?.entities.has(entity)).toBe(true);
      }
    }
    expect(await model.design({ text })).toEqual({ schema, explanation });
  },
);

test('each table and column tells the words it is from, or whose knowledge it is', async () => {
  const { tables } = (await model.design({ text: LIBRARY })).explanation;
  const books = tables.find(({ name }) => name === 'books');
  const of = (name: string) => books?.columns.find((column) => column.name === name)?.origin;
  expect(books?.origin).toMatchObject({ kind: 'request', quote: expect.stringContaining('books') });
  expect(of('isbn')).toEqual({ kind: 'request', quote: 'an isbn unique' });
  expect(of('shelf')).toEqual({ kind: 'request', quote: 'a shelf' });
  expect(of('author')).toMatchObject({ kind: 'lexicon', entry: 'library/book' });
  expect(of('id')).toMatchObject({ kind: 'rule' });
  expect(books?.uniques).toEqual([{ columns: ['isbn'], origin: { kind: 'request', quote: 'an isbn unique' } }]);
  const loans = tables.find(({ name }) => name === 'loans');
  expect(loans?.relations.find(({ table }) => table === 'books')?.origin).toMatchObject({ entry: 'library/loan' });
});

test('what was decided though nobody said it is told', async () => {
  const { assumptions } = (await model.design({ text: LIBRARY })).explanation;
  expect(assumptions).toContain('“membres” is read as “members”.');
  expect(assumptions.join('\n')).toMatch(/Nobody said that people sign in/);
  const typed = (await model.design({ text: 'Potion(name, price:decimal, frobs)' })).explanation.assumptions;
  expect(typed.join('\n')).toMatch(/numeric\(12, 2\): potions\.price/);
  const shared = (await model.design({ text: 'recipes with login' })).explanation.assumptions.join('\n');
  expect(shared).toMatch(/Nobody said who may see and change .*recipes/);
  expect(shared).not.toMatch(/Nobody said that people sign in/);
});

test('parts of the request that nothing stands for are quoted, and only these', async () => {
  const { leftOut } = (await model.design({ text: `${LIBRARY} It should look nice on my phone.` })).explanation;
  expect(leftOut).toContain('Remind members by email when a loan is overdue');
  expect(leftOut).toContain('It should look nice on my phone');
  expect(leftOut.join(' ')).not.toMatch(/isbn|title|library/);
  expect((await model.design({ text: 'a blog with posts, tags and comments' })).explanation.leftOut).toEqual([]);
});
