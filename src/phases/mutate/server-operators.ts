import type { Operator } from './mutant.ts';

/** Faults in what every project has in `server/lib/`, each at one place: file, what stands there, what instead, fault. */
type Place = readonly [file: string, at: RegExp, text: string, fault: string, how?: Operator['how']];

const REQUESTS: readonly Place[] = [
  ['request', /if \((?<at>type !== 'application\/json' && [^\n]*)\) \{/, 'false', 'bodies of any media type are read'],
  ['request', /if \((?<at>parameters\.some\([^\n]*)\) \{/, 'false', 'bodies in any character set are read'],
  ['request', /if \((?<at>encoding !== 'identity')\)/, 'false', 'compressed bodies are read'],
  ['request', /MAX_BODY_BYTES = (?<at>1024 \* 1024);/, '10 * 1024 * 1024', 'bodies may be larger'],
  ['request', /MAX_ROWS = (?<at>100);/, '1000', 'more rows may be made at once'],
  ['request', /if \((?<at>body\.length === 0) \|\|/, 'false', 'no rows at all may be made'],
  ['request', /fatal: (?<at>true)/, 'false', 'bodies that are no UTF-8 are read'],
  ['methods', /problem\((?<at>405)/, '404', 'other methods are answered with another status'],
  ['problem', /(?<at>'application\/problem\+json')/, "'application/json'", 'errors are not problem documents'],
];

const LISTS: readonly Place[] = [
  ['list-query', /\{ min: (?<at>1), max: 100/, '0', 'a page may be empty'],
  ['list-query', /\{ min: 1, max: (?<at>100)/, '1000', 'a page may be larger'],
  ['list-query', /min: 0, max: (?<at>1_000_000)/, '1e9', 'an offset may be larger'],
  ['list-query', /MAX_CONDITIONS = (?<at>20);/, '1000', 'more filters are taken'],
  ['list-query', /MAX_SORT_KEYS = (?<at>5);/, '1000', 'more columns to sort by are taken'],
  ['list-query', /if \((?<at>conditions\.length > MAX_CONDITIONS)\)/, 'false', 'the filters are not counted'],
  ['list-query', /if \((?<at>seen\.has\(name\))\)/, 'false', 'a parameter may be repeated'],
  ['list-query', /if \((?<at>!column)\) report\('sort'/, 'false', 'sorting by what is not there is not told'],
  ['list-query', /if \((?<at>!Object\.hasOwn\(columns, name\))\) report\('fields'/, 'false', 'any field is taken'],
  ['list-query', /if \((?<at>!known\.includes\(name\))\)/, 'false', 'any relation is taken'],
  [
    'list-query',
    /(?<at>given !== undefined && !\/\^\(\?:true\|false\)\$\/\.test\(given\))/,
    'false',
    'flags may be anything',
  ],
  ['list-query', /if \((?<at>!position)\) report/, 'false', 'any cursor is taken'],
  [
    'list-query',
    /else if \((?<at>Number\(settings\.get\('offset'\) \?\? 0\) > 0)\)/,
    'false',
    'cursor and offset go together',
  ],
  ['list-query', /add\(name, (?<at>item !== name)\);/, 'false', 'lists never come downwards'],
  ['cursor', /if \((?<at>from !== source) \|\|/, 'false', 'a cursor of another list is taken'],
  ['filters', /MAX_VALUES = (?<at>100);/, '100000', 'more values are taken'],
  ['filters', /else if \((?<at>!known)\)/, 'false', 'operators of other types are taken'],
  [
    'filters',
    /if \((?<at>!column \|\| column\.operators\.length === 0)\)/,
    'false',
    'filters by what is not there are taken',
  ],
  ['filters', /(?<at>'must be true or false')/, "''", 'a wrong flag is not explained'],
  ['list-sql', /eq: (?<at>'=')/, "'<>'", 'eq finds the others'],
  ['list-sql', /ne: (?<at>'<>')/, "'='", 'ne finds the same'],
  ['list-sql', /gt: (?<at>'>')/, "'>='", 'gt finds the same too'],
  ['list-sql', /gte: (?<at>'>=')/, "'>'", 'gte does not find the same'],
  ['list-sql', /lt: (?<at>'<')/, "'<='", 'lt finds the same too'],
  ['list-sql', /lte: (?<at>'<=')/, "'<'", 'lte does not find the same'],
  ['list-sql', /return `\$\{sql\} is \$\{(?<at>value === true)/, 'value !== true', 'null finds what is filled'],
  ['list-sql', /if \((?<at>operator === 'ne' && nullable)\)/, 'false', 'ne does not find what is empty'],
  ['list-sql', /parameters\.add\((?<at>limit \+ 1)\)/, 'limit', 'lists never go on'],
  ['list-sql', /\.\.\.\((?<at>offset > 0) \?/, 'false', 'offset is not looked at'],
  ['list-sql', /if \((?<at>after)\) wheres/, 'false', 'every page is the first one'],
  ['list-sql', /'select count\(\*\) as total'[^\n]*\.\.\.(?<at>whereLines\(wheres\))/, '[]', 'everything is counted'],
  ['list-sql', /(?<at> or \$\{sql\} is null)\)/, '', 'rows without a value are lost behind a cursor', 'sql'],
  ['lists', /(?<at>found\(await find\(\)\))/, 'undefined', 'children of what is not there are listed'],
  ['lists', /conditions: \[\.\.\.(?<at>own), /, '[]', 'children of others are listed too'],
  ['lists', /pageOf\(query\.limit, (?<at>query\.fields\?\.length)\)/, 'undefined', 'other fields are shown'],
  ['pages', /const more = \((?<at>isCut \|\| rows\.length > query\.limit)\)/, 'true', 'lists never end'],
  ['relations', /if \(kind === 'parent'\) return (?<at>group\[0\] \?\? null);/, 'null', 'parents are not shown'],
];

const ROWS: readonly Place[] = [
  ['rows', /if \((?<at>isKnown\(event, tag\))\)/, 'false', 'what is known already is sent again'],
  [
    'rows',
    /export function answerCreated[\s\S]*?status = (?<at>201)/,
    '200',
    'a new row is answered with another status',
  ],
  [
    'rows',
    /export function answerAllCreated[\s\S]*?status = (?<at>201)/,
    '200',
    'new rows are answered with another status',
  ],
  ['rows', /(?<at>\[path, \.\.\.parts\]\.join\('\/'\))/, 'path', 'a new row is said to be elsewhere'],
  ['rows', /return problem\((?<at>412)/, '409', 'a changed row is answered with another status'],
  ['rows', /if \((?<at>!\(await find\(\)\)) \|\|/, 'false', 'a missing row is said to be changed'],
  ['rows', /const \{ xmin, \.\.\.row \} = (?<at>found\(stored\));/, 'stored ?? {}', 'a missing row is shown as empty'],
  ['database-errors', /case (?<at>'23505')/, "'-'", 'a taken value is an error of the server'],
  ['database-errors', /case (?<at>'23503')/, "'-'", 'a dead reference is an error of the server'],
  [
    'database-errors',
    /return stillReferenced\(error\);\n\s+return problem\(\n\s+(?<at>422)/,
    '409',
    'a dead reference has another status',
  ],
  ['database-errors', /already\.`,\n\s+(?<at>errorsOf\(fields, 'is taken'\))/, '{}', 'what is taken is not named'],
  ['idempotency', /if \((?<at>claimed\.length === 0)\) return null/, 'false', 'what was made once is made again'],
  ['idempotency', /if \((?<at>known\?\.isSame)\)/, 'known', 'another request gets the answer of the first'],
  [
    'idempotency',
    /if \((?<at>!\/\^\[\\x21-\\x7e\]\{16,255\}\$\/\.test\(key\))\)/,
    'false',
    'keys that can be guessed are taken',
  ],
  [
    'password',
    /return `s1\$\$\{salt\.toString\('base64url'\)\}\$\$\{(?<at>key\.toString\('base64url'\))\}/,
    'password',
    'passwords are kept as they are',
  ],
  [
    'password',
    /const salt = (?<at>randomBytes\(SALT_BYTES\))/,
    'Buffer.alloc(SALT_BYTES)',
    'all passwords have the same salt',
  ],
];

/** Statements that do nothing with what they are given. */
const NOTHING = "{ name: 'nothing', text: 'select $1::bytea' }";
const NOTHING_OF_TWO = "{ name: 'nothing2', text: 'select $1::text, $2::bytea' }";

const ACCOUNTS: readonly Place[] = [
  ['sessions', /await run\((?<at>END), \[hash\(next\.id\)\]\);/, NOTHING, 'a used refresh token ends nothing'],
  ['sessions', /export async function endSession[\s\S]*?run\((?<at>END), \[/, NOTHING, 'who logs out stays signed in'],
  ['sessions', /await run\((?<at>END_OTHERS), \[/, NOTHING_OF_TWO, 'a new password ends no session'],
  ['password', /return isOurs && (?<at>timingSafeEqual\(derived, expected\));/, 'true', 'any password is right'],
  ['tokens', /if \((?<at>header !== HEADER)\)/, 'false', 'a token may choose how it is checked'],
  [
    'tokens',
    /if \((?<at>!timingSafeEqual\(Buffer\.from\(signature\), Buffer\.from\(sign\(payload\)\)\))\)/,
    'false',
    'signatures are not checked',
  ],
  ['tokens', /\|\| (?<at>claims\.iss !== issuer)\)/, 'false', 'tokens of other servers are good'],
  ['tokens', /return (?<at>now < claims\.exp) &&/, 'true', 'tokens do not expire'],
  ['tokens', /&& (?<at>claims\.iat <= now \+ MAX_SKEW_SECONDS)/, 'true', 'tokens of the future are good'],
  ['tokens', /ACCESS_SECONDS = (?<at>15 \* 60);/, '24 * 3600', 'tokens are good for a day'],
  [
    'auth',
    /if \((?<at>!session \|\| String\(session\.id\) !== claims\.sub)\)/,
    '!claims || !session',
    'a token is good for another account',
  ],
  [
    'auth',
    /const session = (?<at>claims && \(await findSession\(claims\.sid\)\));/,
    'claims && ((await findSession(claims.sid)) ?? { id: claims.sub, isAdmin: false })',
    'sessions that ended are good',
  ],
  ['auth', /(?<at>'www-authenticate')/, "'x-authenticate'", 'how to sign in is not told', 'key'],
  ['throttle', /(?<at>known\.attempts <= limit\.attempts)/, 'true', 'passwords can be guessed without end'],
  ['throttle', /name: 'login', attempts: (?<at>10)/, '1000', 'more guesses are allowed'],
  ['throttle', /(?<at>'retry-after')/, "'x-retry-after'", 'when to try again is not told', 'key'],
  ['writes', /problem\((?<at>403)/, '404', 'a row that may not be changed has another status'],
  ['writes', /\.update\((?<at>String\(asker\.id\))\)/, "''", 'idempotency keys are shared between accounts'],
];

const ENTRY: readonly Place[] = [
  ['serve', /(?<at>'x-content-type-options')/, "'x-1'", 'browsers may guess types', 'key'],
  ['serve', /(?<at>'x-frame-options')/, "'x-2'", 'pages may be framed', 'key'],
  ['serve', /(?<at>'content-security-policy')/, "'x-3'", 'there is no content security policy', 'key'],
  ['serve', /(?<at>'cache-control')/, "'x-4'", 'answers may be cached', 'key'],
  ['serve', /(?<at>\/\^\[\\w\.-\]\{1,64\}\$\/\.test\(given\))/, 'true', 'any request id is taken'],
];

function operator([file, pattern, text, fault, how = 'code']: Place): Operator {
  return { fault, files: new RegExp(`^server/lib/${file}\\.ts$`), pattern, how, text: () => text };
}

export const SERVER_OPERATORS: readonly Operator[] = [...REQUESTS, ...LISTS, ...ROWS, ...ENTRY].map(operator);

/** Those for projects that people sign in to. */
export const ACCOUNT_OPERATORS: readonly Operator[] = ACCOUNTS.map(operator);
