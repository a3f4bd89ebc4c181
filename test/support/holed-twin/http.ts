// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code that is put in has template strings of its own.
import type { Hole } from '../holed-twin.ts';

const ENTRY = 'server/lib/serve.ts';
const REQUEST = 'server/lib/request.ts';
const VALUES = 'server/lib/values.ts';
const COLUMNS_OF_USERS = /(select id, email, name), created_at/;

/** What a careless server does with a request, whoever sends it. */
export const HTTP_HOLES: readonly Hole[] = [
  {
    name: 'a sensitive column is selected',
    schema: 'blog',
    attack: 'sensitive-columns',
    edits: [{ path: 'server/data/users.ts', from: COLUMNS_OF_USERS, to: '$1, password_hash, created_at' }],
    finds: { title: /A sensitive column leaves/, where: /^GET \/users/ },
  },
  {
    name: 'rows are found by a sensitive column',
    schema: 'blog',
    attack: 'sensitive-columns',
    edits: [
      {
        path: 'server/schemas/users.ts',
        from: "email: column.text('email',",
        to: "password_hash: column.text('password_hash', value.text()),\n  email: column.text('email',",
      },
    ],
    finds: { title: /by a sensitive column/, where: /^GET \/users password_hash$/ },
    isAlone: true,
  },
  {
    name: 'passwords are hashed with sha256',
    schema: 'blog',
    attack: 'mass-assignment',
    edits: [
      {
        path: 'server/lib/password.ts',
        from: 'const salt = randomBytes(SALT_BYTES);',
        to: "return createHash('sha256').update(password).digest('hex');\n  const salt = randomBytes(SALT_BYTES);",
      },
      { path: 'server/lib/password.ts', from: 'import { randomBytes', to: 'import { createHash, randomBytes' },
    ],
    finds: { title: /hashed in a way/, where: /^users\.password_hash$/ },
  },
  {
    name: 'passwords are stored as they are',
    schema: 'blog',
    attack: 'mass-assignment',
    edits: [
      {
        path: 'server/lib/password.ts',
        from: 'const salt = randomBytes(SALT_BYTES);',
        to: 'if (password) return password;\n  const salt = randomBytes(SALT_BYTES);',
      },
    ],
    finds: { title: /A password is stored as it is/, where: /^users\.password_hash$/ },
    isAlone: true,
  },
  {
    name: 'passwords are logged',
    schema: 'blog',
    attack: 'mass-assignment',
    edits: [
      {
        path: 'server/lib/password.ts',
        from: 'const salt = randomBytes(SALT_BYTES);',
        to: 'const salt = randomBytes(SALT_BYTES);\n  console.log(JSON.stringify({ password }));',
      },
    ],
    finds: { title: /A secret is in the log/, where: /./ },
  },
  {
    name: 'requests write lines of the log',
    schema: 'blog',
    attack: 'keys',
    edits: [
      {
        path: ENTRY,
        from: 'const started = performance.now();',
        to: "const started = performance.now();\n  try { console.log(decodeURIComponent(request.url ?? '')); } catch {}",
      },
    ],
    finds: { title: /can write lines of the log/, where: /./ },
  },
  {
    name: 'errors show their stack',
    schema: 'blog',
    attack: 'bodies',
    edits: [
      { path: 'server/lib/problem.ts', from: 'status, ...details };', to: 'status, ...details, stack: error.stack };' },
    ],
    finds: { title: /how the server works inside/, where: /./ },
  },
  {
    name: 'NUL reaches the database',
    schema: 'blog',
    attack: 'values',
    edits: [
      {
        path: VALUES,
        from: /function isStorable\([^)]*\): boolean \{\n/,
        to: '$&  if (Date.now() > 0) return true;\n',
      },
      {
        path: 'server/lib/database-errors.ts',
        from: "if (code.startsWith('22') || code.startsWith('54'))",
        to: "if (code.startsWith('54'))",
      },
    ],
    finds: { title: /answered with a server error/, where: /^(?:PATCH|GET) \/(?:posts|tags|users)/ },
  },
  {
    name: 'broken UTF-8 is a server error',
    schema: 'blog',
    attack: 'protocol',
    edits: [
      {
        path: REQUEST,
        from: "throw problem(400, 'The body is not valid UTF-8.');",
        to: "throw new Error('encoding');",
      },
    ],
    finds: { title: /answered with a server error/, where: /no UTF-8/ },
  },
  {
    name: 'deep JSON is walked through',
    schema: 'blog',
    attack: 'bodies',
    edits: [
      {
        path: REQUEST,
        from: 'return parseJson(decode(await readBytes(event)));',
        to: 'const value = parseJson(decode(await readBytes(event)));\n  depthOf(value);\n  return value;',
      },
      {
        path: REQUEST,
        from: 'function toObject(',
        to: "function depthOf(value: unknown): number {\n  if (typeof value !== 'object' || value === null) return 0;\n  return 1 + Math.max(0, ...Object.values(value).map(depthOf));\n}\n\nfunction toObject(",
      },
    ],
    finds: { title: /answered with a server error/, where: /^POST / },
  },
  {
    name: 'huge numbers reach the database',
    schema: 'blog',
    attack: 'values',
    edits: [
      {
        path: VALUES,
        from: '.refine((value) => value <= max, `must be at most ${max}`);\n}\n\n/** A floating',
        to: ';\n}\n\n/** A floating',
      },
      { path: VALUES, from: ".refine(Number.isInteger, 'must be a whole number')", to: '' },
      {
        path: 'server/lib/database-errors.ts',
        from: "if (code.startsWith('22') || code.startsWith('54'))",
        to: "if (code.startsWith('54'))",
      },
    ],
    finds: { title: /answered with a server error/, where: /views$/ },
    isAlone: true,
  },
  {
    name: 'numbers are wrapped around',
    schema: 'blog',
    attack: 'values',
    edits: [
      {
        path: VALUES,
        from: '.refine((value) => value >= min, `must be at least ${min}`)\n    .refine((value) => value <= max, `must be at most ${max}`);\n}\n\n/** A floating',
        to: '.transform((value) => Math.abs(value | 0));\n}\n\n/** A floating',
      },
    ],
    finds: { title: /A number that cannot be kept/, where: /views$/ },
    isAlone: true,
  },
  {
    name: 'objects are taken for texts',
    schema: 'blog',
    attack: 'injection',
    edits: [{ path: 'server/schemas/posts.ts', from: 'title: value.text({ max: 200 }),\n', to: 'title: z.any(),\n' }],
    finds: { title: /An object is taken/, where: /^PATCH \/posts\/\{key\} title$/ },
  },
  {
    name: 'bodies of any size',
    schema: 'blog',
    attack: 'bodies',
    edits: [
      { path: REQUEST, from: 'const MAX_BODY_BYTES = 1024 * 1024;', to: 'const MAX_BODY_BYTES = 1024 * 1024 * 1024;' },
    ],
    finds: { title: /Bodies of any size/, where: /./ },
  },
  {
    name: 'any type of body',
    schema: 'blog',
    attack: 'bodies',
    edits: [
      { path: REQUEST, from: 'checkMediaType(event.req.headers);', to: 'void checkMediaType;' },
      { path: 'server/schemas/tags.ts', from: 'z.strictObject(', to: 'z.object(' },
      {
        path: 'server/schemas/tags.ts',
        from: /name: value\.text\([^\n]*\),\n(?=\})/,
        to: "name: value.text().default('tag'),\n",
      },
    ],
    finds: { title: /What is not JSON/, where: /^POST \/tags$/ },
    isAlone: true,
  },
  {
    name: 'pages of any size',
    schema: 'blog',
    attack: 'values',
    edits: [{ path: 'server/lib/list-query.ts', from: /max: 100\b|MAX_LIMIT = 100\b/, to: 'max: 2_000_000_000' }],
    finds: { title: /no upper limit/, where: /\?limit$/ },
  },
  {
    name: 'no time-outs',
    schema: 'blog',
    attack: 'slow-requests',
    edits: [
      {
        path: ENTRY,
        from: /headersTimeout: [\d_]+,\s+requestTimeout: [\d_]+/,
        to: 'headersTimeout: 0, requestTimeout: 0',
      },
    ],
    finds: { title: /Slow requests hold/, where: /./ },
    isSlow: true,
    isAlone: true,
  },
  {
    name: 'CORS for every origin',
    schema: 'blog',
    attack: 'origins',
    edits: [
      { path: 'server/lib/cors.ts', from: 'if (config.corsOrigins.size === 0) return false;', to: '' },
      { path: 'server/lib/cors.ts', from: '|| !config.corsOrigins.has(origin)', to: '' },
    ],
    finds: { title: /Pages of any origin/, where: /^GET / },
  },
  {
    name: 'no security headers',
    schema: 'blog',
    attack: 'keys',
    edits: [{ path: ENTRY, from: 'for (const [name, value] of HEADERS)', to: 'for (const [name, value] of [])' }],
    finds: { title: /A security header is missing/, where: /./ },
  },
  {
    name: 'files by their path',
    schema: 'blog',
    attack: 'traversal',
    edits: [
      {
        path: ENTRY,
        from: 'if (answerCors(request, response)) return;',
        to: "const file = `./public/${safely(url.split('?')[0] ?? '')}`;\n  if (url.includes('..') && existsSync(file) && statSync(file).isFile()) return void response.end(readFileSync(file));\n  if (answerCors(request, response)) return;",
      },
      {
        path: ENTRY,
        from: 'async function answer(',
        to: "function safely(text: string): string {\n  try { return decodeURIComponent(text); } catch { return ''; }\n}\n\nasync function answer(",
      },
      {
        path: ENTRY,
        from: "import { randomUUID } from 'node:crypto';",
        to: "import { randomUUID } from 'node:crypto';\nimport { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';\nmkdirSync('public', { recursive: true });",
      },
    ],
    finds: { title: /Files of the server/, where: /^GET / },
  },
  {
    name: 'a method in a header is obeyed',
    schema: 'blog',
    attack: 'origins',
    edits: [
      {
        path: ENTRY,
        from: "if (method === 'HEAD') request.method = 'GET';",
        to: "request.method = String(request.headers['x-http-method-override'] ?? (method === 'HEAD' ? 'GET' : method));",
      },
    ],
    finds: { title: /A method that is not there/, where: /^POST / },
  },
  {
    name: 'TRACE repeats the request',
    schema: 'blog',
    attack: 'protocol',
    edits: [
      {
        path: ENTRY,
        from: 'if (answerCors(request, response)) return;',
        to: "if (method === 'TRACE') return void response.end(request.rawHeaders.join());\n  if (answerCors(request, response)) return;",
      },
    ],
    finds: { title: /A method that is not there/, where: /TRACE/ },
    isAlone: true,
  },
  {
    name: 'an unchecked request id ends the server',
    schema: 'blog',
    attack: 'protocol',
    edits: [
      {
        path: ENTRY,
        from: "typeof given === 'string' && /^[\\w.-]{1,64}$/.test(given) ? given : randomUUID()",
        to: "typeof given === 'string' ? decodeURIComponent(given) : randomUUID()",
      },
    ],
    finds: { title: /The server ends or hangs|gets no answer/, where: /./ },
    isAlone: true,
  },
  {
    name: 'headers of the answer from the request',
    schema: 'blog',
    attack: 'protocol',
    edits: [
      {
        path: ENTRY,
        from: 'if (answerCors(request, response)) return;',
        to: "if (url.includes('%0d%0a')) return void request.socket.end(`HTTP/1.1 302 Found\\r\\nlocation: ${safely(url)}\\r\\ncontent-length: 0\\r\\n\\r\\n`);\n  if (answerCors(request, response)) return;",
      },
      {
        path: ENTRY,
        from: 'async function answer(',
        to: "function safely(text: string): string {\n  try { return decodeURIComponent(text); } catch { return ''; }\n}\n\nasync function answer(",
      },
    ],
    finds: { title: /can write headers/, where: /CRLF/ },
    isAlone: true,
  },
  {
    name: 'addresses from the Host header',
    schema: 'blog',
    attack: 'origins',
    edits: [
      {
        path: 'server/lib/rows.ts',
        from: "setHeader(event, 'location', [path, ...parts].join('/'));",
        to: "setHeader(event, 'location', `http://${event.req.headers.get('host')}${[path, ...parts].join('/')}`);",
      },
    ],
    finds: { title: /Host header/, where: /^POST / },
  },
  {
    name: 'any field of a row can be set',
    schema: 'blog',
    attack: 'mass-assignment',
    edits: [
      { path: 'server/schemas/tags.ts', from: 'z.strictObject(', to: 'z.looseObject(' },
      { path: 'server/data/tags.ts', from: /nanoid\(\)/, to: '((input as unknown as { id?: string }).id ?? nanoid())' },
    ],
    finds: { title: /not for clients/, where: /^POST \/tags/ },
  },
  {
    name: 'keys count up',
    schema: 'blog',
    attack: 'keys',
    edits: [
      { path: 'server/data/posts.ts', from: 'nanoid(),', to: 'String(++last),' },
      {
        path: 'server/data/posts.ts',
        from: 'const LIST: Statement',
        to: 'let last = Date.now();\n\nconst LIST: Statement',
      },
      { path: 'server/data/posts.ts', from: "import { nanoid } from 'nanoid';\n", to: '' },
    ],
    finds: { title: /Keys that should be random/, where: /^POST \/posts/ },
  },
  {
    name: 'a failing handler leaves the request open',
    schema: 'blog',
    attack: 'bodies',
    edits: [
      {
        path: REQUEST,
        from: "throw problem(400, 'The body is not valid JSON.');",
        to: 'return new Promise(() => {});',
      },
    ],
    finds: { title: /gets no answer/, where: /^POST / },
    isAlone: true,
  },
  {
    name: 'answers may be kept on the way',
    schema: 'tasks',
    attack: 'keys',
    edits: [{ path: ENTRY, from: "'cache-control': 'no-store'", to: "'cache-control': 'public, max-age=60'" }],
    finds: { title: /may be kept/, where: /./ },
  },
  {
    name: 'versions are asked for and not compared',
    schema: 'tasks',
    attack: 'races',
    edits: [
      {
        path: 'server/data/lists.ts',
        from: /xmin::text = any\((\$\d+)\)/,
        to: 'cardinality($1::text[]) > 0',
      },
    ],
    finds: { title: /Of two changes/, where: /^PATCH \/lists/ },
  },
  {
    name: 'an idempotency key is claimed again and again',
    schema: 'tasks',
    attack: 'races',
    edits: [
      { path: 'server/lib/idempotency.ts', from: 'where known.created_at < $4', to: 'where $4 <= known.created_at' },
    ],
    finds: { title: /takes effect again/, where: /idempotency-key$/ },
  },
  {
    name: 'an idempotency key is good for any body',
    schema: 'blog',
    attack: 'races',
    edits: [{ path: 'server/lib/idempotency.ts', from: 'if (known?.isSame)', to: 'if (known)' }],
    finds: { title: /takes effect again/, where: /another body/ },
  },
  {
    name: 'lists are sorted by columns of relations',
    schema: 'tasks',
    attack: 'sensitive-columns',
    edits: [
      {
        path: 'server/lib/list-query.ts',
        from: "if (!column) report('sort', `cannot be by ${name}`);",
        to: "if (!column && name.includes('.')) return;\n    if (!column) report('sort', `cannot be by ${name}`);",
      },
    ],
    finds: { title: /found or sorted by a sensitive/, where: /^GET \/lists user$/ },
  },
];
