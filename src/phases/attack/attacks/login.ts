import { AUTH_PATHS } from '../../../domain/rest.ts';
import type { Person } from '../person.ts';
import type { Reply } from '../reply.ts';
import type { Scene } from '../scene.ts';

/** So many wrong passwords for one login must be too many. */
const QUICK_GUESSES = 15;
const GUESSES = 40;

/** Signing in and registering as somebody who guesses. The last attack: it wears the patience of the backend out. */
export async function attackLogin(scene: Scene): Promise<void> {
  const { people } = scene;
  if (!people) return;
  await enumerate(scene);
  if (scene.isFull) {
    await passwordLimits(scene);
    await race(scene);
  }
  await guess(scene);
}

function signIn({ people, fire }: Scene, login: string, password: string): Promise<Reply> {
  const json = { [people?.accounts.login ?? 'login']: login, password };
  return fire({ method: 'POST', path: AUTH_PATHS.login, json });
}

/** Unknown or wrong: the same answer, after the same work. */
async function enumerate(scene: Scene): Promise<void> {
  const { people, report, isFull } = scene;
  if (!people) return;
  const { victim } = people.cast;
  const nobody = victim.login.includes('@') ? victim.login.replace(/^/, 'x') : `${victim.login.slice(0, -3)}zqx`;
  const where = `POST ${AUTH_PATHS.login}`;
  const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
  for (let round = 0; round < (isFull ? 3 : 1); round += 1) {
    const wrong = await signIn(scene, victim.login, 'Kite-not-the-password');
    const unknown = await signIn(scene, nobody, 'Kite-not-the-password');
    if (wrong.status === 429 || unknown.status === 429) return;
    times.known.push(wrong.ms);
    times.unknown.push(unknown.ms);
    if (wrong.status !== unknown.status || wrong.body !== unknown.body) {
      report(
        'enumeration',
        where,
        `A wrong password is answered ${wrong.status}, an unknown login ${unknown.status}, or in other words.`,
        unknown,
      );
      return;
    }
  }
  // Only the quickest tell how much work there was: a busy machine makes answers slower, never quicker.
  const [known, unknown] = [Math.min(...times.known), Math.min(...times.unknown)];
  const [less, more] = known < unknown ? [known, unknown] : [unknown, known];
  if (isFull && more > 20 && more > 4 * less) {
    report(
      'enumeration',
      `${where} (time)`,
      `A known login takes ${Math.round(known)} ms, an unknown one ${Math.round(unknown)} ms.`,
    );
  }
}

async function guess(scene: Scene): Promise<void> {
  const { people, report, isFull } = scene;
  if (!people) return;
  const { attacker } = people.cast;
  const count = isFull ? GUESSES : QUICK_GUESSES;
  let last: Reply | null = null;
  let looked = 0;
  for (let tried = 0; tried < count; tried += 5) {
    const replies = await Promise.all(
      Array.from({ length: 5 }, (_, at) => signIn(scene, attacker.login, `Kite-guess-${tried + at}`)),
    );
    const stopped = replies.find(({ status }) => status === 429);
    if (stopped) {
      if (!/^\d+$/.test(stopped.headers['retry-after'] ?? '')) {
        report(
          'no-throttle',
          `POST ${AUTH_PATHS.login}, Retry-After`,
          'The answer 429 does not say when to try again.',
          stopped,
        );
      }
      return;
    }
    last = replies[0] ?? null;
    looked += replies.filter(({ status }) => status === 401).length;
  }
  // What got no answer was not looked at: a machine under load is not a hole.
  if (looked < count) return;
  report('no-throttle', `POST ${AUTH_PATHS.login}`, `${count} wrong passwords for one login were all looked at.`, last);
}

/** What comes after 72 bytes counts, and an é is an é. */
async function passwordLimits(scene: Scene): Promise<void> {
  const { people, report, field } = scene;
  if (!people) return;
  const long = `${people.newPassword()}${'k'.repeat(80)}`;
  field.ledger.keepSecret(long, 'password, long');
  const guest = await people.register('a guest with a long password', long);
  if (!guest) return;
  const where = `POST ${AUTH_PATHS.login}`;
  for (const cut of [long.slice(0, 72), long.slice(0, -1), long.toLowerCase()]) {
    const reply = await signIn(scene, guest.login, cut);
    if (reply.isGood) report('password-cut', where, 'A part of the password is enough.', reply);
  }
  await unicode(scene);
}

async function unicode(scene: Scene): Promise<void> {
  const { people, report, field } = scene;
  if (!people) return;
  const word = people.newPassword();
  const [composed, apart] = [`${word}-caf\u00e9`, `${word}-cafe\u0301`];
  field.ledger.keepSecret(apart, 'password, apart');
  const guest: Person | null = await people.register('a guest with accents', composed);
  if (!guest) return;
  const reply = await signIn(scene, guest.login, apart);
  if (reply.status === 401) {
    report(
      'password-cut',
      `POST ${AUTH_PATHS.login} (Unicode)`,
      'The same password typed on another machine is wrong.',
      reply,
    );
  }
}

/** What looks the same to whoever reads it: letters of full width, and one that nobody sees. */
function disguises(login: string): readonly string[] {
  const wide = String.fromCharCode((login.toLowerCase().charCodeAt(0) || 0x61) + 0xfee0);
  return [`${wide}${login.slice(1)}`, `${login.slice(0, 1)}\u200b${login.slice(1)}`];
}

/** One login, registered by two at the same moment and in two spellings. */
async function race({ people, fire, report }: Scene): Promise<void> {
  if (!people) return;
  const { login } = people.accounts;
  const password = people.newPassword();
  const body = people.body(password);
  const name = String(body[login]);
  const spellings = name.includes('@') ? [name, name.toUpperCase(), ` ${name}`, ...disguises(name)] : [name, name];
  const replies = await Promise.all(
    spellings.map((spelling) =>
      fire({ method: 'POST', path: AUTH_PATHS.register, json: { ...body, [login]: spelling } }),
    ),
  );
  const made = replies.flatMap((reply) =>
    reply.status === 201 ? (people.adopt('a guest in a race', reply, password) ?? []) : [],
  );
  if (made.length < 2) return;
  report('register-race', `POST ${AUTH_PATHS.register}`, `${made.length} accounts were made for ${name}.`, replies[1]);
}
