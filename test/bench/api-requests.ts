/** The requests of `bench:api`: the same in each run and for each server. */

import { BODY, idOf, POSTS, USERS } from './api-database.ts';
import { requestText } from './api-load.ts';

export const KINDS = ['get', 'list', 'filtered', 'create', 'mixed'] as const;
export type Kind = (typeof KINDS)[number];

/** How a server wants to be asked. */
export interface Manner {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether posts say who wrote them; otherwise it is known from the token. */
  readonly namesAuthor: boolean;
}

export const OPEN: Manner = { headers: {}, namesAuthor: true };

function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

let created = 0;

function newPost(author: string | null): object {
  created += 1;
  const slug = `created-${process.pid}-${created}`;
  return { ...(author && { author_id: author }), title: `Post ${created}`, slug, body: BODY, status: 'draft' };
}

/** Makes one request of a kind after the other. */
export function requestsOf(kind: Kind, { headers, namesAuthor }: Manner): () => string {
  const random = pseudoRandom(1);
  const some = (count: number) => Math.floor(random() * count);
  const get = () => requestText('GET', `/posts/${idOf('post', some(POSTS))}`, { headers });
  const list = () => requestText('GET', '/posts?limit=20', { headers });
  const filtered = () => requestText('GET', '/posts?status=published&limit=20', { headers });
  const create = () => {
    const body = newPost(namesAuthor ? idOf('user', some(USERS)) : null);
    return requestText('POST', '/posts', { body, headers });
  };
  const mixed = () => {
    const share = random();
    if (share < 0.6) return get();
    if (share < 0.8) return list();
    return share < 0.9 ? filtered() : create();
  };
  return { get, list, filtered, create, mixed }[kind];
}

/** Makes an account on a server, hands all posts to it, and tells how to ask in its name. */
export async function signUp(
  port: number,
  admin: (sql: string, values?: unknown[]) => Promise<unknown>,
): Promise<Manner> {
  const answer = await fetch(`http://127.0.0.1:${port}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `bench-${port}@example.com`, name: 'Bench', password: 'correct horse battery' }),
  });
  const body: unknown = await answer.json();
  if (typeof body !== 'object' || body === null || !('accessToken' in body) || !('account' in body)) {
    throw new Error(`No account was made: ${answer.status} ${JSON.stringify(body)}`);
  }
  const { account } = body;
  const id = typeof account === 'object' && account !== null && 'id' in account ? account.id : null;
  await admin('update app.posts set author_id = $1', [id]);
  await admin('vacuum full analyze app.posts');
  return { headers: { authorization: `Bearer ${String(body.accessToken)}` }, namesAuthor: false };
}
