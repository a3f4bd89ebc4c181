import { beforeAll, expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import type { Design } from '../../../../src/domain/explanation.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { shippedLexicon } from '../../../support/planner.ts';

let model: Model;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
});

/** `ticket.status` of a design: its values, or its limits as `min..max`; undefined where it has neither. */
function rule({ schema }: Design, path: string): string | undefined {
  const [table, name] = path.split('.');
  const column = schema.tables.find((one) => one.name === table)?.columns.find((one) => one.name === name);
  const values = schema.enums.find((one) => one.name === column?.type)?.values.join('|');
  const limits = column?.check && (column.check.min ?? column.check.max) !== undefined ? column.check : null;
  return values ?? (limits ? `${limits.min ?? ''}..${limits.max ?? ''}` : undefined);
}

test.each([
  [
    'A ticket has a subject, a status one of fresh, stuck, shut and a priority (low or high).',
    'tickets.status',
    'fresh|stuck|shut',
  ],
  ['A ticket has a subject, a status that is either fresh or stuck, and a body.', 'tickets.status', 'fresh|stuck'],
  ['Tickets with subject and body. Ticket status can be fresh, stuck or shut.', 'tickets.status', 'fresh|stuck|shut'],
  ['Tickets with subject and body. ticket status: fresh, stuck, shut', 'tickets.status', 'fresh|stuck|shut'],
  ['Tickets have a subject. A ticket can be fresh, stuck or shut.', 'tickets.status', 'fresh|stuck|shut'],
  ['Wizards keep animals (owl, toad or raven) with a name.', 'animals.kind', undefined],
  ['A wizard has a name and a rank between 1 and 9.', 'wizards.rank', '1..9'],
  ['A wizard has a name and a power (max 70).', 'wizards.power', '..70'],
  ['A wizard has a name and a priority from 1 to 3.', 'wizards.priority', '1..3'],
  ['A wizard has a name and a level of at least 5.', 'wizards.level', '5..'],
  ['A spellbook has a title, at most 300 pages and a colour.', 'spellbooks.pages', '..300'],
  ['Wizard(name, power between 1 and 99)', 'wizards.power', '1..99'],
])('%j holds %s to %s', async (text, path, want) => {
  const design = await model.design({ text });
  if (want !== undefined) expect(rule(design, path)).toBe(want);
  const names = design.schema.tables.map(({ name }) => name);
  expect(names).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(pages|fresh|stuck|shuts?|owls?|toads?)$/)]),
  );
});

test('how many of a thing there may be makes no column, and is told as left out', async () => {
  const { schema, explanation } = await model.design({ text: 'products with a name, a price and up to 5 photos' });
  const photos = schema.tables.find(({ name }) => name === 'photos');
  expect(photos?.columns.map(({ references }) => references?.table)).toContain('products');
  expect(explanation.leftOut).toContain('up to 5 photos');
});

test('what is quoted stands in the request, also where values and limits were read in another notation', async () => {
  const text = 'Tickets with a title and a level between 1 and 9. Ticket status can be fresh, stuck or shut.';
  const { explanation } = await model.design({ text });
  expect(explanation.leftOut.every((part) => text.includes(part))).toBe(true);
});

test.each([
  'notes with a title, no registration please',
  'Only notes with a title. Not need for users or login.',
  'notes with title and text; skip the user management',
  'Notizen mit Titel. Keine Anmeldung.',
])('%j makes no accounts', async (text) => {
  const { schema } = await model.design({ text });
  expect(schema.accounts).toBeNull();
  expect(schema.tables.map(({ name }) => name)).not.toContain('users');
});
