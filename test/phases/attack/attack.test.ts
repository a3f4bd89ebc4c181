import { describe, expect, inject, it } from 'vitest';
import { generateFiles, withAttacked } from '../../support/attacked-backend.ts';
import { withCheapHashes } from '../../support/cheap-hashes.ts';
import { expectFound } from '../../support/found-holes.ts';
import { HOLES, spoil } from '../../support/holed-twin.ts';
import { schemaFile } from '../../support/schema-file.ts';

describe('attacking a backend', () => {
  it.each(['blog', 'tasks'] as const)(
    'finds nothing in %s as it is generated, and leaves nothing behind',
    async (name) => {
      const schema = schemaFile(name);
      const files = withCheapHashes(await generateFiles(schema));
      await withAttacked({ schema, files, cluster: inject('cluster') }, async (backend) => {
        const { weaknesses, attacks } = await backend.attack({ profile: 'quick' });
        expect(weaknesses).toEqual([]);
        expect(attacks.reduce((sum, { attempts }) => sum + attempts, 0)).toBeGreaterThan(500);
      });
    },
  );

  it('finds the holes that were put into tasks', () => expectFound('tasks'));

  it('says so when nothing answers', async () => {
    const schema = schemaFile('blog');
    const files = await generateFiles(schema);
    const gone = await withAttacked({ schema, files, cluster: inject('cluster') }, async (backend) => backend);
    const { weaknesses } = await gone.attack({
      profile: 'quick',
      readCells: async () => [],
      countRows: async () => ({}),
    });
    expect(weaknesses.map(({ title }) => title)).toEqual(['Could not be attacked']);
  });
});

it('has holes that meet what is generated', async () => {
  const schemas = [...new Set(HOLES.map(({ schema }) => schema))];
  const generated = await Promise.all(
    schemas.map(async (name) => [name, await generateFiles(schemaFile(name))] as const),
  );
  const files = new Map(generated);
  for (const hole of HOLES) expect(spoil(files.get(hole.schema) ?? {}, hole)).not.toEqual(files.get(hole.schema));
  expect(HOLES.length).toBeGreaterThanOrEqual(80);
});
