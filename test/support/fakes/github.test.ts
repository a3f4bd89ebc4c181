import { expect, test } from 'vitest';
import { githubHost } from '../../../src/adapters/code-host/github/github-host.ts';
import { patientTime } from '../patient-time.ts';
import { startFakeGithub } from './github.ts';

const TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';

test('without the official document a small one holds for both sides, and sees what is wrong', async () => {
  const github = await startFakeGithub([{ token: TOKEN, login: 'ada', scopes: ['repo', 'workflow', 'delete_repo'] }], {
    isOurs: true,
  });
  try {
    const { apiUrl, serverUrl } = github;
    const host = githubHost({ token: TOKEN, apiUrl, serverUrl, environment: {}, time: patientTime() });
    expect((await host.check()).every(({ passed }) => passed)).toBe(true);
    const wish = { name: 'blog', isPrivate: true, description: 'a blog' };
    await host.plan(wish);
    const { owner, name } = await host.ensureRepository(wish);
    await host.plan(wish);
    github.rename(owner, name, 'other');
    await host.plan(wish).catch(() => null);
    await host.remove({ owner, name: 'other' });
    expect(github.violations).toEqual([]);

    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'user-agent': 'x',
      'x-github-api-version': '2022-11-28',
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ name: 'x', privat: true });
    await fetch(`${apiUrl}/user/repos`, { method: 'POST', headers, body });
    await fetch(`${apiUrl}/repos/ada/x?tail=1`, { headers });
    expect(github.violations).toMatchObject([
      expect.stringMatching(/POST .*user\/repos.*privat/),
      expect.stringMatching(/GET .*repos\/ada\/x.*tail/),
    ]);
  } finally {
    await github.stop();
  }
});
