import { expect, inject } from 'vitest';
import { generateFiles, withAttacked } from './attacked-backend.ts';
import { withCheapHashes } from './cheap-hashes.ts';
import { HOLES, type Hole, isFound, spoil } from './holed-twin.ts';
import { schemaFile } from './schema-file.ts';

/** Some of the holes, of each kind, that one build can have together. `npm run chaos:attack` tries each of them alone. */
const TOGETHER = {
  tasks: [
    'no owner where a row is found',
    'no owner in filtered lists',
    'no owner in included rows',
    'no owner where a row is changed',
    'a new row under a parent of others',
    'the owner from the body',
    'idempotency keys for everybody',
    'a list without its guard',
    'tokens without an algorithm',
    'expiry is not looked at',
    'signing out ends nothing',
    'refresh tokens work again',
  ],
  blog: [
    'the key in the path is put into the text of the statement',
    'a sensitive column is selected',
    'errors show their stack',
    'CORS for every origin',
    'no security headers',
    'bodies of any size',
    'files by their path',
    'a method in a header is obeyed',
    'keys count up',
    'any field of a row can be set',
    'passwords are hashed with sha256',
  ],
} as const;

function holesOf(schema: keyof typeof TOGETHER): readonly Hole[] {
  return TOGETHER[schema].map((name) => {
    const hole = HOLES.find((candidate) => candidate.name === name && candidate.schema === schema);
    if (!hole) throw new Error(`there is no hole "${name}"`);
    return hole;
  });
}

/** Puts the holes of a schema into one build of it, attacks that, and misses none. */
export async function expectFound(name: keyof typeof TOGETHER): Promise<void> {
  const holes = holesOf(name);
  const schema = schemaFile(name);
  const files = holes.reduce((text, hole) => spoil(text, hole), withCheapHashes(await generateFiles(schema)));
  await withAttacked({ schema, files, cluster: inject('cluster') }, async (backend) => {
    for (const { sql } of holes) if (sql) await backend.database.admin(sql);
    const only = [...new Set(holes.map(({ attack }) => attack))];
    const result = await backend.attack({ profile: 'full', only });
    expect(holes.filter((hole) => !isFound(hole, result)).map((hole) => hole.name)).toEqual([]);
  });
}
