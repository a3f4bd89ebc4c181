import { beforeAll, expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import type { Schema } from '../../../../src/domain/schema.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { outline, shippedLexicon } from '../../../support/planner.ts';

let model: Model;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
});

const MADE = new Set(['id', 'created_at', 'updated_at']);

/** `name type` of the columns somebody asked for, enums with their values. */
function types({ tables, enums }: Schema): string[] {
  return tables.flatMap(({ columns }) =>
    columns
      .filter(({ name, references }) => !MADE.has(name) && !references)
      .map(({ name, type }) => {
        const values = enums.find((one) => one.name === type)?.values;
        return `${name} ${values ? values.join('|') : type}`;
      }),
  );
}

const tables: [string, string[]][] = [
  // A column is a column, whatever the lexicon calls things.
  ['Gadget(name, sku unique), Item(name)', ['gadgets(name, sku!)', 'items(name)']],
  ['Potion(name, buyer string), Buyer(name)', ['buyers(name)', 'potions(name, buyer)']],
  ['Potion(name, wizard), Wizard(name)', ['potions(wizard_id>wizards, name)', 'wizards(name)']],
  ['Potion(name, wizard_id), Wizard(name)', ['potions(wizard_id>wizards, name)', 'wizards(name)']],
  ['Spell(title, author), User(email)', ['spells(title, author)', 'users(email!)']],
  // References.
  ['Potion(maker -> Wizard), Wizard(name)', ['potions(maker_id>wizards)', 'wizards(name)']],
  ['Potion(wizard_id -> Wizard)', ['potions(wizard_id>wizards)', 'wizards(name)']],
  ['Potion(title, maker references Wizard(id))', ['potions(maker_id>wizards, title)', 'wizards(name)']],
  ['Dragon(mother -> Dragon)', ['dragons(mother_id>dragons?)']],
  [
    'Potion: maker -> Wizard, cost decimal(9,1), rune; Wizard: name',
    ['potions(maker_id>wizards, cost, rune)', 'wizards(name)'],
  ],
  // The word of the user.
  ['Person(name)', ['people(name)']],
  // Without brackets.
  ['Spell: title string required, rune unique; Wizard: name', ['spells(title, rune!)', 'wizards(name)']],
  ['Spell: title string, pages integer\nWizard: name, born date', ['spells(title, pages)', 'wizards(name, born)']],
  ['my guild. Spell: title string, power int. Wizard: name', ['spells(title, power)', 'wizards(name)']],
  // On lines of their own.
  [
    'class Spell:\n    title: str\n    wizard_id: int\n\nclass Wizard:\n    name: str',
    ['spells(wizard_id>wizards, title)', 'wizards(name)'],
  ],
  [
    'class Spell(models.Model):\n    rune = models.CharField(max_length=9, unique=True)\n    wizard = models.ForeignKey(Wizard, on_delete=models.CASCADE)\n\nclass Wizard(models.Model):\n    name = models.CharField(max_length=9)',
    ['spells(wizard_id>wizards, rune!)', 'wizards(name)'],
  ],
  [
    'create_table :spells do |t|\n  t.string :rune, null: false\n  t.references :wizard\nend\ncreate_table :wizards do |t|\n  t.string :name\nend',
    ['spells(wizard_id>wizards, rune)', 'wizards(name)'],
  ],
  [
    '### Spells\n- title\n- rune (unique)\n- power int\n\n### Wizards\n- name\n- email',
    ['spells(title, rune!, power)', 'wizards(name, email)'],
  ],
  ['type Spell struct {\n  Title string\n  Power int\n}', ['spells(title, power)']],
  // Behind a plural in running text.
  ['wizards (name, hat size, birth date) and spells', ['spells(name)', 'wizards(name, hat_size, birth_date)']],
  // Pasted DDL.
  ['CREATE TABLE foo (a int primary key, qty int check (qty>0))', ['foos(a!, qty)']],
  [
    `create table public.wizard (id serial primary key, name varchar(80) not null);
CREATE TABLE "spell" ( id serial, wizard_id int not null references wizard(id), title text, rune text, tower int,
  primary key (id), unique (title, rune), constraint one_rune unique (rune), key idx (title), check (title <> ''),
  foreign key (tower) references wizard (id) );`,
    ['spells(tower_id>wizards, wizard_id>wizards, title?, rune?!) unique(title rune)', 'wizards(name)'],
  ],
  ['CREATE TABLE spell (title text, rune text, unique (title, rune))', ['spells(title, rune) unique(title rune)']],
];

test.each(tables)('%j becomes just the tables it writes out', async (text, want) => {
  expect(outline((await model.design({ text })).schema)).toEqual(want);
});

const columns: [string, string[]][] = [
  ['Potion(status enum(new,old), name)', ['status new|old', 'name text']],
  ['Potion(number int unique, status enum(new, old, gone))', ['number integer', 'status new|old|gone']],
  ["Potion(status enum('new', 'old'))", ['status new|old']],
  ['Potion(status: new|old|gone)', ['status new|old|gone']],
  ['Potion(status new|old)', ['status new|old']],
  ['Potion(name, status (new/old))', ['name text', 'status new|old']],
  ["CREATE TABLE potion (status varchar(9) check (status in ('new', 'old')))", ['status new|old']],
  ['Potion(cost numeric(10,2), tax decimal(8, 3))', ['cost numeric(10, 2)', 'tax numeric(8, 3)']],
  ['Potion(tags:string[], sizes int[], dips: Array<number>)', ['tags text[]', 'sizes integer[]', 'dips numeric[]']],
  ['Potion(lasts:interval, photo:blob, raw bytea)', ['lasts interval', 'photo bytea', 'raw bytea']],
  ['Potion(key uuid, data json, more jsonb)', ['key uuid', 'data json', 'more jsonb']],
  ['Potion(brewed timestamp, seen: timestamptz)', ['brewed timestamp', 'seen timestamptz']],
  ['Potion(seen timestamp with time zone, heat double precision)', ['seen timestamptz', 'heat double precision']],
  ['Potion(brewed date, start date)', ['brewed date', 'start_date date']],
  ['CREATE TABLE potion (start date, a text)', ['start date', 'a text']],
  ['Potion(pages string, name varchar(80))', ['pages text', 'name varchar(80)']],
];

test.each(columns)('%j keeps names, types and values as they are written', async (text, want) => {
  expect(types((await model.design({ text })).schema)).toEqual(want);
});

test('a check of a number becomes its limit', async () => {
  const { tables } = (
    await model.design({
      text: 'CREATE TABLE foo (qty int check (qty > 0), power int check (power <= 9))',
    })
  ).schema;
  expect(tables[0]?.columns.filter(({ check }) => check).map(({ check }) => check)).toEqual([{ min: 1 }, { max: 9 }]);
});

test('posts are those of a blog unless the request speaks of something else', async () => {
  const posts = async (text: string) =>
    (await model.design({ text })).schema.tables.find(({ name }) => name === 'posts')?.columns.map(({ name }) => name);
  expect(await posts('users, posts and comments')).toEqual(expect.arrayContaining(['title', 'body']));
  expect(await posts('photo sharing app: users, posts')).toContain('image_url');
  expect(await posts('forum with threads and posts')).toContain('thread_id');
});

test.each(['Potion(name, price); Wizard(name)', 'Potion: name string, rune unique', 'create table potion (name text)'])(
  'the definition %j is a clear wish for storage',
  async (text) => {
    const { needsDatabase, confidence } = await model.detect({ text });
    expect(needsDatabase).toBe(true);
    expect(confidence).toBeGreaterThanOrEqual(0.8);
  },
);

test.each(['ブログ', 'магазин книг', '[31mRed', 'flurb'])('%j is said not to be understood', async (text) => {
  expect(await model.detect({ text })).toMatchObject({
    confidence: 0.5,
    reason: expect.stringContaining('understood'),
  });
  expect((await model.design({ text })).schema.tables.map(({ name }) => name)).toEqual(['items']);
});
