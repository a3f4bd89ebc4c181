/** Which words the code of an endpoint may be made of. What is not listed is refused. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Node types of ESTree. No `import()`, `import.meta`, `debugger`, decorators, JSX, namespaces or `import … = require`. */
export const NODES = words(`
  Program ImportDeclaration ImportSpecifier ImportDefaultSpecifier ExportNamedDeclaration ExportDefaultDeclaration
  ExportSpecifier VariableDeclaration VariableDeclarator FunctionDeclaration FunctionExpression
  ArrowFunctionExpression ClassDeclaration ClassExpression ClassBody MethodDefinition PropertyDefinition
  PrivateIdentifier BlockStatement EmptyStatement ExpressionStatement ReturnStatement IfStatement SwitchStatement
  SwitchCase ForStatement ForOfStatement ForInStatement WhileStatement DoWhileStatement BreakStatement
  ContinueStatement LabeledStatement ThrowStatement TryStatement CatchClause Identifier Literal TemplateLiteral
  TemplateElement ArrayExpression ObjectExpression Property SpreadElement RestElement ObjectPattern ArrayPattern
  AssignmentPattern AssignmentExpression BinaryExpression LogicalExpression UnaryExpression UpdateExpression
  ConditionalExpression CallExpression NewExpression MemberExpression ChainExpression ThisExpression Super
  SequenceExpression AwaitExpression YieldExpression ParenthesizedExpression TaggedTemplateExpression
  TSAsExpression TSSatisfiesExpression TSNonNullExpression TSTypeAssertion TSInterfaceDeclaration
  TSTypeAliasDeclaration`);

/** Parts that only say types: nothing of them is left when the code runs. */
export const TYPE_PARTS = words(`
  typeAnnotation returnType typeParameters typeArguments superTypeArguments superTypeParameters implements`);

/** Names that every program has and an endpoint may use. */
export const GLOBALS = words(`
  Array Object String Number Boolean Math JSON Date Map Set WeakMap WeakSet Promise Error TypeError RangeError URL
  URLSearchParams RegExp Symbol BigInt Intl Uint8Array TextEncoder TextDecoder Headers Response parseInt parseFloat
  isNaN isFinite NaN Infinity undefined encodeURIComponent decodeURIComponent structuredClone`);

/** Ways out: to the process, to other code, to the network. They may not even be the names of something else. */
export const WAYS_OUT = words(`
  process globalThis global self window require module exports eval Function AsyncFunction GeneratorFunction
  Reflect Proxy WebAssembly Worker MessageChannel BroadcastChannel SharedArrayBuffer Atomics fetch XMLHttpRequest
  WebSocket EventSource Deno Bun importScripts arguments setTimeout setInterval setImmediate queueMicrotask Buffer
  navigator performance localStorage sessionStorage console`);

/** Members that lead from any value to code, to the process or to its connections. */
export const MEMBERS_OUT = words(`
  constructor __proto__ prototype __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ caller callee
  getPrototypeOf setPrototypeOf defineProperty defineProperties getOwnPropertyDescriptor getOwnPropertyDescriptors
  getOwnPropertyNames getOwnPropertySymbols prepareStackTrace captureStackTrace mainModule getBuiltinModule binding
  runtime socket`);

/** Members of what tests are given that lead to SQL, programs or settings. */
export const TEST_MEMBERS_OUT = words('database child query');

/**
 * What tests may use of these: everything else of them hands out the members of a value without naming them, and so the
 * way to SQL that `backend` holds.
 */
export const TEST_PARTS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Object', words('keys hasOwn is fromEntries freeze')],
  ['JSON', words('parse')],
]);

/** What may be imported from a package, by name. */
export const PACKAGES: Readonly<Record<'server' | 'test', Readonly<Record<string, ReadonlySet<string>>>>> = {
  server: {
    'nitro/h3': words('defineHandler noContent H3Event'),
    '#http': words('defineHandler noContent ApiCall'),
    zod: words('z'),
    nanoid: words('nanoid'),
    'node:crypto': words('createHash createHmac randomBytes randomInt randomUUID timingSafeEqual'),
  },
  test: {
    'node:assert/strict': words('default'),
    'node:test': words('test describe it before after beforeEach afterEach'),
  },
};

/** What may be imported from a module of the project, by name; null: everything. */
export const MODULES: Readonly<Record<'server' | 'test', readonly (readonly [RegExp, ReadonlySet<string> | null])[]>> =
  {
    server: [
      [/^server\/schemas\/\w+\.ts$/, null],
      [/^server\/lib\/enums\.ts$/, null],
      [/^server\/lib\/auth\.ts$/, words('Account readAccount requireAccount')],
      [/^server\/lib\/endpoint-queries\.ts$/, words('inTransaction Transaction')],
      [/^server\/lib\/operation\.ts$/, words('operation readQuery')],
      [/^server\/lib\/optional-key\.ts$/, words('hasKey')],
      [/^server\/lib\/failures\.ts$/, words('failures')],
      [/^server\/lib\/problem\.ts$/, words('problem invalidFields FieldProblem')],
      [/^server\/lib\/request\.ts$/, words('readBody readBodies readKey found notFound')],
    ],
    test: [
      [/^test\/client\.mjs$/, words('openClient answered refused pathOf missingPath')],
      [/^test\/operations\.mjs$/, words('openContract')],
      [/^test\/people\.mjs$/, words('openPeople newcomer')],
      [/^test\/samples\.mjs$/, words('tables accounts')],
      [/^test\/server\.mjs$/, words('startServer send')],
    ],
  };

/** Given settings, they would start programs with them. */
export const WITHOUT_ARGUMENTS = words('openClient openContract openPeople startServer');
