import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { nodeHttp } from '../../src/adapters/http/node/node-http.ts';
import type { Schema } from '../../src/domain/schema.ts';
import type { Verification } from '../../src/domain/verification.ts';
import { verify } from '../../src/phases/verify.ts';
import type { Http } from '../../src/ports/http.ts';
import { readSchema } from '../support/generated-projects.ts';
import { withRealBackend } from '../support/real-backend.ts';

const failures = (verification: Verification) =>
  verification.checks.filter((check) => !check.passed).map(({ name, detail }) => `${name}: ${detail}`);

type Promote = (key: string | number) => Promise<void>;

const run = (url: string, schema: Schema, promote?: Promote, http: Http = nodeHttp()) =>
  verify({ url, schema, ...(promote ? { promote } : {}) }, { http, clock: systemClock(), progress: () => {} });

/** Every answer to some requests has another status. */
function answering(status: number, isMeant: (method: string, path: string, isSigned: boolean) => boolean): Http {
  const http = nodeHttp();
  return {
    async request(method, url, options) {
      const answer = await http.request(method, url, options);
      const isSigned = options?.headers?.authorization !== undefined;
      return isMeant(method, new URL(url).pathname, isSigned) ? { ...answer, status } : answer;
    },
  };
}

test.each(['tasks', 'forum'])('a real backend with the accounts of %s passes, and keeps nobody', async (name) => {
  const schema = readSchema(name);
  await withRealBackend(schema, async ({ url, promote, countRows }) => {
    expect(failures(await run(url, schema, promote))).toEqual([]);
    expect(await countRows()).toBe(0);
    const alone = await run(url, schema);
    expect(failures(alone)).toEqual([]);
    expect(await countRows()).toBe(0);
    if (name !== 'forum') return;
    expect(alone.checks.map(({ name: check }) => check)).toContain('topics: is for administrators');
    const open = answering(200, (method, path, isSigned) => method === 'DELETE' && !isSigned && /^.threads/.test(path));
    expect(failures(await run(url, schema, promote, open)).join()).toContain('threads: keeps out who is not signed in');
    const blind = answering(200, (method, path) => method === 'POST' && path === '/auth/login');
    expect(failures(await run(url, schema, promote, blind)).join()).toContain('users: signs in, and nobody else');
    const nobody = () => Promise.reject(new Error('nobody is promoted'));
    expect(failures(await run(url, schema, nobody)).join()).toContain(
      'topics: has somebody who makes its rows: nobody is promoted',
    );
  });
});
