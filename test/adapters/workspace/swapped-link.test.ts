import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { localWorkspace } from '../../../src/adapters/workspace/local/local-workspace.ts';
import { isTurboError } from '../../../src/domain/errors.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

const swapper = fileURLToPath(new URL('../../support/swap-folder.mjs', import.meta.url));
/** With `SWAP_TRIES=10000` it takes half a minute. */
const TRIES = Number(process.env.SWAP_TRIES ?? 600);

// RELIABILITY K05. Only Linux can hold on to a folder whose name is taken by a link.
test.runIf(process.platform === 'linux')(
  'a link that takes the place of a folder between look and write leads nothing outside',
  () =>
    withTemporaryFolder(async (home) => {
      const [project, outside] = [join(home, 'project'), join(home, 'outside')];
      const place = join(project, 'server', 'custom');
      mkdirSync(place, { recursive: true });
      mkdirSync(outside);
      writeFileSync(join(outside, 'kept.ts'), 'mine');
      const child = spawn(process.execPath, [swapper, place, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      const workspace = localWorkspace();
      const ends = { done: 0, refused: 0 };
      try {
        // Until both have happened: nothing was tried before.
        for (let number = 0; number < TRIES || Math.min(ends.done, ends.refused) === 0; number += 1) {
          const work = [
            () => workspace.write(project, `server/custom/file-${number}.ts`, 'text'),
            () => workspace.createFile(project, `server/custom/made-${number}.ts`, 'text'),
            () => workspace.remove(project, 'server/custom/kept.ts'),
          ][number % 3];
          try {
            await work?.();
            ends.done += 1;
          } catch (error) {
            if (!isTurboError(error, 'workspace.unwritable')) throw error;
            ends.refused += 1;
          }
        }
      } finally {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      expect(readdirSync(outside)).toEqual(['kept.ts']);
    }),
);
