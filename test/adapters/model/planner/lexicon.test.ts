import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadLexicon } from '../../../../src/adapters/model/planner/load-lexicon.ts';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import { singular } from '../../../../src/adapters/model/planner/words.ts';
import { LEXICON_FOLDER, shippedLexicon } from '../../../support/planner.ts';

const KINDS = new Set(['@person', '@event', '@thing']);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tb-lexicon-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the lexicon covers hundreds of entities in dozens of domains', async () => {
  const { domains } = await shippedLexicon();
  expect(domains.length).toBeGreaterThan(50);
  expect(domains.reduce((sum, domain) => sum + domain.entities.size, 0)).toBeGreaterThan(400);
});

test('every core table, link, need and unique of the lexicon names something that exists', async () => {
  const { domains, nouns } = await shippedLexicon();
  const problems: string[] = [];
  for (const domain of domains) {
    const isEntity = (name: string) => name === '*' || KINDS.has(name) || domain.entities.has(name) || nouns.has(name);
    for (const name of domain.file.core) if (!isEntity(name)) problems.push(`${domain.name}: core ${name}`);
    for (const entity of domain.entities.values()) {
      const place = `${domain.name}/${entity.name}`;
      const targets = entity.links.flatMap((link) => link.targets);
      for (const name of [...targets, ...entity.needs.flat(), ...entity.impliedBy.flat()]) {
        if (!isEntity(name)) problems.push(`${place}: ${name}`);
      }
      const parts = new Set([
        ...targets,
        ...entity.links.map(({ role }) => role),
        ...entity.columns.map(({ name }) => name),
      ]);
      for (const name of entity.unique.flat()) if (!parts.has(name)) problems.push(`${place}: unique ${name}`);
      for (const { name, values, default: value } of entity.columns) {
        if (values && value !== undefined && !values.includes(String(value)))
          problems.push(`${place}: default of ${name}`);
      }
    }
  }
  expect(problems).toEqual([]);
});

test('what usually belongs together is said in words that tables are found by', async () => {
  const { ties } = await shippedLexicon();
  const strange = ties.flatMap(({ children, link }) =>
    [...children, ...link.targets].filter((name) => !/^[a-z][a-z_]*$/.test(name) || singular(name) !== name),
  );
  expect(strange).toEqual([]);
});

test('every domain named alone gives its core', async () => {
  const lexicon = await shippedLexicon();
  const model = planner({ lexicon });
  for (const { file } of lexicon.domains) {
    const [word] = file.words;
    if (word === undefined) continue;
    const { tables } = (await model.design({ text: `${word} api` })).schema;
    expect(tables.length, word).toBeGreaterThanOrEqual(Math.min(1, file.core.length));
    expect(tables.length, word).toBeLessThanOrEqual(10);
  }
});

test.each([
  ['JSON that is none', '{'],
  ['an unknown key', '{"entities":{},"surprise":1}'],
  ['a column nobody can read', '{"entities":{"egg":{"about":"An egg.","columns":["size:huge"]}}}'],
  ['a link nobody can read', '{"entities":{"egg":{"about":"An egg.","links":["<<hen"]}}}'],
])('a damaged file is refused by name: %s', async (_name, content) => {
  const copy = join(folder, `copy-${_name.length}`);
  await cp(LEXICON_FOLDER, copy, { recursive: true });
  await writeFile(join(copy, 'domains', 'broken.json'), content);
  await expect(loadLexicon(copy)).rejects.toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('broken.json'),
  });
});

test('a missing lexicon is said so', async () => {
  await expect(loadLexicon(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'config.invalid' });
});
