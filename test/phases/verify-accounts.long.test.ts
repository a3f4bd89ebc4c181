import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { nodeHttp } from '../../src/adapters/http/node/node-http.ts';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchemaTemplates } from '../../src/domain/schema-template.ts';
import { verify } from '../../src/phases/verify.ts';
import { readSchema, repositoryRoot } from '../support/generated-projects.ts';
import { withRealBackend } from '../support/real-backend.ts';

/** More of verify-accounts.test.ts; `npm run chaos:verify` tries all templates. */

function templateOf(name: string): Schema {
  const file = join(repositoryRoot, 'templates/schemas', `${name}.json`);
  const [template] = parseSchemaTemplates({ [`${name}.json`]: readFileSync(file, 'utf8') });
  return template?.schema ?? expect.fail('no template');
}

test.each([
  ['shop', readSchema('shop')],
  ['the template e-commerce', templateOf('e-commerce')],
  ['the template saas', templateOf('saas')],
])('a backend of %s passes, and keeps nobody', async (_, schema) => {
  await withRealBackend(schema, async ({ url, promote, countRows }) => {
    const services = { http: nodeHttp(), clock: systemClock(), progress: () => {} };
    const { checks } = await verify({ url, schema, promote }, services);
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    expect(await countRows()).toBe(0);
  });
});
