import { randomInt } from 'node:crypto';

let last = randomInt(100_000_000, 900_000_000);

/** A number that no other row is made of. */
function next() {
  last += 1;
  return last;
}

/** For each table its address, the parts of its key, a key that no row has, and a body that makes a row. */
export const tables = {
  users: {
    path: '/users',
    key: ['id'],
    missing: ['no-such-row'],
    touched: ['updated_at'],
    body: () => ({
      email: `ada.${next()}@example.com`,
      name: 'Sample name 7001',
      password: 'correct-horse-battery-7001',
    }),
  },
  posts: {
    path: '/posts',
    key: ['id'],
    missing: ['no-such-row'],
    touched: ['updated_at'],
    body: async (client) => ({
      author_id: (await client.parent('users')).id,
      title: 'First steps, part 7001',
      slug: `first-steps-${next()}`,
      body: 'A few words worth keeping, no. 7001',
      status: 'published',
      views: 7002,
    }),
  },
  tags: {
    path: '/tags',
    key: ['id'],
    missing: ['no-such-row'],
    body: () => ({ name: `Sample name ${next()}` }),
  },
  post_tags: {
    path: '/post-tags',
    key: ['post_id', 'tag_id'],
    missing: ['no-such-row', 'no-such-row'],
    body: async (client) => ({
      post_id: (await client.parent('posts')).id,
      tag_id: (await client.make('tags')).id,
    }),
  },
};
