import { forgeTokens } from '../../../domain/forged-token.ts';
import type { TargetOperation } from '../order.ts';
import { each } from '../parallel.ts';
import { BREAKERS, PAIRS } from '../payloads.ts';
import type { Shot } from '../reply.ts';
import type { Scene } from '../scene.ts';
import { BODIES, HEAVY, JSON_IN, MEGABYTE } from './bodies.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Of each place, in a quick run. */
const QUICK_TEXTS = 4;
const HARMLESS = '1';

/** The operations of a contract, as somebody without an account: tokens, methods, parameters and bodies. */
export async function attackOperations(scene: Scene): Promise<void> {
  await each(scene.field.order.operations ?? [], async (operation) => {
    await confuseMethods(operation, scene);
    // Whoever has no account comes no further than this.
    if (operation.needsAccount) return withoutAccount(operation, scene);
    await injectParameters(operation, scene);
    if (operation.takesBody) await sendBodies(operation, scene);
  });
}

function addressOf({ path }: Pick<TargetOperation, 'path'>, text = HARMLESS): string {
  return path.replaceAll(/\{[^}]*\}/g, () => encodeURIComponent(text));
}

/** No token, and tokens that nobody gave out. */
async function withoutAccount(operation: TargetOperation, scene: Scene): Promise<void> {
  const { fire, report, field, isFull, chance } = scene;
  const { method, path } = operation;
  const where = `${method} ${path}`;
  const shot: Shot = { method, path: addressOf(operation), where, ...(operation.takesBody ? { json: {} } : {}) };
  const refused = await fire(shot);
  if (refused.isGood) report('token-missing', where, `Without a token the answer is ${refused.status}.`, refused);
  else if (![0, 401, 429, 503].includes(refused.status)) {
    const evidence = `Without a token the answer is ${refused.status} instead of 401.`;
    report('challenge-missing', where, evidence, refused);
  }
  const now = field.needs.clock.now();
  const forged = forgeTokens(madeUpToken(now), { subject: 1, secret: field.order.accounts?.secret, now });
  await each(isFull ? forged : chance.sample(forged, QUICK_TEXTS), async ({ name, token, isExpired }) => {
    const reply = await fire({ ...shot, headers: { authorization: `Bearer ${token}` } });
    const kind = isExpired ? 'token-expired' : 'token-forged';
    if (reply.isGood) report(kind, `${where}, ${name}`, `A token with ${name} is accepted.`, reply);
  });
}

function madeUpToken(now: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { sub: '1', sid: 'of-nobody', iat: now, exp: now + 600 };
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.${'A'.repeat(43)}`;
}

/** Methods that the document does not describe, also by the headers that some servers obey. */
async function confuseMethods({ path }: TargetOperation, { fire, report, field }: Scene): Promise<void> {
  const own = (field.order.operations ?? []).filter((other) => other.path === path).map(({ method }) => method);
  await each(
    METHODS.filter((method) => !own.includes(method)),
    async (method) => {
      const reply = await fire({ method, path: addressOf({ path }), where: `${method} ${path}` });
      if (reply.isGood) report('method-confused', `${method} ${path}`, `The answer is ${reply.status}.`, reply);
    },
  );
}

/** SQL in every parameter of path and query: whatever is answered, it is no error of the server. */
async function injectParameters(operation: TargetOperation, { fire, isFull, chance }: Scene): Promise<void> {
  const { method, path, query } = operation;
  const texts = [...BREAKERS, ...PAIRS.flat(), '\0', '9'.repeat(40), 'a'.repeat(3000)];
  const inPath = path.includes('{') ? [null] : [];
  await each([...inPath, ...query], async (name) => {
    const where = `${method} ${path}${name === null ? '' : ` ?${name}`}`;
    await each(isFull ? texts : chance.sample(texts, QUICK_TEXTS), async (text) => {
      const sent = HARMLESS + text;
      const address =
        name === null ? addressOf(operation, sent) : `${addressOf(operation)}?${new URLSearchParams({ [name]: sent })}`;
      const body = operation.takesBody ? { json: {} } : {};
      await fire({ method, path: address, payload: sent, where, ...body });
    });
  });
}

/** Bodies that are none, and far too large ones. */
async function sendBodies(operation: TargetOperation, { fire, report, isFull }: Scene): Promise<void> {
  const { method, path } = operation;
  const where = `${method} ${path}`;
  const shot = { method, path: addressOf(operation), where };
  await each(isFull ? BODIES : BODIES.filter(({ isQuick }) => isQuick), async ({ name, text, headers = JSON_IN }) => {
    const reply = await fire({ ...shot, text, headers });
    if (reply.isGood) report('body-confused', where, `A body that is ${name} was accepted.`, reply);
  });
  await each(isFull ? HEAVY : HEAVY.filter(({ isQuick }) => isQuick), ({ text }) =>
    fire({ ...shot, text, headers: JSON_IN }),
  );
  const reply = await fire({ ...shot, text: JSON.stringify({ large: 'x'.repeat(2 * MEGABYTE) }), headers: JSON_IN });
  if (reply.status === 413 || reply.status === 404 || reply.status === 0) return;
  const evidence = `A body of 2 MB was read to its end and answered with ${reply.status}.`;
  report('body-unbounded', where, evidence, reply);
}
