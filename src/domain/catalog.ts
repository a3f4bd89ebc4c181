/**
 * What a project's database holds, as PostgreSQL itself tells it: the tables and everything that hangs on them, also
 * what a schema of ours cannot say. Expressions are in PostgreSQL's own spelling, so two catalogs can be compared.
 */
export interface Catalog {
  readonly tables: readonly CatalogTable[];
  readonly enums: readonly CatalogEnum[];
  readonly views: readonly CatalogView[];
  /** Functions, free sequences, domains …: what no schema of ours makes. */
  readonly others: readonly CatalogObject[];
}

export interface CatalogTable {
  readonly name: string;
  readonly comment: string | null;
  readonly rowSecurity: boolean;
  readonly columns: readonly CatalogColumn[];
  readonly constraints: readonly CatalogConstraint[];
  /** Those that no constraint made. */
  readonly indexes: readonly CatalogIndex[];
  readonly policies: readonly CatalogPolicy[];
  readonly triggers: readonly CatalogObject[];
}

export interface CatalogColumn {
  readonly name: string;
  /** As `format_type` spells it. */
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  /** `a`: always, `d`: by default. */
  readonly identity: 'a' | 'd' | null;
  /** The sequence behind an identity. */
  readonly sequence: string | null;
  /** The expression of a generated column. */
  readonly generated: string | null;
  readonly comment: string | null;
}

export type ConstraintKind = 'primary' | 'unique' | 'foreign' | 'check' | 'other';

export interface CatalogConstraint {
  readonly kind: ConstraintKind;
  readonly name: string;
  /** In the order of the constraint; of a check in the order of the table. */
  readonly columns: readonly string[];
  /** As `pg_get_constraintdef` spells it; ends with NOT VALID when it is. */
  readonly definition: string;
  /** Of a foreign key. */
  readonly target: { readonly table: string; readonly columns: readonly string[] } | null;
}

export interface CatalogIndex {
  readonly name: string;
  readonly unique: boolean;
  /** False after CREATE INDEX CONCURRENTLY has failed. */
  readonly valid: boolean;
  /** Method, columns and condition. */
  readonly definition: string;
  /** Null when it is on expressions. */
  readonly columns: readonly string[] | null;
}

export interface CatalogPolicy {
  readonly name: string;
  /** `SELECT`, `INSERT`, `UPDATE`, `DELETE` or `ALL`. */
  readonly command: string;
  readonly permissive: boolean;
  /** Empty: everybody. */
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly check: string | null;
}

export interface CatalogEnum {
  readonly name: string;
  readonly values: readonly string[];
}

export interface CatalogView {
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
}

export interface CatalogObject {
  readonly name: string;
  readonly definition: string;
}

/** One thing two databases do not agree about. Null: it is not there. */
export interface Difference {
  /** `table`, `column`, `type`, `nullable`, `default`, `unique`, `index`, `enum`, `policy` … */
  readonly kind: string;
  /** `posts`, `posts.title`, `posts: UNIQUE (slug)`. */
  readonly object: string;
  readonly left: string | null;
  readonly right: string | null;
}

interface Fact {
  readonly kind: string;
  readonly object: string;
  readonly value: string;
  /** The fact without which this one is no news. */
  readonly within: string | null;
}

/**
 * What two databases do not agree about, in the order of their names; empty when they are the same but for the order of
 * columns. The names of constraints and indexes count only with `names`. Pure.
 */
export function compareCatalogs(
  left: Catalog,
  right: Catalog,
  { names = false }: { readonly names?: boolean } = {},
): readonly Difference[] {
  const [ours, theirs] = [factsOf(left, names), factsOf(right, names)];
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return keys.flatMap((key): Difference[] => {
    const [one, other] = [ours.get(key), theirs.get(key)];
    const fact = one ?? other;
    if (!fact || one?.value === other?.value) return [];
    if (fact.within !== null && ours.has(fact.within) !== theirs.has(fact.within)) return [];
    return [{ kind: fact.kind, object: fact.object, left: one?.value ?? null, right: other?.value ?? null }];
  });
}

const keyOf = (kind: string, object: string): string => `${object}\u0000${kind}`;

function factsOf(catalog: Catalog, names: boolean): ReadonlyMap<string, Fact> {
  const facts = [
    ...catalog.tables.flatMap((table) => tableFacts(table, names)),
    ...catalog.enums.map(({ name, values }) =>
      fact('enum', name, values.map((value) => JSON.stringify(value)).join(', ')),
    ),
    ...catalog.views.flatMap(({ name, definition, comment }) => [
      fact('view', name, definition),
      ...commentFact(name, comment, keyOf('view', name)),
    ]),
    ...catalog.others.map(({ name, definition }) => fact('object', name, definition)),
  ];
  const found = new Map<string, Fact>();
  for (const next of facts) {
    const key = keyOf(next.kind, next.object);
    const twin = found.get(key);
    // The same rule twice is not the same as once.
    found.set(key, twin ? { ...next, value: `${twin.value} + ${next.value}` } : next);
  }
  return found;
}

function fact(kind: string, object: string, value: string, within: string | null = null): Fact {
  return { kind, object, value, within };
}

function commentFact(object: string, comment: string | null, within: string): Fact[] {
  return comment === null ? [] : [fact('comment', object, comment, within)];
}

function tableFacts(table: CatalogTable, names: boolean): Fact[] {
  const within = keyOf('table', table.name);
  const named = (name: string, definition: string): [string, string] =>
    names ? [`${table.name}: ${name}`, definition] : [`${table.name}: ${definition}`, definition];
  return [
    fact('table', table.name, table.name),
    fact('row security', table.name, table.rowSecurity ? 'on' : 'off', within),
    ...commentFact(table.name, table.comment, within),
    ...table.columns.flatMap((column) => columnFacts(column, table, names)),
    ...table.constraints.map(({ kind, name, definition }) => fact(kind, ...named(name, definition), within)),
    ...table.indexes.map(({ name, unique, valid, definition }) => {
      const text = `${unique ? 'UNIQUE ' : ''}${definition}${valid ? '' : ' (invalid)'}`;
      return fact('index', ...named(name, text), within);
    }),
    ...table.policies.map((policy) => fact('policy', `${table.name}: ${policy.name}`, policyText(policy), within)),
    ...table.triggers.map(({ name, definition }) => fact('trigger', `${table.name}: ${name}`, definition, within)),
  ];
}

function columnFacts(column: CatalogColumn, table: CatalogTable, names: boolean): Fact[] {
  const object = `${table.name}.${column.name}`;
  const within = keyOf('column', object);
  const { identity, sequence, generated } = column;
  const made = identity === 'a' ? 'always' : 'by default';
  return [
    fact('column', object, object, keyOf('table', table.name)),
    fact('type', object, column.type, within),
    fact('nullable', object, column.notNull ? 'no' : 'yes', within),
    ...(column.default === null ? [] : [fact('default', object, column.default, within)]),
    ...(identity === null ? [] : [fact('identity', object, names ? `${made} by ${sequence}` : made, within)]),
    ...(generated === null ? [] : [fact('generated', object, generated, within)]),
    ...commentFact(object, column.comment, within),
  ];
}

function policyText({ command, permissive, roles, using, check }: CatalogPolicy): string {
  return [
    `FOR ${command}`,
    ...(permissive ? [] : ['RESTRICTIVE']),
    ...(roles.length === 0 ? [] : [`TO ${roles.join(', ')}`]),
    ...(using === null ? [] : [`USING (${using})`]),
    ...(check === null ? [] : [`WITH CHECK (${check})`]),
  ].join(' ');
}
