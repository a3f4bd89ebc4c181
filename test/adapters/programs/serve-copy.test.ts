import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localPrograms } from '../../../src/adapters/programs/local/local-programs.ts';
import { withTemporaryFolder } from '../../support/temporary-folder.ts';

/** A built server that finds its port taken until it has been started for the `starts`th time. */
function builtServer(directory: string, starts: number): void {
  mkdirSync(join(directory, '.output/server'), { recursive: true });
  writeFileSync(
    join(directory, '.output/server/index.mjs'),
    `import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
appendFileSync('starts', 'x');
const server = createServer((request, answer) => answer.end('ok'));
if (readFileSync('starts', 'utf8').length < ${starts}) {
  const stranger = createServer().listen(0, '127.0.0.1', () => server.listen(stranger.address().port, '127.0.0.1'));
} else server.listen(process.env.PORT, process.env.HOST);
`,
  );
}

test('a server whose port somebody else was quicker to take gets another one', () =>
  withTemporaryFolder(async (home) => {
    builtServer(join(home, 'project'), 3);
    const server = await localPrograms({ home }).serve({ directory: join(home, 'project'), environment: {} });
    expect(await (await fetch(server.url)).text()).toBe('ok');
    await server.stop();
    expect(readdirSync(join(home, 'trials'))).toEqual([]);
  }));

test('one that finds each port taken is told, with what it said', () =>
  withTemporaryFolder(async (home) => {
    builtServer(join(home, 'project'), 100);
    const served = localPrograms({ home }).serve({ directory: join(home, 'project'), environment: {} });
    await expect(served).rejects.toMatchObject({
      code: 'deploy.unhealthy',
      message: expect.stringContaining('EADDRINUSE'),
    });
    expect(readdirSync(join(home, 'trials'))).toEqual([]);
  }));
