import { expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { shippedLexicon } from '../../../support/planner.ts';

async function tablesOf(text: string): Promise<readonly string[]> {
  const { design } = planner({ lexicon: await shippedLexicon() });
  const { schema } = await design({ text });
  return schema.tables.map(({ name }) => name);
}

test('a niche is heard when the request names it', async () => {
  expect(await tablesOf('laundromat: machines, wash cycles, cards that can be topped up')).toEqual(
    expect.arrayContaining(['machines', 'wash_cycles', 'cards', 'top_ups']),
  );
});

test('a niche is heard when the request speaks of several things only it knows', async () => {
  expect(await tablesOf('we keep accessions and the germination tests of their seed lots')).toEqual(
    expect.arrayContaining(['accessions', 'germination_tests', 'seed_lots']),
  );
});

test('words of a niche are ordinary words elsewhere', async () => {
  const tables = await tablesOf('track which tenant of which flat paid the rent');
  expect(tables).toContain('tenants');
  expect(tables).not.toContain('units');
});
