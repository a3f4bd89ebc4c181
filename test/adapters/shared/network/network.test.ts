import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeHttp } from '../../../../src/adapters/http/node/node-http.ts';
import { firstConcessions } from '../../../../src/adapters/model/openai/concessions.ts';
import { send } from '../../../../src/adapters/model/openai/send.ts';
import { networkFetch } from '../../../../src/adapters/shared/network/network-fetch.ts';
import { remoteClient } from '../../../../src/adapters/shared/remote/remote-client.ts';
import { chooseNetwork, networkSettings } from '../../../../src/config/network-settings.ts';
import { isTurboError, type TurboError } from '../../../../src/domain/errors.ts';
import { type NetworkScene, withNetwork } from '../../../support/proxy.ts';
import { withTemporaryFolder } from '../../../support/temporary-folder.ts';

const TOKEN = 'canary-token-5e1d0b';
const post = { method: 'POST', path: '/apps', json: { name: 'a' }, idempotent: true } as const;

/** What the variables say, with the authority of the scene in a file of its own. */
async function networkOf({ authority }: NetworkScene, variables: Record<string, string>) {
  return withTemporaryFolder(async (folder) => {
    const file = join(folder, 'authority.pem');
    writeFileSync(file, authority);
    return chooseNetwork(networkSettings({ SSL_CERT_FILE: file, ...variables }));
  });
}

function clientOf(network: Awaited<ReturnType<typeof networkOf>>, baseUrl = 'https://api.test/v1') {
  let now = 0;
  const slept: number[] = [];
  const time = {
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
    random: () => 0,
  };
  const headers = { authorization: `Bearer ${TOKEN}` };
  const client = remoteClient({ remote: 'fly', service: 'Fly.io', baseUrl, headers, secrets: [TOKEN], network, time });
  return { client, slept };
}

async function failure(work: Promise<unknown>): Promise<TurboError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (isTurboError(error)) return error;
  throw new Error(`no TurboError: ${String(error)}`);
}

test('a proxy leads to the service, whose name it resolves, and sees no token and no word of what is said', async () => {
  await withNetwork(async (scene) => {
    const { proxy, received } = scene;
    const network = await networkOf(scene, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    const { client } = clientOf(network);
    const answers = await Promise.all([client.request(post), client.request(post)]);
    expect((await client.request({ ...post, method: 'GET', json: undefined })).json).toEqual({ fine: true });
    expect(answers.map(({ json }) => json)).toEqual([{ fine: true }, { fine: true }]);
    expect(received).toHaveLength(3);
    expect(received[0]).toEqual({ url: '/v1/apps', authorization: `Bearer ${TOKEN}`, body: '{"name":"a"}' });
    expect([...new Set(proxy.asked)]).toEqual(['CONNECT api.test:443']);
    expect(proxy.asked.length).toBeLessThan(3);
    expect(proxy.seen()).not.toContain(TOKEN);
    expect(proxy.seen()).not.toContain('"name"');
  });
});

test('a login for the proxy goes to the proxy alone, and small letters of the variable count', async () => {
  const login = 'som%eone:p@ss/word';
  await withNetwork(
    async (scene) => {
      const { proxy, received } = scene;
      const network = await networkOf(scene, {
        https_proxy: `http://som%25eone:p%40ss%2Fword@127.0.0.1:${proxy.port}`,
        HTTPS_PROXY: 'http://127.0.0.1:1',
      });
      expect((await clientOf(network).client.request(post)).status).toBe(200);
      expect(received[0]?.authorization).toBe(`Bearer ${TOKEN}`);
      expect(network?.proxies.https?.origin).toBe(`http://127.0.0.1:${proxy.port}`);
    },
    { login },
  );
});

test('a proxy that wants a login is told at once, with what mends it and without the login that was given', async () => {
  await withNetwork(
    async (scene) => {
      const way = `http://someone:wrong-canary@127.0.0.1:${scene.proxy.port}`;
      const { client, slept } = clientOf(await networkOf(scene, { HTTPS_PROXY: way }));
      const error = await failure(client.request(post));
      expect(error).toMatchObject({
        code: 'remote.unreachable',
        message: `Fly.io (api.test) cannot be reached: the proxy http://127.0.0.1:${scene.proxy.port}, which HTTPS_PROXY names, does not accept the login in HTTPS_PROXY (407).`,
        hint: 'Put a valid login into HTTPS_PROXY, as http://<user>:<password>@<host>:<port>',
      });
      expect(slept).toEqual([]);
      expect(scene.received).toEqual([]);
      const inClear = clientOf(await networkOf(scene, { http_proxy: way }), 'http://api.test');
      expect((await failure(inClear.client.request(post))).message).toContain('login in http_proxy (407)');
    },
    { login: 'someone:right' },
  );
});

test('a proxy that is not there is tried again, then named', async () => {
  await withNetwork(async (scene) => {
    for (const baseUrl of ['https://api.test', 'http://api.test']) {
      const { client, slept } = clientOf(await networkOf(scene, { ALL_PROXY: 'http://127.0.0.1:1' }), baseUrl);
      const error = await failure(client.request({ ...post, idempotent: false }));
      expect(error.code).toBe('remote.unreachable');
      expect(error.message).toContain('the proxy http://127.0.0.1:1, which ALL_PROXY names, does not answer');
      expect(error.hint).toContain('NO_PROXY');
      expect(slept).toHaveLength(4);
    }
  });
});

test('what NO_PROXY names, and this machine, are spoken to directly', async () => {
  await withNetwork(async (scene) => {
    const { proxy, received, plainPort, tlsPort } = scene;
    const variables = { ALL_PROXY: `http://127.0.0.1:${proxy.port}` };
    const network = await networkOf(scene, variables);
    await clientOf(network, `https://127.0.0.1:${tlsPort}`).client.request(post);
    await clientOf(network, `http://127.0.0.1:${plainPort}`).client.request(post);
    expect([proxy.asked, received.length]).toEqual([[], 2]);
    const around = await networkOf(scene, { ...variables, NO_PROXY: 'other.test, .test:443' });
    // Nobody resolves this name but the proxy, which is not asked.
    expect((await failure(clientOf(around).client.request(post))).message).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(proxy.asked).toEqual([]);
  });
});

test('in clear a proxy is asked for the whole address', async () => {
  await withNetwork(async (scene) => {
    const network = await networkOf(scene, { HTTP_PROXY: `http://127.0.0.1:${scene.proxy.port}` });
    const { client } = clientOf(network, 'http://api.test/v1');
    const answer = await client.request({ method: 'GET', path: '/apps', query: { a: 'b c' }, idempotent: true });
    expect(answer.json).toEqual({ fine: true });
    expect(scene.proxy.asked).toEqual(['GET http://api.test/v1/apps?a=b+c']);
    expect(scene.received[0]?.url).toBe('/v1/apps?a=b+c');
  });
});

test('who is signed by nobody in SSL_CERT_FILE is not spoken to, through a proxy neither', async () => {
  await withNetwork(async (scene) => {
    await withNetwork(async (other) => {
      const network = await networkOf(other, { HTTPS_PROXY: `http://127.0.0.1:${scene.proxy.port}` });
      const error = await failure(clientOf(network).client.request(post));
      expect(error.message).toMatch(/Fly\.io \(api\.test\) cannot be reached \(\w*(SIGNATURE|ISSUER|CERT)\w*\)/);
      expect(error.hint).toContain('NODE_EXTRA_CA_CERTS');
      expect(scene.received).toEqual([]);
      expect(scene.proxy.seen()).not.toContain(TOKEN);
    });
  });
});

test('a deployment is looked at through the same proxy', async () => {
  await withNetwork(async (scene) => {
    const network = await networkOf(scene, { HTTPS_PROXY: `http://127.0.0.1:${scene.proxy.port}` });
    const http = nodeHttp({ network: () => network });
    expect((await http.request('POST', 'https://api.test/health', { json: { a: 1 } })).body).toBe('{"fine":true}');
    expect(scene.received).toEqual([{ url: '/health', authorization: '', body: '{"a":1}' }]);
    // The certificate of the service is for another name.
    await expect(http.request('GET', 'https://app.test/health')).rejects.toThrow('app.test');
    expect(scene.proxy.asked).toEqual(['CONNECT api.test:443', 'CONNECT app.test:443']);
  });
});

test('a model is asked through the same proxy, and a proxy that refuses is told', async () => {
  const question = { phase: 'design', messages: [{ role: 'user', content: 'canary words' }] } as const;
  const limits = { answerSchema: null, maxOutputTokens: 100 };
  const service = {
    provider: 'openai',
    model: 'gpt-5-mini',
    baseUrl: 'https://api.test/v1',
    key: TOKEN,
    keyName: 'OPENAI_API_KEY',
    chosenBy: '--model',
    api: 'chat',
    idleMs: 5000,
  } as const;
  const answer = JSON.stringify({ choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] });
  const options = { totalMs: 10_000, concessions: firstConcessions('openai') };
  for (const login of [undefined, 'a:b']) {
    await withNetwork(
      async (scene) => {
        const network = await networkOf(scene, { HTTPS_PROXY: `http://127.0.0.1:${scene.proxy.port}` });
        const asked = await send({ ...question, ...limits }, { ...service, network }, options);
        expect(scene.proxy.asked).toEqual(['CONNECT api.test:443']);
        expect(scene.proxy.seen()).not.toMatch(/canary/);
        if (login === undefined) expect(asked).toMatchObject({ reply: { text: 'Hello' } });
        else {
          const message = expect.stringContaining('which HTTPS_PROXY names, wants a login (407)');
          expect(asked).toMatchObject({
            failure: { error: { code: 'model.unreachable', message }, retryAfterMs: null },
          });
        }
      },
      {
        ...(login === undefined ? {} : { login }),
        answer: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(answer),
      },
    );
  }
});

test('redirects are answers or failures, never followed, and answers without a body have none', async () => {
  for (const [status, redirect] of [
    [302, 'manual'],
    [302, 'error'],
    [204, 'manual'],
  ] as const) {
    await withNetwork(
      async (scene) => {
        const network = await networkOf(scene, { HTTPS_PROXY: `http://127.0.0.1:${scene.proxy.port}` });
        if (network === null) throw new Error('no way out');
        const asked = networkFetch(network)('https://api.test/', { redirect });
        const got = await asked.then(
          async (answer) => [answer.status, await answer.text()],
          (error: unknown) => String(error),
        );
        expect(got).toEqual(redirect === 'error' ? 'TypeError: api.test leads elsewhere' : [status, '']);
        expect(scene.received).toHaveLength(1);
      },
      { answer: (response) => response.writeHead(status, { location: 'https://elsewhere.test/' }).end() },
    );
  }
});
