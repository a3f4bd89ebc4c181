import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { failureOf, orderOf } from '../../../contracts/remote-target.ts';
import { FLY_TOKENS } from '../../../support/fakes/fly/world.ts';
import { withTemporaryFolder } from '../../../support/temporary-folder.ts';
import { withFly } from './lend-fly.ts';

/** Stands for flyctl: writes down how it was called and what lies in the folder that it was given. */
function playFlyctl(folder: string, ending = 'process.exit(0);') {
  const program = join(folder, 'flyctl');
  const script = `#!${process.execPath}
const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
const [, context] = process.argv.slice(2);
const files = readdirSync(context, { recursive: true, encoding: 'utf8' }).sort();
const dockerfile = readFileSync(context + '/Dockerfile', 'utf8');
writeFileSync(${JSON.stringify(join(folder, 'called.json'))}, JSON.stringify({ argv: process.argv.slice(2), env: process.env, files, dockerfile, context }));
${ending}`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const called = () => JSON.parse(readFileSync(join(folder, 'called.json'), 'utf8'));
  return { program, called };
}

const environment = { PATH: process.env.PATH ?? '', HOME: '/nowhere' };

describe('an image made by flyctl', () => {
  test('is what the machines run, and neither token nor secrets stand in its arguments', () =>
    withTemporaryFolder((folder) =>
      withFly(async ({ again, fake }) => {
        const { program, called } = playFlyctl(folder);
        const flyctl = { program, environment, registryHost: 'registry.fly.io' };
        const deployment = await again({ flyctl }).deploy(orderOf('v1'), () => undefined);
        expect(deployment).toMatchObject({ status: 'running', version: 'v1' });
        const { mtimeMs } = statSync(join(folder, 'called.json'));
        await again({ flyctl }).deploy(orderOf('v1'), () => undefined);
        expect(statSync(join(folder, 'called.json')).mtimeMs).toBe(mtimeMs);
        const { argv, env, files, dockerfile, context } = called();
        expect(argv.join(' ')).toMatch(
          /^deploy .* --build-only --push --remote-only --image-label turbobackend-v1 --yes$/,
        );
        expect(JSON.stringify([argv, files, dockerfile])).not.toMatch(/fm2_|canary/);
        expect(env.FLY_API_TOKEN).toBe(FLY_TOKENS.org);
        expect(JSON.stringify(env)).not.toContain('canary');
        expect(files).toEqual(
          expect.arrayContaining(['.output/server/index.mjs', 'Dockerfile', 'scripts/migrate.mjs']),
        );
        expect(existsSync(context)).toBe(false);
        const configs = [...(fake.world.apps.get('blog-api')?.machines.values() ?? [])].map(({ config }) => config);
        expect(configs.map(({ image, files: carried, init }) => [image, carried, init])).toEqual([
          ['registry.fly.io/blog-api:turbobackend-v1', undefined, undefined],
        ]);
      }),
    ));

  test('that cannot be made is told with what flyctl said, without the token, and no machine is made', () =>
    withTemporaryFolder((folder) =>
      withFly(async ({ again, fake }) => {
        const ending = "console.error('no builder for ' + process.env.FLY_API_TOKEN); process.exit(2);";
        const flyctl = { program: playFlyctl(folder, ending).program, environment, registryHost: 'registry.fly.io' };
        const error = await failureOf(again({ flyctl }).deploy(orderOf('v1'), () => undefined));
        expect([error.code, error.message]).toEqual(['build.failed', expect.stringContaining('no builder for ***')]);
        expect(fake.world.made.machines).toBe(0);
        const absent = { ...flyctl, program: join(folder, 'absent') };
        expect((await failureOf(again({ flyctl: absent }).deploy(orderOf('v1'), () => undefined))).code).toBe(
          'build.failed',
        );
      }),
    ));
});
