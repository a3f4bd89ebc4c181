import { beforeAll, expect, test } from 'vitest';
import { planner } from '../../../../src/adapters/model/planner/planner.ts';
import type { Schema } from '../../../../src/domain/schema.ts';
import type { Model } from '../../../../src/ports/model.ts';
import { shippedLexicon } from '../../../support/planner.ts';

let model: Model;
beforeAll(async () => {
  model = planner({ lexicon: await shippedLexicon() });
});

/** `users by email as user|admin`, then `table readers/writers owner +shared with`, as a person would label them. */
function accessOutline(schema: Schema): string[] {
  const { accounts, tables, enums } = schema;
  if (!accounts) return ['nobody signs in'];
  const people = tables.find(({ name }) => name === accounts.table);
  const role = people?.columns.find(({ name }) => name === accounts.role);
  const roles = enums.find(({ name }) => name === role?.type)?.values ?? [];
  const others = tables.flatMap(({ name, columns, access }) => {
    if (!access) return [];
    const own = columns.find(({ default: made }) => made && 'generate' in made && made.generate === 'owner')?.name;
    const owner = own ?? access.through;
    const shared = access.sharedWith.length > 0 ? ` +${access.sharedWith.join()}` : '';
    return [`${name} ${access.read}/${access.write}${owner ? ` ${owner}` : ''}${shared}`];
  });
  return [`${accounts.table} by ${accounts.login}${role ? ` as ${roles.join('|')}` : ''}`, ...others];
}

const labelled: [string, string[]][] = [
  [
    'blog with user login, posts and comments',
    ['users by email', 'posts everyone/owner author_id', 'comments everyone/owner author_id'],
  ],
  [
    'recipe sharing site where users sign up; everyone can read recipes, users rate them',
    [
      'users by email',
      'recipes everyone/owner author_id',
      'ingredients everyone/accounts',
      'recipe_ingredients everyone/owner recipe_id',
      'steps everyone/owner recipe_id',
      'ratings everyone/owner user_id',
    ],
  ],
  [
    'private notes app with login and tags',
    ['users by email', 'tags owner/owner user_id', 'notes owner/owner user_id', 'tag_notes owner/owner note_id'],
  ],
  ['todo list where each user only sees their own tasks', ['users by email', 'tasks owner/owner user_id +assignee_id']],
  [
    'online shop with customer accounts, products, orders and reviews; admins manage products',
    [
      'customers by email as customer|admin',
      'products everyone/admins',
      'orders owner/owner customer_id',
      'reviews everyone/owner customer_id',
      'order_items owner/owner order_id',
    ],
  ],
  [
    'library: members log in and borrow books, librarians are employees',
    [
      'members by email as member|admin',
      'books everyone/admins',
      'copies everyone/admins',
      'loans owner/owner member_id',
    ],
  ],
  [
    'job board: companies post jobs, candidates sign up and apply',
    [
      'candidates by email as candidate|admin',
      'jobs everyone/admins',
      'companies everyone/admins',
      'applications owner/owner candidate_id',
    ],
  ],
  [
    'habit tracker with accounts, habits and daily check-ins',
    ['users by email', 'habits owner/owner user_id', 'check_ins owner/owner habit_id'],
  ],
  [
    'expense tracker, log in required, expenses with categories and budgets',
    [
      'users by email',
      'categories owner/owner user_id',
      'budgets owner/owner user_id',
      'expenses owner/owner payer_id',
      'transactions owner/owner user_id',
    ],
  ],
  [
    'forum with boards, threads and posts, moderators can delete posts',
    [
      'users by email as member|moderator|admin',
      'boards everyone/admins',
      'threads everyone/owner author_id',
      'posts everyone/owner author_id',
    ],
  ],
  [
    'photo sharing app with albums, photos, likes and follows, users log in',
    [
      'users by email',
      'photo_albums everyone/owner owner_id',
      'photos everyone/owner author_id',
      'likes everyone/owner user_id',
      'follows everyone/owner follower_id',
    ],
  ],
  [
    'booking system for a hair salon: customers register and book appointments with stylists',
    ['customers by email as customer|admin', 'appointments owner/owner customer_id', 'stylists everyone/admins'],
  ],
  [
    'CRM with user login, companies, contacts and deals',
    ['users by email', 'companies owner/owner owner_id', 'contacts owner/owner owner_id', 'deals owner/owner owner_id'],
  ],
  [
    'helpdesk: customers log in and open tickets, agents answer them',
    [
      'customers by email as customer|admin',
      'tickets owner/owner customer_id',
      'agents owner/admins customer_id',
      'replies owner/owner ticket_id',
    ],
  ],
  [
    'course platform, students log in and enroll in courses taught by instructors',
    [
      'students by email as student|admin',
      'courses everyone/admins',
      'instructors everyone/admins',
      'enrollments owner/owner student_id',
    ],
  ],
  [
    'bird watching log; users sign up and record sightings of species',
    ['users by email', 'sightings everyone/owner observer_id'],
  ],
  [
    'music service with login: artists, albums, tracks, playlists',
    [
      'users by email as user|admin',
      'artists everyone/admins',
      'albums everyone/admins',
      'tracks everyone/admins',
      'playlists everyone/owner owner_id',
      'playlist_tracks everyone/owner playlist_id',
    ],
  ],
  [
    'inventory for our warehouse staff with login: items, locations, stock movements',
    [
      'staff by email',
      'items accounts/accounts',
      'locations accounts/accounts',
      'stock_movements accounts/owner staff_id',
      'stocks accounts/accounts',
    ],
  ],
  [
    'movie reviews with login, each user has a watchlist',
    [
      'users by email as user|admin',
      'reviews everyone/owner user_id',
      'watchlists owner/owner user_id',
      'movies everyone/admins',
    ],
  ],
  [
    'classified ads site, users sign in and sell things, buyers send messages',
    ['users by email', 'messages owner/owner sender_id +recipient_id', 'classified_ads everyone/owner seller_id'],
  ],
  [
    'question and answer site with user accounts and votes',
    [
      'users by email',
      'votes everyone/owner user_id',
      'answers everyone/owner author_id',
      'questions everyone/owner author_id',
    ],
  ],
  [
    'fitness tracker with user accounts: workouts, exercises, sets',
    [
      'users by email',
      'workouts owner/owner user_id',
      'exercises accounts/owner owner_id',
      'sets owner/owner workout_id',
    ],
  ],
  [
    'team calendar with login: events and attendees',
    [
      'users by email',
      'events everyone/owner organizer_id',
      'attendees owner/owner user_id',
      'rsvps everyone/owner user_id',
    ],
  ],
  [
    'clinic where doctors log in: patients, appointments, prescriptions',
    [
      'doctors by email',
      'patients accounts/accounts',
      'appointments accounts/accounts',
      'prescriptions accounts/accounts',
      'medications accounts/accounts',
    ],
  ],
  [
    'food delivery: customers log in and order dishes from restaurants',
    [
      'customers by email as customer|admin',
      'order_dishes owner/owner order_id',
      'restaurants everyone/admins',
      'orders owner/owner customer_id',
      'dishes everyone/admins',
      'order_items owner/owner order_id',
    ],
  ],
  [
    'User(email, password, is_admin: boolean), Article(title, body, author: User), Bookmark(user: User, article: Article)',
    ['users by email', 'articles owner/owner author_id', 'bookmarks owner/owner user_id'],
  ],
  [
    'podcast app: listeners log in, subscribe to shows and save their position',
    [
      'listeners by email as listener|admin',
      'podcasts everyone/admins',
      'episodes everyone/admins',
      'hosts everyone/admins',
      'subscriptions owner/owner listener_id',
      'playback_positions owner/owner listener_id',
      'host_podcasts everyone/admins',
    ],
  ],
  [
    'pet sitting: owners log in, add their pets and book walks',
    ['owners by email', 'pets owner/owner owner_id', 'walks owner/owner pet_id'],
  ],
  [
    'flashcards with login, decks can be public',
    ['users by email', 'flashcards owner/owner deck_id', 'decks owner/owner owner_id'],
  ],
  [
    'invoicing for freelancers with login: clients, invoices, lines',
    [
      'freelancers by email',
      'clients owner/owner freelancer_id',
      'invoices owner/owner client_id',
      'invoice_lines owner/owner invoice_id',
    ],
  ],
  [
    'blog with login where only administrators publish posts, and users comment',
    [
      'users by email as user|admin',
      'posts everyone/admins',
      'comments everyone/owner author_id',
      'tags everyone/accounts',
      'tag_posts everyone/admins',
    ],
  ],
  [
    'social network with users, private posts and comments',
    ['users by email', 'posts owner/owner author_id', 'comments owner/owner post_id +author_id'],
  ],
  [
    'only logged in members can see the events of our club; admins create events',
    ['members by email as member|admin', 'events accounts/admins'],
  ],
  [
    'Users sign up. Users can only edit their own articles. Everyone can read articles.',
    ['users by email', 'articles everyone/owner user_id'],
  ],
  [
    'polls with login: users create polls, everyone can vote once',
    [
      'users by email',
      'polls everyone/owner creator_id',
      'options everyone/owner poll_id',
      'votes owner/owner voter_id',
    ],
  ],
  [
    'garden planner with sign in: beds, plants, waterings',
    ['users by email', 'beds owner/owner user_id', 'plants owner/owner owner_id', 'waterings owner/owner plant_id'],
  ],
  [
    'game server with player login: matches, scores, achievements',
    [
      'players by username as player|admin',
      'matches accounts/owner player_id',
      'scores owner/owner player_id',
      'achievements everyone/admins',
      'match_players accounts/owner player_id',
      'player_achievements accounts/admins',
    ],
  ],
  // "private" is a part of the name here, and says nothing about anything else
  [
    'social network with posts; private messages between two users',
    ['users by email', 'posts everyone/owner author_id', 'private_messages owner/owner sender_id +recipient_id'],
  ],
  ['blog API', ['nobody signs in']],
  ['todo app, no login', ['nobody signs in']],
  ['wiki with login', ['users by email', 'pages accounts/owner author_id', 'revisions accounts/owner author_id']],
];

test.each(labelled)('%j gives people what is theirs, and shows what is made to be seen', async (text, want) => {
  expect(accessOutline((await model.design({ text })).schema)).toEqual(want);
});

test.each([
  ['blog with posts and comments. Only the author may edit', 'posts everyone/owner author_id'],
  ['a blog where posts can only be edited by their author', 'posts everyone/owner author_id'],
  ['wiki with pages, only the author may edit', 'pages accounts/owner author_id'],
  ['recipes; only the owner can change a recipe', 'recipes everyone/owner author_id'],
  ['articles that only their authors can edit', 'articles everyone/owner user_id'],
  ['notes app: only its creator may delete a note', 'notes owner/owner user_id'],
  ['photos with captions, the uploader alone may delete them', 'photos everyone/owner owner_id'],
  ['forum with threads, nobody but the author can edit a thread', 'threads everyone/owner author_id'],
])('%j gives people accounts, and each row to who made it', async (text, want) => {
  const found = accessOutline((await model.design({ text })).schema);
  expect(found[0]).toMatch(/^users by email/);
  expect(found).toContain(want);
  expect(found.filter((line) => /^(authors|owners|creators|uploaders) /.test(line))).toEqual([]);
});

test.each([
  'books with title, author and publisher',
  'book catalogue: books with authors and publishers',
  'projects and tasks, no login, only the author may edit',
])('%j asks for no accounts', async (text) => {
  expect((await model.design({ text })).schema.accounts).toBeNull();
});

test('what an account may not say about itself is protected', async () => {
  const text = 'User(email, password, role: admin|member, is_admin: boolean, credits: integer, bio?: string)';
  const { accounts, tables } = (await model.design({ text })).schema;
  const columns = tables.find(({ name }) => name === 'users')?.columns ?? [];
  expect(accounts).toEqual({ table: 'users', login: 'email', password: 'password_hash', role: null, admins: [] });
  expect(columns.filter((column) => column.protected).map(({ name }) => name)).toEqual(['role', 'is_admin', 'credits']);
  expect(columns.map(({ name }) => name)).not.toContain('password');
});

test('nobody signs in, so there is no password', async () => {
  const { accounts, tables } = (await model.design({ text: 'blog API' })).schema;
  expect(accounts).toBeNull();
  expect(tables.flatMap(({ columns }) => columns.map(({ name }) => name))).not.toContain('password_hash');
});

test('a password of things that are no people asks for no accounts', async () => {
  const { accounts } = (await model.design({ text: 'Network(ssid, password); Room(name)' })).schema;
  expect(accounts).toBeNull();
});

test('moderators who sign in are not all administrators', async () => {
  const { accounts, enums } = (await model.design({ text: 'posts; moderators log in, admins manage posts' })).schema;
  const roles = enums.find(({ name }) => name.endsWith('_role'))?.values ?? [];
  expect(accounts?.admins).not.toHaveLength(0);
  expect(roles.filter((role) => !accounts?.admins.includes(role))).not.toHaveLength(0);
});
