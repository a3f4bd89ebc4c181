import { accessOf } from '../../../domain/access.ts';
import { AUTH_PATHS, resourcePath } from '../../../domain/rest.ts';
import type { Person } from '../person.ts';
import type { Reply } from '../reply.ts';
import type { Scene } from '../scene.ts';

/** Tokens whose session is over: logged out, used up, password changed. Runs with people of its own. */
export async function attackSessions(scene: Scene): Promise<void> {
  const { people, report } = scene;
  if (!people) return;
  const guest = await people.register('a guest who signs out');
  if (!guest) return;
  const refreshed = await reuseRefresh(guest, scene);
  if (refreshed && (await people.signIn(guest))) await changePassword(guest, scene);
  await signOut(guest, scene);
  await refreshAtOnce(guest, scene);
  await deleteAccount(guest, scene);
  if (!refreshed) report('not-attacked', `POST ${AUTH_PATHS.refresh}`, 'A refresh token gave no new pair.');
}

function me({ fire }: Scene, token: string): Promise<Reply> {
  return fire({ method: 'GET', path: AUTH_PATHS.me, headers: { authorization: `Bearer ${token}` } });
}

function refresh({ fire }: Scene, refreshToken: string): Promise<Reply> {
  return fire({ method: 'POST', path: AUTH_PATHS.refresh, json: { refreshToken } });
}

/** The tokens of an answer, which no report may show; null when it has none. */
function tokensOf(reply: Reply, { field }: Scene): { accessToken: string; refreshToken: string } | null {
  const { accessToken, refreshToken } = reply.row() ?? {};
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return null;
  field.ledger.keepSecret(accessToken, 'token of a guest');
  field.ledger.keepSecret(refreshToken, 'refresh token of a guest');
  return { accessToken, refreshToken };
}

/** An old refresh token is refused, and whoever has the new one is signed out too: one of the two stole it. */
async function reuseRefresh(guest: Person, scene: Scene): Promise<boolean> {
  const { report } = scene;
  const first = await refresh(scene, guest.refreshToken);
  const pair = tokensOf(first, scene);
  if (!pair) return false;
  const { accessToken, refreshToken } = pair;
  const where = `POST ${AUTH_PATHS.refresh}`;
  const again = await refresh(scene, guest.refreshToken);
  if (again.isGood) report('refresh-reusable', where, 'A used refresh token gives another pair.', again);
  const wrong = await refresh(scene, accessToken);
  if (wrong.isGood) report('token-forged', where, 'An access token is taken for a refresh token.', wrong);
  const later = await refresh(scene, refreshToken);
  if (!again.isGood && later.isGood && !scene.isFull) return true;
  if (!again.isGood && later.isGood) {
    report('refresh-reusable', `${where} (theft)`, 'After an old one was used the session goes on.', later);
  }
  return true;
}

async function signOut(guest: Person, scene: Scene): Promise<void> {
  const { people, fire, report } = scene;
  if (!people || !(await people.signIn(guest))) return;
  const gone = { token: guest.token, refreshToken: guest.refreshToken };
  const reply = await fire({ method: 'POST', path: AUTH_PATHS.logout, as: guest });
  if (!reply.isGood)
    report('session-alive', `POST ${AUTH_PATHS.logout}`, `Signing out is answered with ${reply.status}.`, reply);
  const still = await me(scene, gone.token);
  if (still.isGood) report('session-alive', `GET ${AUTH_PATHS.me}`, 'The access token works after signing out.', still);
  const renewed = await refresh(scene, gone.refreshToken);
  if (renewed.isGood)
    report('session-alive', `POST ${AUTH_PATHS.refresh}`, 'The refresh token works after signing out.', renewed);
}

/** Several at once, as two windows send them: one of them gets the next pair. */
async function refreshAtOnce(guest: Person, scene: Scene): Promise<void> {
  const { people, report } = scene;
  if (!people || !(await people.signIn(guest))) return;
  const replies = await Promise.all(Array.from({ length: 3 }, () => refresh(scene, guest.refreshToken)));
  const pairs = replies.filter((reply) => tokensOf(reply, scene) !== null);
  const where = `POST ${AUTH_PATHS.refresh} (at once)`;
  if (pairs.length > 1) report('refresh-reusable', where, `One refresh token gave ${pairs.length} pairs.`, pairs[1]);
}

/** Whose account is gone has no session any more, whatever tokens there are. */
async function deleteAccount(guest: Person, scene: Scene): Promise<void> {
  const { people, stock, schema, fire, report } = scene;
  if (!people || !(await people.signIn(guest))) return;
  const reply = await fire({ method: 'DELETE', path: people.pathOf(guest), as: guest });
  if (!reply.isGood) return;
  people.forget(guest);
  const closed = stock.tables.find((table) => accessOf(table, schema).read === 'owner');
  const paths = [AUTH_PATHS.me, ...(closed ? [`${resourcePath(closed)}?limit=1`] : [])];
  const answers = await Promise.all(paths.map((path) => fire({ method: 'GET', path, as: guest })));
  answers.push(await refresh(scene, guest.refreshToken));
  const json = { [people.accounts.login]: guest.login, password: guest.password };
  answers.push(await fire({ method: 'POST', path: AUTH_PATHS.login, json }));
  for (const answer of answers.filter(({ isGood }) => isGood)) {
    const where = `${answer.shot.method} ${answer.shot.path.split('?')[0]} without an account`;
    report('session-alive', where, 'The account is gone, and its tokens go on.', answer);
  }
}

async function changePassword(guest: Person, scene: Scene): Promise<void> {
  const { people, fire, report } = scene;
  if (!people || !scene.isFull) return;
  const other = { token: guest.token, refreshToken: guest.refreshToken };
  if (!(await people.signIn(guest))) return;
  const newPassword = people.newPassword();
  const path = AUTH_PATHS.password;
  const wrong = await fire({
    method: 'POST',
    path,
    as: guest,
    json: { currentPassword: `${guest.password}x`, newPassword },
  });
  if (wrong.isGood) report('session-alive', `POST ${path}`, 'The password is changed without the current one.', wrong);
  const json = { currentPassword: guest.password, newPassword };
  const oldLogin = { [people.accounts.login]: guest.login, password: guest.password };
  const signIn = () => fire({ method: 'POST', path: AUTH_PATHS.login, json: oldLogin });
  // Whoever has the old password signs in at this very moment.
  const [reply, ...meanwhile] = await Promise.all([
    fire({ method: 'POST', path, as: guest, json }),
    signIn(),
    signIn(),
  ]);
  if (!reply.isGood) return;
  guest.password = newPassword;
  const still = await me(scene, other.token);
  if (still.isGood)
    report('session-alive', `GET ${AUTH_PATHS.me} after a new password`, 'Other sessions go on.', still);
  for (const token of meanwhile.flatMap((other) => tokensOf(other, scene)?.accessToken ?? [])) {
    const late = await me(scene, token);
    const where = `GET ${AUTH_PATHS.me} after a new password`;
    if (late.isGood) report('session-alive', where, 'A session of the old password goes on.', late);
  }
  const old = await signIn();
  if (old.isGood) report('session-alive', `POST ${AUTH_PATHS.login}`, 'The old password still works.', old);
}
