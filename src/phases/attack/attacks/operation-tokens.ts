import { contractKeyHash } from '../../../domain/contract-key.ts';
import { forgeTokens } from '../../../domain/forged-token.ts';
import { type Caller, credentials, shotAt, subjectOf } from '../contract/callers.ts';
import type { Trials } from '../contract/trials.ts';
import type { TargetOperation } from '../order.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';

/** Of each operation, in a quick run. */
const QUICK_TOKENS = 5;

/** Operations behind a login or a key, with all that somebody sends who may, but for a token that is good. */
export async function forgeEntry(scene: Scene): Promise<void> {
  const { trials } = scene;
  if (!trials) return;
  const closed = trials.operations.filter(({ trial }) => trial.guard === 'account' || trial.guard === 'key');
  const ended = await endedTokens(trials);
  const lesser = await lesserKeys(trials, scene);
  await each(closed, async (operation) => {
    const { victim } = trials.cast;
    const address = await trials.ready(operation, victim);
    if (address === null)
      return scene.field.ledger.leave(
        `${operation.trial.method} ${operation.trial.path}`,
        'no operation shows how a row of it is found',
      );
    const body = operation.trial.body === undefined ? undefined : (await trials.body(operation, victim)).body;
    const bad = operation.trial.guard === 'key' ? badKeys(trials, scene) : badTokens(trials, scene);
    const always = bad.filter(({ name, kind }) => kind === 'token-expired' || name.includes(' a changed '));
    const chosen = scene.isFull ? bad : [...always, ...scene.chance.sample(bad, QUICK_TOKENS)];
    for (const { name, token, kind } of [...chosen, ...ended]) {
      const where = `${operation.trial.method} ${operation.trial.path}, ${name}`;
      const reply = await scene.fire(shotAt(operation, address, { token, body, where }));
      if (!reply.isGood) continue;
      scene.report(kind, where, `${name} is accepted.`, reply);
      break;
    }
    await withoutScope(operation, address, { body, lesser, trials }, scene);
    await elsewhere(operation, address, body, trials, scene);
    const open = await scene.fire(shotAt(operation, address, { token: null, body }));
    const where = `${operation.trial.method} ${operation.trial.path}`;
    if (open.isGood) scene.report('token-missing', where, `Without signing in the answer is ${open.status}.`, open);
  });
}

interface BadToken {
  readonly name: string;
  readonly token: string;
  readonly kind: 'token-forged' | 'token-expired' | 'session-alive';
}

function badTokens(trials: Trials, { field }: Scene): readonly BadToken[] {
  const { victim, attacker } = trials.cast;
  const forged = forgeTokens(attacker.token ?? '', {
    subject: subjectOf(victim) ?? 1,
    secret: field.order.accounts?.secret,
    now: field.needs.clock.now(),
  });
  return forged.map(({ name, token, isExpired }) => ({
    name: `a token with ${name}`,
    token,
    kind: isExpired ? 'token-expired' : 'token-forged',
  }));
}

/** What somebody has who knows half of a key, or what the database keeps of it. */
function badKeys(trials: Trials, scene: Scene): readonly BadToken[] {
  const key = trials.cast.victim.token ?? '';
  const texts = {
    'a made-up key': scene.chance.word(43),
    'half a key': key.slice(0, 21),
    'a longer key': `${key}A`,
    'a changed key': `${key.startsWith('A') ? 'B' : 'A'}${key.slice(1)}`,
    'the hash of a key': contractKeyHash(key),
    'SQL for a key': "' or '1'='1",
    'a pattern for a key': '%',
  };
  const letters = key.toLowerCase() === key ? key.toUpperCase() : key.toLowerCase();
  const all = { ...texts, 'a key in other letters': letters };
  return Object.entries(all).map(([name, token]) => ({ name, token, kind: 'token-forged' }));
}

/** Tokens of sessions that are over. */
async function endedTokens(trials: Trials): Promise<readonly BadToken[]> {
  const logout = trials.operations.find(({ trial }) => trial.kind === 'logout');
  const leaver = logout && (await trials.signUp('somebody who left'));
  if (!logout || typeof leaver !== 'object' || leaver.token === null) return [];
  const { status } = await trials.ask(logout, logout.trial.path, leaver);
  if (status >= 300) return [];
  return [{ name: 'a token of an ended session', token: leaver.token, kind: 'session-alive' }];
}

interface LesserKeys {
  readonly expired: string | null;
  readonly scopeless: string | null;
}

async function lesserKeys(trials: Trials, { field }: Scene): Promise<LesserKeys> {
  const make = field.order.trial?.makeKey;
  if (!make || !trials.operations.some(({ trial }) => trial.guard === 'key')) return { expired: null, scopeless: null };
  const scopes = [...new Set(trials.operations.flatMap(({ trial }) => trial.scopes ?? []))];
  const [expired, scopeless] = await Promise.all([make(scopes, -1), make([], 1)]);
  for (const key of [expired, scopeless]) field.ledger.keepSecret(key, 'token of a lesser key');
  return { expired, scopeless };
}

async function withoutScope(
  operation: TargetOperation,
  address: string,
  { body, lesser, trials }: { readonly body: unknown; readonly lesser: LesserKeys; readonly trials: Trials },
  { fire, report }: Scene,
): Promise<void> {
  const { trial } = operation;
  const where = `${trial.method} ${trial.path}`;
  if (trial.guard !== 'key') {
    if ((trial.scopes ?? []).length === 0) return;
    const reply = await fire(shotAt(operation, address, { token: trials.cast.attacker.token, body }));
    if (reply.isGood) report('scope-ignored', where, 'An account without the scope is accepted.', reply);
    return;
  }
  if (lesser.expired !== null) {
    const reply = await fire(shotAt(operation, address, { token: lesser.expired, body }));
    if (reply.isGood) report('token-expired', `${where}, a key that is over`, 'A key that is over is accepted.', reply);
  }
  if (lesser.scopeless === null || (trial.scopes ?? []).length === 0) return;
  const reply = await fire(shotAt(operation, address, { token: lesser.scopeless, body }));
  if (reply.isGood) report('scope-ignored', where, 'A key without the scope is accepted.', reply);
}

/** A token counts where the document says it stands, and nowhere else. */
async function elsewhere(
  operation: TargetOperation,
  address: string,
  body: unknown,
  { cast }: Trials,
  { fire, report }: Scene,
): Promise<void> {
  const { token }: Caller = cast.victim;
  if (token === null) return;
  const own = JSON.stringify(credentials(operation.trial, token));
  const query = new URLSearchParams({ access_token: token, token, api_key: token }).toString();
  const cookie = { cookie: `token=${token}; access_token=${token}; session=${token}` };
  if (own.includes('cookie') || own.includes('access_token') || own.includes('api_key')) return;
  const asked = shotAt(operation, address, { token: null, body, headers: cookie });
  const search = [operation.trial.query ?? '', query].filter((part) => part !== '').join('&');
  for (const shot of [asked, shotAt(operation, address, { token: null, body, query: search })]) {
    const reply = await fire(shot);
    const where = `${operation.trial.method} ${operation.trial.path}, a token elsewhere`;
    if (reply.isGood) report('token-forged', where, 'A token in a cookie or an address is accepted.', reply);
  }
}
