import { beforeAll, expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import type { Schema } from '../../../../src/domain/schema.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { shippedLexicon } from '../../../support/planner.ts';

let model: Model;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
});

const designOf = async (text: string) => (await model.design({ text })).schema;
const relations = ({ tables }: Schema) =>
  tables.flatMap(({ name, columns }) =>
    columns.flatMap(({ references, nullable }) =>
      references ? [`${name} > ${references.table}${nullable ? '?' : ''}`] : [],
    ),
  );
const columnsOf = ({ tables }: Schema, table: string) =>
  tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
const uniquesOf = ({ tables }: Schema, table: string) => tables.find(({ name }) => name === table)?.uniques;

test.each([
  ['novels and chapters', 'chapters > novels'],
  ['choir with singers and absences', 'absences > singers'],
  ['turbines and blades', 'blades > turbines?'],
  ['an employee belongs to a department. a department has a head who is an employee', 'employees > departments'],
  ['songs each student is learning', 'student_songs > songs'],
  ['which field got which crop', 'field_crops > crops'],
  ['a customer gets an invoice', 'invoices > customers'],
  ['inspectors check plates and write tickets', 'tickets > inspectors?'],
  ['a member belongs to a workplace', 'members > workplaces'],
  ['musicians play in several bands', 'musician_bands > bands'],
])('%s: %s', async (text, relation) => {
  expect(relations(await designOf(text))).toContain(relation);
});

test('references that need each other are both there, and one of them may be empty', async () => {
  const schema = await designOf('Department: name, head -> Employee\nEmployee: name, department -> Department');
  expect(relations(schema)).toEqual(expect.arrayContaining(['departments > employees?', 'employees > departments']));
});

test('who did something is somebody', async () => {
  const schema = await designOf('Employee: name\nLeave request: employee, from, to, approved by');
  expect(relations(schema)).toContain('leave_requests > employees?');
  expect(columnsOf(schema, 'leave_requests')).toContain('approved_by_id');
});

test('how many of what in what has a row for each pair', async () => {
  const schema = await designOf('a job uses parts with quantity and price; parts have a number');
  expect(uniquesOf(schema, 'job_parts')).toEqual([['job_id', 'part_id']]);
  expect(columnsOf(schema, 'job_parts')).toEqual(expect.arrayContaining(['quantity', 'price_cents']));
});

test.each([
  ['a monthly payout per courier', 'payouts', ['courier_id', 'month']],
  ['water readings per plot and year', 'readings', ['plot_id', 'year']],
  ['bidders with a paddle number unique per sale, sales on a date', 'bidders', ['paddle_number', 'sale_id']],
])('%s: no two the same', async (text, table, parts) => {
  expect(uniquesOf(await designOf(text), table)?.map((key) => [...key].sort())).toContainEqual([...parts].sort());
});

test('fields in brackets are read in the language of the request', async () => {
  const schema = await designOf('Hundesalon: Kunden, Hunde (Rasse, Geburtsdatum), Termine mit Preis');
  expect(columnsOf(schema, 'dogs')).toEqual(expect.arrayContaining(['breed', 'birth_date']));
});

test.each([
  ['| table | columns |\n|---|---|\n| donors | name, email unique |\n| gifts | donor, amount |', 'gifts > donors'],
  ['{ device: { serial: string }, alarm: { device: ref, resolved: boolean } }', 'alarms > devices'],
])('a schema in the form of %j', async (text, relation) => {
  expect(relations(await designOf(text))).toContain(relation);
});

test('a markdown table below a heading lists the columns of one thing', async () => {
  const schema = await designOf(
    '### Cars\n\n| column | type | notes |\n|---|---|---|\n| plate | text | unique |\n| doors | integer | |',
  );
  const cars = schema.tables.find(({ name }) => name === 'cars');
  expect(cars?.columns.find(({ name }) => name === 'plate')).toMatchObject({ type: 'text', unique: true });
  expect(cars?.columns.find(({ name }) => name === 'doors')).toMatchObject({ type: 'integer' });
});

test.each([
  ['drs, appts and prescrptns', ['doctors', 'appointments', 'prescriptions']],
  ['a store for books', ['books']],
  ['a rota: staff and shifts, who works which shift', ['shifts']],
])('%s', async (text, tables) => {
  expect((await designOf(text)).tables.map(({ name }) => name)).toEqual(expect.arrayContaining(tables));
});

test('no room is taken away by a rule about rooms', async () => {
  const schema = await designOf('rooms and lessons. No room may be used twice.');
  expect(schema.tables.map(({ name }) => name)).toContain('rooms');
});
