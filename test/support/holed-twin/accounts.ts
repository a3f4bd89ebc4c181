// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code that is put in has template strings of its own.
import type { Hole } from '../holed-twin.ts';

/** Takes the second wall away. */
const open = (table: string) => `ALTER TABLE app.${table} DISABLE ROW LEVEL SECURITY`;
const LISTS = 'server/data/lists.ts';
const SUBTASKS = 'server/data/subtasks.ts';
const THREADS = 'server/data/threads.ts';
const others = /Another person's row can be|The row of the victim/;

/** Rows of other people: each condition of ownership forgotten once, and the policies with it. */
const OWNERSHIP: readonly Hole[] = [
  {
    name: 'no owner where a row is found',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: LISTS,
        from: 'where id = $1\n      and user_id = $2',
        to: 'where id = $1\n      and $2::varchar is not null',
      },
    ],
    sql: open('lists'),
    finds: { title: /row can be read/, where: /^GET \/lists\/\{key\}/ },
  },
  {
    name: 'no owner in the list',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [{ path: LISTS, from: 'where user_id = $3', to: 'where $3::varchar is not null' }],
    sql: open('lists'),
    finds: { title: /Lists show/, where: /^GET \/lists(?: \?limit)?$/ },
  },
  {
    name: 'no owner in filtered lists',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: LISTS,
        from: 'where user_id = ${bind(account?.id)}`',
        to: 'where ${bind(account?.id)}::varchar is not null`',
      },
    ],
    sql: open('lists'),
    finds: { title: /Lists show/, where: /^GET \/lists \?(?:id|name|sort|created_at)/ },
  },
  {
    name: 'no owner behind a cursor',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [{ path: LISTS, from: 'and user_id = $4', to: 'and $4::varchar is not null' }],
    sql: open('lists'),
    finds: { title: /Lists show/, where: /^GET \/lists \?cursor$/ },
    isAlone: true,
  },
  {
    name: 'counts of everybody',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: 'server/lib/list-sql.ts',
        from: "'select count(*) as total', `from ${collection.from}`",
        to: "'select count(*) as total', `from app.${collection.name}`",
      },
    ],
    sql: `${open('lists')}; ${open('tasks')}; ${open('subtasks')}`,
    finds: { title: /Counts tell/, where: /\?count$/ },
  },
  {
    name: 'no owner in nested lists',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: SUBTASKS,
        from: 'where task_id in (select id from app.tasks where user_id = ${bind(account?.id)})`',
        to: 'where ${bind(account?.id)}::varchar is not null`',
      },
      {
        path: 'server/routes/tasks/[id]/subtasks/index.get.ts',
        from: 'const row = found(await find(key, account));',
        to: 'const row = {};\n  void found;\n  void find;',
      },
    ],
    sql: `${open('subtasks')}; ${open('tasks')}`,
    finds: { title: /Lists show/, where: /^GET \/tasks\/\{key\}\/subtasks$/ },
  },
  {
    name: 'no owner in included rows',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: 'server/data/task_labels.ts',
        from: /where task_id in \(select id from app\.tasks where user_id = \$\{bind\(account\?\.id\)\}\)`/,
        to: 'where ${bind(account?.id)}::varchar is not null`',
      },
    ],
    sql: `${open('task_labels')}; ${open('tasks')}`,
    finds: { title: /A relation shows/, where: /^GET \/labels \?include=task_labels$/ },
  },
  {
    name: 'no owner where a row is changed',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [{ path: LISTS, from: 'and user_id = $6', to: 'and $6::varchar is not null' }],
    sql: open('lists'),
    finds: { title: others, where: /^PATCH \/lists/ },
  },
  {
    name: 'no owner where a row is replaced',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: SUBTASKS,
        from: 'and task_id in (select id from app.tasks where user_id = $7)',
        to: 'and $7::varchar is not null',
      },
    ],
    sql: `${open('subtasks')}; ${open('tasks')}`,
    finds: { title: others, where: /^PUT \/subtasks/ },
  },
  {
    name: 'no owner where a row is deleted',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: LISTS,
        from: 'and user_id = $3\n    returning id`',
        to: 'and $3::varchar is not null\n    returning id`',
      },
    ],
    sql: open('lists'),
    finds: { title: /row can be deleted/, where: /^DELETE \/lists/ },
    isAlone: true,
  },
  {
    name: 'a new row under a parent of others',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: SUBTASKS,
        from: 'where $2::varchar in (select id from app.tasks where user_id = $7)',
        to: 'where $7::varchar is not null',
      },
    ],
    sql: `${open('subtasks')}; ${open('tasks')}`,
    finds: { title: /can be tied/, where: /^POST \/subtasks task_id$/ },
  },
  {
    name: 'a row moved under a parent of others',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: SUBTASKS,
        from: 'and ($3::varchar is null or $3 in (select id from app.tasks where user_id = $10))',
        to: '',
      },
    ],
    sql: `${open('subtasks')}; ${open('tasks')}`,
    finds: { title: /can be tied/, where: /^PATCH \/subtasks task_id$/ },
  },
  {
    name: 'a row replaced under a parent of others',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [{ path: SUBTASKS, from: 'and $2::varchar in (select id from app.tasks where user_id = $7)', to: '' }],
    sql: `${open('subtasks')}; ${open('tasks')}`,
    finds: { title: /can be tied/, where: /^PUT \/subtasks task_id$/ },
  },
  {
    name: 'the owner from the body',
    schema: 'tasks',
    attack: 'mass-assignment',
    edits: [
      { path: 'server/schemas/lists.ts', from: 'z.strictObject(', to: 'z.looseObject(' },
      {
        path: LISTS,
        from: '[nanoid(), account.id,',
        to: '[nanoid(), (input as { user_id?: string }).user_id ?? account.id,',
      },
    ],
    sql: open('lists'),
    finds: { title: /not for clients/, where: /^POST \/lists user_id/ },
  },
  {
    name: 'accounts can be read by others',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: 'server/data/users.ts',
        from: 'where id = $1\n      and id = $2',
        to: 'where id = $1\n      and $2::varchar is not null',
      },
    ],
    sql: open('users'),
    finds: { title: /row can be read/, where: /^GET \/users\/\{key\}/ },
  },
  {
    name: 'versions tell that a row is there',
    schema: 'tasks',
    attack: 'other-rows',
    edits: [
      {
        path: 'server/routes/lists/[id].patch.ts',
        from: '() => find(key, account)',
        to: "async () => (await runInPool<object>({ name: '', text: 'select 1 from app.lists where id = $1' }, [key.id]))[0]",
      },
      {
        path: 'server/routes/lists/[id].patch.ts',
        from: /^/,
        to: "import { runInPool } from '../../lib/database.ts';\n",
      },
    ],
    sql: open('lists'),
    finds: { title: /Answers tell/, where: /^PATCH \/lists\/\{key\}, if-match$/ },
  },
  {
    name: 'idempotency keys for everybody',
    schema: 'tasks',
    attack: 'accounts',
    edits: [
      {
        path: 'server/lib/writes.ts',
        from: 'if (!once || !asker) return once;',
        to: 'if (asker !== undefined) return once;',
      },
    ],
    finds: { title: /idempotency key gives/, where: /^POST \/(?:lists|tasks)$/ },
  },
  {
    name: 'everybody changes what everybody reads',
    schema: 'forum',
    attack: 'other-rows',
    edits: [
      { path: THREADS, from: /and \(author_id = (\$\d+) or (\$\d+)\)/, to: 'and ($1::varchar is not null or $2)' },
    ],
    sql: open('threads'),
    finds: { title: others, where: /^PATCH \/threads/ },
  },
  {
    name: 'everybody deletes what everybody reads',
    schema: 'forum',
    attack: 'other-rows',
    edits: [{ path: THREADS, from: 'and (author_id = $3 or $4)', to: 'and ($3::varchar is not null or $4)' }],
    sql: open('threads'),
    finds: { title: /row can be deleted/, where: /^DELETE \/threads/ },
    isAlone: true,
  },
  {
    name: 'profiles with e-mail addresses',
    schema: 'forum',
    attack: 'accounts',
    edits: [
      { path: 'server/data/_profiles.ts', from: "from: 'app._profiles',", to: "from: 'app.users'," },
      { path: 'server/data/_profiles.ts', from: 'name: columns.name', to: 'name: columns.name, email: columns.email' },
    ],
    sql: open('users'),
    finds: { title: /more than its public profile/, where: /^GET \/threads \?include=author$/ },
  },
];

/** Guards of routes, and who is an admin. */
const GUARDS: readonly Hole[] = [
  {
    name: 'a list without its guard',
    schema: 'tasks',
    attack: 'tokens',
    edits: [
      {
        path: 'server/routes/labels/index.get.ts',
        from: 'await requireAccount(event)',
        to: "{ id: 'nobody', isAdmin: false, sessionId: '' }; void requireAccount",
      },
    ],
    sql: open('labels'),
    finds: { title: /Works without signing in/, where: /^GET \/labels$/ },
  },
  {
    name: 'deleting without its guard',
    schema: 'tasks',
    attack: 'tokens',
    edits: [
      {
        path: 'server/routes/labels/[id].delete.ts',
        from: 'await requireAccount(event)',
        to: "{ id: 'nobody', isAdmin: true, sessionId: '' }; void requireAccount",
      },
    ],
    sql: open('labels'),
    finds: { title: /Works without signing in/, where: /^DELETE \/labels/ },
  },
  {
    name: 'no admin where rows are made',
    schema: 'forum',
    attack: 'other-rows',
    edits: [
      {
        path: 'server/routes/topics/index.post.ts',
        from: "{ requireAdmin } from '../../lib/admins.ts'",
        to: "{ requireAccount as requireAdmin } from '../../lib/auth.ts'",
      },
    ],
    sql: open('topics'),
    finds: { title: /What admins may do/, where: /^POST \/topics$/ },
  },
  {
    name: 'no admin where rows are deleted',
    schema: 'forum',
    attack: 'other-rows',
    edits: [
      {
        path: 'server/routes/topics/[id].delete.ts',
        from: "{ requireAdmin } from '../../lib/admins.ts'",
        to: "{ requireAccount as requireAdmin } from '../../lib/auth.ts'",
      },
    ],
    sql: open('topics'),
    finds: { title: /What admins may do/, where: /^DELETE \/topics/ },
  },
  {
    name: 'the role from the body of a registration',
    schema: 'forum',
    attack: 'mass-assignment',
    edits: [
      {
        path: 'server/lib/accounts.ts',
        from: 'export const registerSchema = z.strictObject(',
        to: 'export const registerSchema = z.looseObject(',
      },
      {
        path: 'server/lib/accounts.ts',
        from: /passwordHash,([\s\S]*?)\]\);\n {2}return account;/,
        to: "passwordHash,$1]);\n  const { role } = input as { role?: string };\n  if (account && role === 'admin') {\n    await run({ name: '', text: \"update app.users set role = 'admin' where id = $$1\" }, [account.id]);\n    return { ...account, role } as Row;\n  }\n  return account;",
      },
    ],
    finds: { title: /not for clients/, where: /^POST \/auth\/register role$/ },
  },
  {
    name: 'a refusal without its challenge',
    schema: 'forum',
    attack: 'tokens',
    edits: [{ path: 'server/lib/auth.ts', from: ", { headers: { 'www-authenticate': 'Bearer' } }", to: '' }],
    finds: { title: /does not ask for a token/, where: /./ },
  },
  {
    name: 'a bad token is none',
    schema: 'forum',
    attack: 'tokens',
    edits: [
      {
        path: 'server/lib/auth.ts',
        from: "throw unauthorized('The access token is not valid, or not any more.');",
        to: 'return null;',
      },
    ],
    finds: { title: /A bad token is taken for none/, where: /./ },
  },
];

const TOKENS = 'server/lib/tokens.ts';
const SESSIONS = 'server/lib/sessions.ts';
const LOGIN = 'server/routes/auth/login.post.ts';
const PASSWORD = 'server/lib/password.ts';

/** Tokens, sessions and passwords. */
const SIGNING_IN: readonly Hole[] = [
  {
    name: 'the signature is not looked at',
    schema: 'tasks',
    attack: 'tokens',
    edits: [
      {
        path: TOKENS,
        from: /if \(!timingSafeEqual\([^\n]*return null;/,
        to: 'void timingSafeEqual; void signature; void sign;',
      },
    ],
    finds: { title: /A forged token/, where: /changed signature/ },
    isAlone: true,
  },
  {
    name: 'tokens without an algorithm',
    schema: 'tasks',
    attack: 'tokens',
    edits: [
      { path: TOKENS, from: '([\\w-]{43})$/', to: '([\\w-]*)$/' },
      {
        path: TOKENS,
        from: 'if (header !== HEADER) return null;',
        to: "if (header && /none/i.test(Buffer.from(header, 'base64url').toString())) {\n    return JSON.parse(Buffer.from(payload, 'base64url').toString());\n  }\n  if (header !== HEADER || signature.length !== 43) return null;",
      },
    ],
    finds: { title: /A forged token/, where: /alg none/ },
  },
  {
    name: 'expiry is not looked at',
    schema: 'tasks',
    attack: 'tokens',
    edits: [{ path: TOKENS, from: 'now < claims.exp && ', to: '' }],
    finds: { title: /An expired token/, where: /./ },
  },
  {
    name: 'the session is not looked at',
    schema: 'tasks',
    attack: 'sessions',
    edits: [
      {
        path: 'server/lib/auth.ts',
        from: 'claims && (await findSession(claims.sid))',
        to: 'claims && { id: claims.sub, isAdmin: false, findSession }',
      },
    ],
    finds: { title: /An ended session/, where: /^GET \/auth\/me$/ },
    isAlone: true,
  },
  {
    name: 'signing out ends nothing',
    schema: 'tasks',
    attack: 'sessions',
    edits: [
      {
        path: 'server/routes/auth/logout.post.ts',
        from: 'await endSession(account.sessionId);',
        to: 'void endSession; void account;',
      },
    ],
    finds: { title: /An ended session/, where: /^GET \/auth\/me$/ },
  },
  {
    name: 'refresh tokens work again',
    schema: 'tasks',
    attack: 'sessions',
    edits: [
      {
        path: SESSIONS,
        from: 'where id_hash = $1 and refresh_hash = $2 and',
        to: 'where id_hash = $1 and $2::bytea is not null and',
      },
    ],
    finds: { title: /A refresh token works twice/, where: /refresh$/ },
  },
  {
    name: 'a stolen refresh token ends nothing',
    schema: 'tasks',
    attack: 'sessions',
    edits: [{ path: SESSIONS, from: 'await run(END, [hash(next.id)]);\n    return null;', to: 'return null;' }],
    finds: { title: /A refresh token works twice/, where: /theft/ },
    isAlone: true,
  },
  {
    name: 'a new password leaves others signed in',
    schema: 'forum',
    attack: 'sessions',
    edits: [
      {
        path: 'server/routes/auth/password.post.ts',
        from: 'await endOtherSessions(run, id, sessionId);',
        to: 'void endOtherSessions; void sessionId;',
      },
    ],
    finds: { title: /An ended session/, where: /after a new password/ },
  },
  {
    name: 'a refresh token is looked at first and replaced later',
    schema: 'forum',
    attack: 'sessions',
    edits: [
      { path: SESSIONS, from: 'if (renewing.has(refreshToken)) return null;', to: '' },
      {
        path: SESSIONS,
        from: 'const [row] = await run<{ accountId: string | number }>(RENEW, values);',
        to: "const KNOWN = { name: '', text: 'select account_id as \"accountId\" from app._sessions where id_hash = $1 and refresh_hash = $2' };\n    const [row] = await run<{ accountId: string | number }>(KNOWN, values.slice(0, 2));\n    await new Promise((resolve) => setTimeout(resolve, 100));\n    if (row) await run({ name: '', text: RENEW.text.replace('refresh_hash = $2', '$2::bytea is not null') }, values);",
      },
    ],
    finds: { title: /A refresh token works twice/, where: /at once/ },
    isAlone: true,
  },
  {
    name: 'sessions outlive their account',
    schema: 'tasks',
    attack: 'sessions',
    edits: [
      {
        path: SESSIONS,
        from: 'is_admin as "isAdmin"\n    from app._signed_in',
        to: 'false as "isAdmin"\n    from app._sessions',
      },
    ],
    sql: 'ALTER TABLE app._sessions DROP CONSTRAINT _sessions_account_id_fkey; ALTER TABLE app._sessions DISABLE ROW LEVEL SECURITY',
    finds: { title: /An ended session/, where: /^GET \/\w+ without an account$/ },
  },
  {
    name: 'an unknown login is told',
    schema: 'tasks',
    attack: 'login',
    edits: [
      {
        path: LOGIN,
        from: 'const isRight = ',
        to: "if (!known) throw unauthorized('There is no such login.');\n    const isRight = ",
      },
    ],
    finds: { title: /Signing in tells/, where: /^POST \/auth\/login$/ },
  },
  {
    name: 'an unknown login is quick',
    schema: 'forum',
    attack: 'login',
    edits: [
      {
        path: LOGIN,
        from: 'await verifyPassword(body.password, known?.passwordHash)',
        to: 'known !== undefined && (await verifyPassword(body.password, known.passwordHash))',
      },
    ],
    finds: { title: /Signing in tells/, where: /time/ },
  },
  {
    name: 'no throttle',
    schema: 'tasks',
    attack: 'login',
    edits: [
      {
        path: 'server/lib/throttle.ts',
        from: 'if (!known || known.attempts <= limit.attempts) return;',
        to: 'if (!known || known.attempts > 0) return;',
      },
    ],
    finds: { title: /Passwords can be tried/, where: /login$/ },
  },
  {
    name: 'passwords are cut at 72 characters',
    schema: 'forum',
    attack: 'login',
    edits: [
      {
        path: PASSWORD,
        from: "scrypt(password.normalize('NFKC')",
        to: "scrypt(password.normalize('NFKC').slice(0, 72)",
      },
    ],
    finds: { title: /Passwords are cut/, where: /login$/ },
  },
  {
    name: 'passwords are not normalised',
    schema: 'shop',
    attack: 'login',
    edits: [{ path: PASSWORD, from: "scrypt(password.normalize('NFKC')", to: 'scrypt(password' }],
    finds: { title: /Passwords are cut/, where: /Unicode/ },
  },
  {
    name: 'logins differ by their capitals',
    schema: 'forum',
    attack: 'login',
    edits: [
      {
        path: 'server/lib/login.ts',
        from: "login.normalize('NFKC').toLowerCase().trim()",
        to: "login.normalize('NFKC').trim()",
      },
    ],
    finds: { title: /Two can register/, where: /register$/ },
  },
  {
    name: 'logins differ by the width of their letters',
    schema: 'forum',
    attack: 'login',
    edits: [{ path: 'server/lib/login.ts', from: "login.normalize('NFKC').toLowerCase()", to: 'login.toLowerCase()' }],
    finds: { title: /Two can register/, where: /register$/ },
    isAlone: true,
  },
  {
    name: 'the hash is shown to its owner',
    schema: 'shop',
    attack: 'sessions',
    edits: [
      {
        path: 'server/lib/accounts.ts',
        from: /select id, username, balance_cents/,
        to: 'select id, username, password_hash, balance_cents',
      },
    ],
    finds: { title: /A sensitive column leaves/, where: /auth/ },
  },
];

/** Who may do what, forgotten in one place at a time. */
export const ACCOUNT_HOLES: readonly Hole[] = [...OWNERSHIP, ...GUARDS, ...SIGNING_IN];
