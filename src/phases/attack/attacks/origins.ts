import { isAccountsTable } from '../../../domain/access.ts';
import { resourcePath } from '../../../domain/rest.ts';
import type { Table } from '../../../domain/schema.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';

const ORIGINS = [
  'https://attacker.example',
  'null',
  'http://localhost.attacker.example',
  'file://',
  'https://127.0.0.1.attacker.example',
];
const OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override'];
const METHODS = ['PROPFIND', 'SEARCH', 'PURGE', 'LINK', 'MKCOL', 'MOVE', 'OPTIONS'];

/** Pages of other origins, hosts of others, and methods in disguise. */
export async function attackOrigins(scene: Scene): Promise<void> {
  const { stock, people, isFull, chance } = scene;
  const tables = isFull ? stock.tables : chance.sample(stock.tables, 2);
  await each(tables, async (table) => {
    const path = resourcePath(table);
    const as = people?.cast.attacker ?? null;
    await Promise.all([origins(path, as, scene), methods(path, as, scene), hosts(table, scene)]);
    await overrides(table, scene);
  });
}

type As = ReturnType<Scene['stock']['maker']>;

async function origins(path: string, as: As, { isFull, fire, report }: Scene): Promise<void> {
  await each(isFull ? ORIGINS : ORIGINS.slice(0, 2), async (origin) => {
    const asked = { 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization' };
    const replies = await Promise.all([
      fire({ method: 'GET', path, as, headers: { origin } }),
      fire({ method: 'OPTIONS', path, headers: { origin, ...asked } }),
    ]);
    for (const reply of replies) {
      const allowed = reply.headers['access-control-allow-origin'];
      if (allowed !== origin && allowed !== '*') continue;
      report('cors-open', `${reply.shot.method} ${path}`, `Pages of ${origin} may read the answer.`, reply);
    }
  });
}

async function methods(path: string, as: As, { isFull, chance, fire, report }: Scene): Promise<void> {
  for (const method of isFull ? METHODS : chance.sample(METHODS, 2)) {
    const reply = await fire({ method, path, as });
    if (!reply.isGood || method === 'OPTIONS') continue;
    report('method-confused', `${method} ${path}`, `${method} is answered with ${reply.status}.`, reply);
  }
}

async function hosts(table: Table, { stock, people, schema, fire, report }: Scene): Promise<void> {
  const attacker = people?.cast.attacker ?? null;
  const as = stock.maker(table, attacker);
  const path = resourcePath(table);
  const headers = { host: 'attacker.example', 'x-forwarded-host': 'attacker.example', 'x-forwarded-proto': 'gopher' };
  const json = isAccountsTable(table, schema) ? null : await stock.freshBody(table, attacker);
  const replies = [await fire({ method: 'GET', path: `${path}?limit=1`, as, headers })];
  if (json) replies.push(await fire({ method: 'POST', path, as, headers, json }));
  for (const reply of replies) {
    stock.adopt(table, reply, as);
    const { location, link } = reply.headers;
    if (![location, link, reply.body].some((text) => text?.includes('attacker.example'))) continue;
    report('host-obeyed', `${reply.shot.method} ${path}`, 'The answer holds the Host header of the request.', reply);
  }
}

/** A POST that says it is a DELETE. */
async function overrides(table: Table, { stock, people, fire, report }: Scene): Promise<void> {
  const specimen = await stock.row(table, people?.cast.attacker ?? null);
  if (!specimen) return;
  const as = stock.maker(table, specimen.owner);
  for (const header of OVERRIDES) {
    const reply = await fire({ method: 'POST', path: specimen.path, as, headers: { [header]: 'DELETE' }, json: {} });
    if (reply.isGood) report('method-confused', `POST ${resourcePath(table)}/{key}`, `${header} was obeyed.`, reply);
  }
}
