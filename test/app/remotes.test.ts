import { expect, test } from 'vitest';
import { openRemotes } from '../../src/app/remotes.ts';
import { loadConfig } from '../../src/config.ts';
import { withNetwork } from '../support/proxy.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

const TOKENS = {
  FLY_API_TOKEN: 'FlyV1 fm2_canary',
  DAYTONA_API_KEY: 'dtn_canary',
  GITHUB_TOKEN: 'ghp_canary',
  AWS_ACCESS_KEY_ID: 'AKIACANARY',
  AWS_SECRET_ACCESS_KEY: 'canary-secret',
  TURBOBACKEND_S3_BUCKET: 'kept',
};

test('every remote is asked through the proxy, which is told no token and named when it refuses', async () => {
  await withTemporaryFolder((home) =>
    withNetwork(
      async ({ proxy }) => {
        const env = { ...TOKENS, TURBOBACKEND_HOME: home, https_proxy: `http://127.0.0.1:${proxy.port}` };
        const remotes = openRemotes(loadConfig(home, env));
        const opened = [remotes.target(), remotes.machines(), remotes.codeHost(), remotes.objects(undefined)];
        for (const remote of opened) {
          const told = await (await remote).check().then(JSON.stringify, String);
          expect(told).toContain('which https_proxy names, wants a login (407)');
          expect(told).not.toContain('canary');
        }
        expect(new Set(proxy.asked)).toEqual(
          new Set([
            'CONNECT api.machines.dev:443',
            'CONNECT app.daytona.io:443',
            'CONNECT api.github.com:443',
            'CONNECT kept.s3.us-east-1.amazonaws.com:443',
          ]),
        );
        expect(proxy.seen()).not.toContain('canary');
      },
      { login: 'a:b' },
    ),
  );
});
