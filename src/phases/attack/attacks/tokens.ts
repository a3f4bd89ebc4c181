import { accessOf, isAccountsTable } from '../../../domain/access.ts';
import { forgeTokens } from '../../../domain/forged-token.ts';
import { AUTH_PATHS, resourcePath } from '../../../domain/rest.ts';
import { each } from '../parallel.ts';
import type { Reply, Shot } from '../reply.ts';
import type { Scene } from '../scene.ts';

const QUICK_FORGERIES = 8;

/** Every route that needs an account, without one; and tokens that nobody gave out. */
export async function attackTokens(scene: Scene): Promise<void> {
  if (!scene.people) return;
  await Promise.all([withoutToken(scene), withForgedTokens(scene)]);
}

async function withoutToken(scene: Scene): Promise<void> {
  const { people, stock, schema, fire, report } = scene;
  if (!people) return;
  const { victim } = people.cast;
  await each(stock.tables, async (table) => {
    const { read, write } = accessOf(table, schema);
    const path = resourcePath(table);
    const specimen = await stock.row(table, victim);
    const body = isAccountsTable(table, schema) ? null : await stock.freshBody(table, victim);
    const shots: Shot[] = [];
    if (read !== 'everyone') {
      shots.push({ method: 'GET', path }, { method: 'GET', path: `${path}?count=true` });
      if (specimen) shots.push({ method: 'GET', path: specimen.path, where: `GET ${path}/{key}` });
    }
    if (write !== 'everyone') {
      if (body) shots.push({ method: 'POST', path, json: body }, { method: 'POST', path, json: [body] });
      // The last one first: whoever gets through must not take the row away from the others.
      const hasBody = specimen ? { json: specimen.input } : {};
      if (specimen) {
        for (const method of ['PATCH', 'PUT']) {
          shots.push({ method, path: specimen.path, ...hasBody, where: `${method} ${path}/{key}` });
        }
      }
    }
    for (const shot of shots) {
      const reply = await fire(shot);
      stock.adopt(table, reply, victim);
      expectRefusal(reply, scene);
    }
    if (specimen && write !== 'everyone' && !isAccountsTable(table, schema)) {
      const own = await stock.fresh(table, victim);
      if (own) expectRefusal(await fire({ method: 'DELETE', path: own.path, where: `DELETE ${path}/{key}` }), scene);
    }
  });
  const own: Shot[] = [
    { method: 'GET', path: AUTH_PATHS.me },
    { method: 'POST', path: AUTH_PATHS.logout },
    {
      method: 'POST',
      path: AUTH_PATHS.password,
      json: { currentPassword: 'a-password-1', newPassword: 'a-password-2' },
    },
  ];
  for (const shot of own) expectRefusal(await fire(shot), scene);
  const refused = await fire({ method: 'GET', path: AUTH_PATHS.me });
  if (refused.status === 401 && !/^Bearer/i.test(refused.headers['www-authenticate'] ?? '')) {
    report('challenge-missing', `GET ${AUTH_PATHS.me}`, 'The answer has no WWW-Authenticate: Bearer.', refused);
  }
}

/** 401; a path that does not have the method says so to everybody. */
function expectRefusal(reply: Reply, { report }: Scene): void {
  const { method, path, where = `${method} ${path.split('?')[0]}` } = reply.shot;
  if (reply.isGood) report('token-missing', where, `Without a token the answer is ${reply.status}.`, reply);
  else if (![0, 401, 404, 405, 429, 503].includes(reply.status)) {
    report('challenge-missing', where, `Without a token the answer is ${reply.status} instead of 401.`, reply);
  }
}

async function withForgedTokens({ people, stock, schema, isFull, chance, fire, report, field }: Scene): Promise<void> {
  if (!people) return;
  const { victim, attacker } = people.cast;
  const forged = forgeTokens(attacker.token, {
    subject: victim.key,
    secret: field.order.accounts?.secret,
    now: field.needs.clock.now(),
  });
  const open = stock.tables.find((table) => accessOf(table, schema).read === 'everyone');
  const closed = stock.tables.find((table) => accessOf(table, schema).read !== 'everyone');
  const always = forged.filter(
    ({ name, isExpired }) => isExpired || /^(?:alg none|a changed|another account)/.test(name),
  );
  const chosen = isFull ? forged : [...always, ...chance.sample(forged, QUICK_FORGERIES)];
  await each(chosen, async ({ name, token, isExpired }) => {
    for (const path of [AUTH_PATHS.me, ...(isFull && closed ? [resourcePath(closed)] : [])]) {
      const reply = await fire({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } });
      if (reply.isGood)
        report(
          isExpired ? 'token-expired' : 'token-forged',
          `GET ${path}, ${name}`,
          `A token with ${name} is accepted.`,
          reply,
        );
    }
  });
  const schemes = [
    'Basic YTpi',
    'Bearer',
    'Bearer ',
    'bearer x',
    `Token ${attacker.token}`,
    `Basic ${attacker.token}`,
    attacker.token,
    `Bearer ${attacker.refreshToken}`,
    `Bearer ${attacker.token} x`,
    'Bearer null',
    'Bearer undefined',
  ];
  await each(isFull ? schemes : chance.sample(schemes, 4), async (authorization) => {
    const reply = await fire({ method: 'GET', path: AUTH_PATHS.me, headers: { authorization } });
    const shown = field.ledger.redact(authorization);
    if (reply.isGood) report('token-forged', `GET ${AUTH_PATHS.me}, ${shown}`, `${shown} is accepted.`, reply);
  });
  if (!open) return;
  const path = `${resourcePath(open)}?limit=1`;
  const reply = await fire({ method: 'GET', path, headers: { authorization: 'Bearer of-nothing' } });
  if (reply.isGood)
    report(
      'token-ignored',
      `GET ${resourcePath(open)}`,
      'With a bad token the list is answered as without one.',
      reply,
    );
}
