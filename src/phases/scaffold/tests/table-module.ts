import { accessOf, accountsOf, isAccountsTable, singleOwner } from '../../../domain/access.ts';
import { isComparable, nestedPath } from '../../../domain/rest.ts';
import { parentLinks } from '../../../domain/sample.ts';
import { pointAt, sampleValue, scaleOf } from '../../../domain/sample-values.ts';
import type { Column, Schema, Table } from '../../../domain/schema.ts';
import { generatorOf, type Resource, type ResourceRelation } from '../resource.ts';
import { rowMethods } from '../route-files.ts';
import { commentText, entry, jsonCode, listed, member, quoted } from '../source.ts';
import { defaultCode } from '../value-code.ts';
import { accessCases } from './access-cases.ts';
import { type Case, callCase, checkImports, constantList, lines, objectCode } from './cases.ts';
import { limitsOf } from './limits.ts';
import { hasFewRows, missingValue, SEED, sampleBody, shownValue, textList, uniqueSets } from './values.ts';

/** Whose words a file of tests is written in. */
export interface Voice {
  /** Who makes rows and asks for them. */
  readonly client: string;
  readonly schema: Schema;
  readonly resources: readonly Resource[];
}

/** The cases that hold for the rows of every table. */
function rowCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, output, patches } = resource;
  const who = [voice.client, quoted(table.name)];
  const columns = constantList(
    'columns',
    '[',
    output.map(({ name }) => quoted(name)),
    ']',
  );
  const life = callCase('a row is made, read and removed', 'checkLife', [...who, { as: 'columns', code: columns }]);
  if (hasFewRows(resource)) return [life, ...bodyCases(resource, voice)];
  const open = voice.client === 'admin' ? resource.adminPatches.map(({ name }) => name) : [];
  const closed = unsendable(resource).filter((name) => !open.includes(name));
  const foreign = constantList('foreign', '[', closed.map(quoted), ']');
  return [
    life,
    callCase('a key that no row has is not found', 'checkMissing', [...who, 'methods']),
    ...bodyCases(resource, voice),
    ...defaultCases(resource, voice),
    callCase('fields that nobody may send are refused', 'checkUnknown', [
      ...who,
      { as: 'foreign', code: foreign },
      'methods',
    ]),
    ...(patches.length > 0 ? changeCases(resource, voice) : []),
    ...neighbourCases(resource, voice),
    callCase('a row is changed only in the version that is named', 'checkVersions', [...who, 'methods']),
    ...(resource.inputs.length > 0 && singleOwner(table, voice.schema) === null
      ? [
          callCase('of many rows all are made or none', 'checkMany', who),
          callCase('a request with an idempotency key takes effect once', 'checkOnce', who),
        ]
      : []),
    ...ruleCases(resource, voice),
  ];
}

/** A key of several references: rows that share one of them are told apart by the others. */
function neighbourCases({ table, key, inputs }: Resource, { client, schema }: Voice): readonly Case[] {
  const parents = key.flatMap((column) => {
    const isSent = inputs.some((field) => field.column === column);
    return isSent && column.references ? [[column.name, column.references] as const] : [];
  });
  if (parents.length < 2 || parents.length < key.length) return [];
  if (parents.some(([, target]) => isSingle(target.table, schema))) return [];
  const code = Object.fromEntries(parents.map(([name, target]) => [name, textList([target.table, target.column])]));
  return [
    callCase('rows that share a part of their key are different ones', 'checkNeighbours', [
      client,
      quoted(table.name),
      { as: 'parts', code: objectCode(code, 'parts') },
    ]),
  ];
}

/** An account has one row of that table at most. */
function isSingle(name: string, schema: Schema): boolean {
  const table = schema.tables.find((candidate) => candidate.name === name);
  return table !== undefined && singleOwner(table, schema) !== null;
}

/** Columns that are filled in by others; the owner's and what is protected are among them. */
function unsendable({ table, inputs }: Resource): readonly string[] {
  const columns = table.columns.filter((column) => !inputs.some((field) => field.column === column));
  const hashes = inputs.filter(({ name, column }) => name !== column.name).map(({ column }) => column.name);
  return [...columns.map(({ name }) => name), ...hashes];
}

/** The defaults of a table as code, by field. */
function defaultsOf({ inputs, ...resource }: Resource): Readonly<Record<string, string>> {
  const visible = inputs.filter(({ column }) => !column.sensitive && !column.primaryKey && !column.references);
  const entries = visible.flatMap(({ name, column }): [string, string][] => {
    const given = column.default;
    if (given && 'value' in given) return [[name, shownDefault({ inputs, ...resource }, column, given.value)]];
    return column.nullable ? [[name, 'null']] : [];
  });
  return Object.fromEntries(entries);
}

/** A default as it is answered. */
function shownDefault(resource: Resource, column: Column, value: string | number | boolean): string {
  const { type } = resource.typeOf(column);
  if (type?.kind === 'decimal' && !type.array) {
    const digits = type.args.length > 0 ? (type.args[1] ?? 0) : null;
    return quoted(digits === null ? String(value) : Number(value).toFixed(digits));
  }
  return defaultCode(resource, column, value);
}

function bodyCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, inputs } = resource;
  const who = [voice.client, quoted(table.name)];
  const required = inputs.filter((field) => field.required).map(({ name }) => quoted(name));
  const refused = inputs.flatMap((field) =>
    limitsOf(resource, field).refused.map(({ code, message }) => row([quoted(field.name), code, quoted(message)])),
  );
  return [
    ...(required.length > 0
      ? [
          callCase('all that is missing is named at once', 'checkRequired', [
            ...who,
            { as: 'required', code: constantList('required', '[', required, ']') },
          ]),
        ]
      : []),
    ...(refused.length > 0
      ? [
          callCase('values just outside of the limits are refused', 'checkRefused', [
            ...who,
            { as: 'outside', code: lines(refused) },
          ]),
        ]
      : []),
  ];
}

/** One of the lists in a list. */
function row(parts: readonly string[]): string {
  return listed('[', parts, ']', 2);
}

function defaultCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, patches } = resource;
  const who = [voice.client, quoted(table.name)];
  const defaults = defaultsOf(resource);
  const inside = patches
    .filter(({ column }) => isFree(column, table))
    .flatMap((field) => {
      const { type } = resource.typeOf(field.column);
      const isExact = type?.base !== 'char' && !(type?.kind === 'decimal' && type.args.length === 0);
      const codes = limitsOf(resource, field).accepted.filter((code) => isExact || code === 'null');
      return codes.map((code) => row([quoted(field.name), code]));
    });
  return [
    ...(Object.keys(defaults).length > 0
      ? [
          callCase('what is left out has its default', 'checkDefaults', [
            ...who,
            { as: 'defaults', code: objectCode(defaults, 'defaults') },
          ]),
        ]
      : []),
    ...(inside.length > 0
      ? [
          callCase('values just inside of the limits are taken', 'checkAccepted', [
            ...who,
            { as: 'inside', code: lines(inside) },
          ]),
        ]
      : []),
  ];
}

/** A column whose values depend on no other row and no other column. */
function isFree(column: Column, table: Table): boolean {
  const linked = parentLinks(table).some(({ columns }) => columns.includes(column.name));
  const compared = table.checks.some(({ left, right }) => left === column.name || right === column.name);
  return !linked && !compared && !uniqueSets(table).flat().includes(column.name);
}

/** For each plain field a value that differs from the sample's. */
export function changesOf(
  resource: Resource,
  { schema }: Pick<Voice, 'schema'>,
): readonly Readonly<Record<string, string>>[] {
  const { table, patches, output } = resource;
  const compared = new Set(table.checks.flatMap(({ left, right }) => [left, right]));
  const linked = new Set(parentLinks(table).flatMap(({ columns }) => columns));
  const values = sampleBody(resource, schema, SEED);
  return patches
    .filter(({ column }) => output.includes(column) && !compared.has(column.name) && !linked.has(column.name))
    .flatMap(({ name, column }) => {
      const other = [1, 2, 3]
        .map((step) => shownValue(resource, column, sampleValue(column, schema, SEED + step, name)))
        .find((value) => JSON.stringify(value) !== JSON.stringify(values[name]));
      return other !== undefined ? [{ [name]: jsonCode(other) }] : [];
    });
}

function changeCases(resource: Resource, voice: Voice): readonly Case[] {
  const who = [voice.client, quoted(resource.table.name)];
  const changes = changesOf(resource, voice);
  if (changes.length === 0) return [];
  const unique = new Set(uniqueSets(resource.table).flat());
  const isUnique = (change: Readonly<Record<string, string>>) => unique.has(Object.keys(change)[0] ?? '');
  const plain = changes.filter((change) => !isUnique(change));
  const own = changes.filter(isUnique).flatMap((change) => Object.keys(change));
  const list = constantList(
    'changes',
    '[',
    plain.map((change) => objectCode(change)),
    ']',
  );
  return [
    callCase('PATCH changes one field and nothing else', 'checkPatch', [
      ...who,
      { as: 'changes', code: list },
      ...(own.length > 0 ? [textList(own)] : []),
    ]),
    callCase('PUT writes the whole row', 'checkPut', [
      ...who,
      { as: 'changed', code: objectCode(Object.assign({}, ...plain), 'changed') },
      { as: 'replaced', code: objectCode(defaultsOf(resource), 'replaced') },
    ]),
  ];
}

/** Uniqueness, references, comparisons and what the database itself refuses. */
function ruleCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, inputs } = resource;
  const who = [voice.client, quoted(table.name)];
  const isInput = (name: string) => inputs.some(({ column }) => column.name === name);
  const isPatch = (name: string) => resource.patches.some(({ column }) => column.name === name);
  const uniques = uniqueSets(table).filter((columns) => columns.every(isSendable));
  function isSendable(name: string): boolean {
    return isInput(name) && table.columns.some((column) => column.name === name && !column.sensitive);
  }
  const hashed = inputs.filter((field) => field.hashed);
  return [
    ...uniques.map((columns) =>
      callCase(`no two rows have the same ${columns.join(' and ')}`, 'checkUnique', [
        ...who,
        textList(columns),
        columns.every(isPatch) ? 'methods' : "['POST']",
      ]),
    ),
    ...referenceCases(resource, voice),
    ...comparisonCases(resource, voice),
    ...hashed.map(({ name, column }) =>
      callCase(`${name} is kept as a hash`, 'checkHashed', [
        ...who,
        quoted(name),
        quoted(column.name),
        isPatch(column.name) ? 'methods' : "['POST']",
      ]),
    ),
    ...constraintCases(resource, voice),
  ];
}

const OUTCOMES = { 'no-action': 'restrict', restrict: 'restrict', cascade: 'cascade', 'set-null': 'null' } as const;

function referenceCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, inputs } = resource;
  const { schema } = voice;
  const who = [voice.client, quoted(table.name)];
  return table.columns.flatMap((column) => {
    const parent = schema.tables.find(({ name }) => name === column.references?.table);
    const field = inputs.find((candidate) => candidate.column === column);
    const target = parent?.columns.find(({ name }) => name === column.references?.column);
    if (!parent || !field || !target) return [];
    const changeable = resource.patches.some((patch) => patch.column === column);
    const nowhere = jsonCode(missingValue(target, schema));
    const cases = [
      callCase(`${field.name} must be that of a row`, 'checkReference', [
        ...who,
        quoted(field.name),
        nowhere,
        changeable ? 'methods' : "['POST']",
      ]),
    ];
    if (isAccountsTable(parent, schema)) return cases;
    const of = textList([parent.name, target.name]);
    const outcome = OUTCOMES[column.references?.onDelete ?? 'no-action'];
    const what = { restrict: 'cannot be removed', cascade: 'takes it along', null: 'is forgotten' }[outcome];
    return [
      ...cases,
      ...(changeable && !isSingle(parent.name, schema)
        ? [callCase(`${field.name} can be changed`, 'checkMove', [...who, quoted(field.name), of])]
        : []),
      callCase(`the row that ${field.name} names ${what}`, 'checkParentRemoval', [
        ...who,
        quoted(field.name),
        of,
        quoted(outcome),
      ]),
    ];
  });
}

/** Values that break a comparison of two columns. */
function comparisonCases(resource: Resource, { client }: Voice): readonly Case[] {
  const { table, inputs } = resource;
  return table.checks.flatMap(({ left, operator, right }) => {
    const fields = [left, right].map((name) => inputs.find(({ column }) => column.name === name));
    const [one, other] = fields;
    const [low, high] = [one, other].map((field) => (field ? scaleOf(field.column) : null));
    if (!one || !other || !low || !high || table.checks.length > 1) return [];
    const [start, later] = [pointAt(low, SEED), pointAt(high, SEED)];
    const at = Math.min(Math.max(start, later), low.high, high.high);
    const step = Math.max(low.step, high.step);
    const [first, second] = operator.startsWith('<')
      ? [at, operator === '<' ? at : at - step]
      : operator.startsWith('>')
        ? [operator === '>' ? at : at - step, at]
        : [at, operator === '=' ? at - step : at];
    const ends = { [one.name]: jsonCode(low.encode(first)), [other.name]: jsonCode(high.encode(second)) };
    const values = objectCode(ends, 'apart');
    const errors = objectCode(
      {
        [one.name]: quoted(`${DEMANDS[operator][0]} ${right}`),
        [other.name]: quoted(`${DEMANDS[operator][1]} ${left}`),
      },
      'demands',
    );
    return [
      callCase(`${left} and ${right} must go together`, 'checkTogether', [
        client,
        quoted(table.name),
        { as: 'apart', code: values },
        { as: 'demands', code: errors },
      ]),
    ];
  });
}

const DEMANDS: Readonly<Record<Table['checks'][number]['operator'], readonly [string, string]>> = {
  '<': ['must be less than', 'must be greater than'],
  '<=': ['must not be greater than', 'must not be less than'],
  '>': ['must be greater than', 'must be less than'],
  '>=': ['must not be less than', 'must not be greater than'],
  '=': ['must equal', 'must equal'],
  '<>': ['must differ from', 'must differ from'],
};

/** The checks of columns, past the server: they hold even for who writes SQL by hand. */
export function constraintCases(resource: Resource, { client }: Voice): readonly Case[] {
  const { table } = resource;
  const cases = table.columns.flatMap((column) => {
    const { check } = column;
    const { type } = resource.typeOf(column);
    if (!check || column.primaryKey || type?.array) return [];
    const codes = [
      ...(check.min === undefined ? [] : [String(check.min - 1)]),
      ...(check.max === undefined ? [] : [String(check.max + 1)]),
      ...(check.minLength ? [check.minLength === 1 ? "''" : `'x'.repeat(${check.minLength - 1})`] : []),
      ...(check.maxLength === undefined ? [] : [`'x'.repeat(${check.maxLength + 1})`]),
    ];
    const narrow = type?.args[0] !== undefined && type.kind === 'text' ? '22001' : null;
    return codes.map((code) => {
      const isLong = code.includes('repeat') && code.includes(`(${(check.maxLength ?? 0) + 1})`);
      const state = isLong && narrow !== null && type?.args[0] === check.maxLength ? narrow : '23514';
      return callCase(`the database itself refuses ${code} as ${column.name}`, 'checkConstraint', [
        client,
        quoted(table.name),
        quoted(column.name),
        code,
        quoted(state),
      ]);
    });
  });
  return cases;
}

/** Filters, order, pages, and what rows are shown with. */
function listCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, key } = resource;
  const who = [voice.client, quoted(table.name)];
  const kinds = kindsOf(resource);
  const nullable = resource.inputs.filter(
    ({ column }) => column.nullable && kinds[column.name] !== undefined && !column.references,
  );
  const bad = badFilters(resource);
  const [first] = key.filter((column) => kinds[column.name] !== undefined);
  const cases: Case[] = [];
  if (!hasFewRows(resource) && first) {
    const many = (name: string, check: string, rest: readonly string[]) =>
      callCase(name, check, [...who, 'await makeRows()', ...rest]);
    cases.push(
      many('rows are found by each column', 'checkFilters', ['kinds']),
      ...(nullable.length > 0
        ? [many('rows are found by what is empty', 'checkEmpty', [textList(nullable.map(({ name }) => name))])]
        : []),
      many('rows come in the order that is asked for, page by page', 'checkOrder', ['kinds']),
      many('the plain list shows every row once', 'checkPlainList', []),
      many('lists are counted and cut, and refuse what they do not know', 'checkListSettings', ['kinds']),
      many('a row is shown in part', 'checkRowQuery', [quoted(first.name)]),
    );
  }
  if (bad.length > 0) {
    const values = bad.map(([name, value]) => `[${quoted(name)}, ${quoted(value)}]`);
    cases.push(
      callCase('a filter must be of the type of its column', 'checkBadFilters', [
        ...who,
        { as: 'strange', code: lines(values) },
      ]),
    );
  }
  return [
    ...cases,
    ...relationCases(resource, voice),
    callCase('methods that a path does not have are told', 'checkMethods', [...who, 'methods']),
    callCase('a body must be JSON in UTF-8, and not too large', 'checkBodies', [
      ...who,
      textList(['POST', ...(resource.patches.length > 0 ? ['PUT', 'PATCH'] : [])]),
    ]),
  ];
}

/** How the values of each column are compared. Texts that the server makes up have an order that depends on the language. */
function kindsOf(resource: Resource): Readonly<Record<string, 'equal' | 'ordered' | 'text'>> {
  const kinds = resource.output
    .filter((column) => isComparable(column))
    .map((column): [string, 'equal' | 'ordered' | 'text'] => {
      const { type } = resource.typeOf(column);
      const made = generatorOf(column) === 'id' || column.references !== null;
      switch (type?.kind) {
        case 'text':
          return [column.name, made || type.base === 'char' ? 'equal' : 'text'];
        case 'integer':
        case 'bigint':
        case 'decimal':
        case 'date':
        case 'timestamp':
        case 'time':
          return [column.name, 'ordered'];
        default:
          return [column.name, 'equal'];
      }
    })
    .filter(([name]) => {
      const kind = resource.typeOf(resource.table.columns.find((column) => column.name === name) ?? missingColumn())
        .type?.kind;
      return kind !== 'float' && kind !== 'interval' && kind !== 'network' && kind !== 'bytes';
    });
  return Object.fromEntries(kinds);
}

function missingColumn(): never {
  throw new Error('A column of the table is not in it.');
}

export function badFilters(resource: Resource): readonly (readonly [string, string])[] {
  return resource.output
    .filter((column) => isComparable(column))
    .flatMap((column): [string, string][] => {
      const { type } = resource.typeOf(column);
      if (type?.kind === 'text')
        return [
          [`${column.name}[eq]`, 'a\0b'],
          [`${column.name}[above]`, 'a'],
        ];
      return [[`${column.name}[eq]`, 'neither this nor that']];
    });
}

/** Code of a function that makes rows which differ where they can, one of them as empty as may be. */
function makeRowsCode(resource: Resource, { client, schema }: Voice): string {
  const { table, inputs } = resource;
  const changes: Readonly<Record<string, string>> = Object.assign({}, ...changesOf(resource, { schema }));
  const unique = new Set(uniqueSets(table).flat());
  const plain = Object.entries(changes).filter(([name]) => !unique.has(name));
  const empty = inputs.filter(({ column }) => column.nullable).map(({ name }) => [name, 'null'] as const);
  const make = (name: string) => `await ${client}.make(${quoted(table.name)}${name === '' ? '' : `, ${name}`})`;
  const constant = (name: string, entries: readonly (readonly [string, string])[]) =>
    `const ${name} = ${objectCode(Object.fromEntries(entries), name)};`;
  const [hasOther, hasEmpty] = [plain.length > 0, empty.length > 0];
  const isAlone = singleOwner(table, schema) !== null;
  const rows = [
    make(''),
    ...(!isAlone && (hasOther || unique.size > 0) ? [make(hasOther ? 'other' : '')] : []),
    ...(!isAlone && hasEmpty ? [make('bare')] : []),
  ];
  const kinds = Object.entries(kindsOf(resource)).map(([name, kind]) => [name, quoted(kind)] as const);
  return [
    '/** How the values of each column can be compared. */',
    constant('kinds', kinds),
    ...(!isAlone && hasOther ? [constant('other', plain)] : []),
    ...(!isAlone && hasEmpty ? [constant('bare', empty)] : []),
    '',
    '/** Rows that differ where they can, made once. */',
    'let rows;',
    'async function makeRows() {',
    `  ${listed('rows ??= [', rows, '];', 2)}`,
    '  return rows;',
    '}',
  ].join('\n');
}

function relationCases(resource: Resource, voice: Voice): readonly Case[] {
  return resource.relations.flatMap((relation) =>
    relation.embedding.kind === 'parent'
      ? parentCase(resource, relation, voice)
      : childrenCase(resource, relation, voice),
  );
}

function parentCase(resource: Resource, { embedding }: ResourceRelation, { client, schema }: Voice): readonly Case[] {
  const { table } = resource;
  const parent = schema.tables.find(({ name }) => name === embedding.table);
  if (!parent || isAccountsTable(parent, schema)) return [];
  const isOwned = embedding.columns.some((name) => !resource.inputs.some(({ column }) => column.name === name));
  if (isOwned) return [];
  const links = embedding.columns.map((name, at) => entry(name, member('parent', embedding.otherColumns[at] ?? ''), 4));
  const code = [
    `test(${quoted(`a row is shown with its ${embedding.name}`)}, async () => {`,
    `  const parent = await ${client}.make(${quoted(parent.name)});`,
    `  ${listed(`const row = await ${client}.make(${quoted(table.name)}, {`, links, '});', 2)}`,
    `  ${listed('await checkParent(', [client, quoted(table.name), quoted(embedding.name), 'row', 'parent'], ');', 2)}`,
    '});',
  ].join('\n');
  return [{ name: embedding.name, code }];
}

function childrenCase(resource: Resource, { embedding, nested }: ResourceRelation, voice: Voice): readonly Case[] {
  const { client, schema, resources } = voice;
  const { table } = resource;
  const child = resources.find((candidate) => candidate.table.name === embedding.table);
  if (!child || hasFewRows(child) || child.table.name === accountsOf(schema)?.table.name) return [];
  const isSendable = embedding.otherColumns.every((name) => child.inputs.some(({ column }) => column.name === name));
  if (!isSendable) return [];
  const links = embedding.otherColumns.map((name, at) => entry(name, member('row', embedding.columns[at] ?? ''), 4));
  const below = nested ? quoted(nestedPath(embedding)) : 'null';
  const children = [
    `name: ${quoted(embedding.name)}`,
    `below: ${below}`,
    `table: ${quoted(embedding.table)}`,
    'rows: [child]',
  ];
  const code = [
    `test(${quoted(`a row is shown with its ${embedding.name}`)}, async () => {`,
    `  const row = await ${client}.make(${quoted(table.name)});`,
    `  ${listed(`const child = await ${client}.make(${quoted(embedding.table)}, {`, links, '});', 2)}`,
    `  ${listed('const children = {', children, '};', 2)}`,
    `  ${listed('await checkChildren(', [client, quoted(table.name), 'row', 'children'], ');', 2)}`,
    '});',
  ].join('\n');
  return [{ name: embedding.name, code }];
}

/** `test/<table>.test.mjs`. */
export function tableModule(resource: Resource, schema: Schema, resources: readonly Resource[]): string {
  const { table } = resource;
  const client = schema.accounts ? (accessOf(table, schema).write === 'admins' ? 'admin' : 'alice') : 'client';
  const voice: Voice = { client, schema, resources };
  const cases = [
    ...rowCases(resource, voice),
    ...listCases(resource, voice),
    ...(schema.accounts ? accessCases(resource, schema) : []),
  ];
  const body = cases.map(({ code }) => code).join('\n\n');
  const about = commentText(table.description);
  const used = ['admin', 'alice', 'bob', 'carol'].filter((name) => new RegExp(`\\b${name}\\b[,.)]`).test(body));
  const opening = schema.accounts
    ? `const { ${[...used, 'backend'].join(', ')} } = await openPeople();`
    : 'const { client, backend } = await openClient();';
  const own = schema.accounts
    ? "import { openPeople } from './people.mjs';"
    : "import { openClient } from './client.mjs';";
  const paths = body.includes('pathOf(') ? ["import { pathOf } from './client.mjs';"] : [];
  const imports = [own, ...paths, ...checkImports(body)].sort((one, other) => (pathIn(one) < pathIn(other) ? -1 : 1));
  const head = [
    "import { after, test } from 'node:test';",
    ...imports,
    '',
    `// The rows of ${table.name}${about === '' ? '.' : `: ${about}`}`,
    '',
    opening,
    'after(() => backend.close());',
    '',
    `const methods = ${textList(rowMethods(resource))};`,
  ];
  const rows = body.includes('makeRows()') ? [makeRowsCode(resource, voice)] : [];
  return `${[head.join('\n'), ...rows, body].join('\n\n')}\n`;
}

function pathIn(line: string): string {
  return line.slice(line.indexOf(" from '"));
}
