// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code that is put in has template strings of its own.
import { expect, test } from 'vitest';
import type { AttackResult } from '../../../src/domain/verification.ts';
import { attackSigned } from '../../support/contract-attack.ts';
import { startContractBackend } from '../../support/contract-backend.ts';
import type { Edit } from '../../support/holed-twin.ts';

/** People sign up and own their tickets in one document; in the other, keys with scopes open the operations. */

const found = ({ weaknesses }: AttackResult) => weaknesses.map(({ title, where }) => `${title}: ${where}`);

const TICKETS = 'server/routes/tickets/index.get.ts';
const TICKET = 'server/routes/tickets/[id]/index';

const OWNER_HOLES: readonly Edit[] = [
  {
    path: `${TICKET}.get.ts`,
    from: 'where tickets.id = $2\n      and tickets.user_id = $1',
    to: 'where tickets.id = $2',
  },
  {
    path: TICKETS,
    from: 'where tickets.user_id = $1\n      and ($2',
    to: 'where $1::bigint is not null\n      and ($2',
  },
  { path: `${TICKET}.patch.ts`, from: 'and tickets.user_id = $4', to: 'and $4::text is not null' },
  { path: 'server/routes/tickets/index.post.ts', from: 'z.object({', to: 'z.looseObject({' },
  {
    path: 'server/routes/tickets/index.post.ts',
    from: 'new Date().toISOString(), account.id]',
    to: 'new Date().toISOString(), input.user_id ?? account.id]',
  },
  { path: 'server/lib/tokens.ts', from: /if \(!timingSafeEqual\(.*\)\) return null;/, to: '' },
  {
    path: 'server/routes/labels.get.ts',
    from: 'await requireAccount(event);',
    to: "event.req.headers.get('authorization') ? await requireAccount(event) : { id: 1, isAdmin: false, sessionId: '' };",
  },
  {
    path: 'server/routes/labels.post.ts',
    from: 'account, INSERT, values',
    to: "account, { name: `labels.${Math.random()}`, text: INSERT.text.replace('$1', `'${input.name}' || left($1::text, 0)`) }, values",
  },
];

test('owners, tokens, fields and statements that nobody looks after are found', async () => {
  const backend = await startContractBackend('tickets.yaml', 'nitro', OWNER_HOLES);
  try {
    for (const table of ['tickets', 'labels', 'ticket_labels'])
      await backend.database.admin(`ALTER TABLE app.${table} DISABLE ROW LEVEL SECURITY`);
    const told = found(await attackSigned('tickets.yaml', backend));
    expect(told).toEqual(
      expect.arrayContaining([
        "Another person's row can be read: GET /tickets/{id}",
        "Lists show other people's rows: GET /tickets",
        "Another person's row can be changed: PATCH /tickets/{id}",
        'A field that is not for clients can be set: POST /tickets user_id',
        'Works without signing in: GET /labels',
        expect.stringMatching(/^A forged token is accepted: .*, a token with a changed signature$/),
        'SQL can be injected: POST /labels .name',
      ]),
    );
  } finally {
    await backend.stop();
  }
});

const KEY_HOLES: readonly Edit[] = [
  { path: 'server/lib/keys.ts', from: 'wanted.every((scope) => row.scopes.includes(scope))', to: 'wanted' },
  { path: 'server/lib/keys.ts', from: '\n      and (expires_at is null or expires_at > now())', to: '' },
  { path: /subjects(?:\/index)?\.post\.ts$/, from: /await requireKey\(event, .*\);/, to: '' },
];

test('keys that nobody looks at, that are over or good for something else are found', async () => {
  const backend = await startContractBackend('library.yaml', 'nitro', KEY_HOLES);
  try {
    const told = found(await attackSigned('library.yaml', backend));
    expect(told).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Works without signing in: POST .*\/subjects$/),
        expect.stringMatching(/^An expired token is accepted: .*, a key that is over$/),
        expect.stringMatching(/^Works without the scope it asks for: /),
      ]),
    );
  } finally {
    await backend.stop();
  }
});

const SCOPE_HOLES: readonly Edit[] = [
  { path: 'server/lib/admins.ts', from: 'if (account.isAdmin) return account;', to: 'if (account) return account;' },
];

test('scopes that nobody looks at are found', async () => {
  const backend = await startContractBackend('press.yaml', 'nitro', SCOPE_HOLES);
  try {
    for (const table of ['sections', 'stories'])
      await backend.database.admin(`ALTER TABLE app.${table} DISABLE ROW LEVEL SECURITY`);
    const told = found(await attackSigned('press.yaml', backend));
    expect(told).toEqual(
      expect.arrayContaining([
        'Works without the scope it asks for: POST /api/sections',
        'Works without the scope it asks for: DELETE /api/stories/{id}',
      ]),
    );
    const { code, output } = await backend.test();
    expect([code, /^not ok .* addSection refuses what it must/m.test(output)]).toEqual([1, true]);
  } finally {
    await backend.stop();
  }
});
