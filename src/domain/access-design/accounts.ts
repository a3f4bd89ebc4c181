import { parseColumnType } from '../column-type.ts';
import { TurboError } from '../errors.ts';
import { type Accounts, type Column, primaryKey, type Schema, type Table } from '../schema.ts';

/** Names of columns that people know themselves by, best first. */
const LOGINS = ['email', 'e_mail', 'email_address', 'username', 'login', 'user_name', 'nickname', 'handle', 'phone'];

/** What an account may not say about itself: whether it is trusted, and what it is worth. */
const PROTECTED =
  /^(?:roles?|user_role|is_(?:admin|staff|superuser|moderator|verified|banned|blocked|trusted|premium|approved|active)|admin|moderator|verified|banned|blocked|suspended|premium|approved|(?:\w+_)?verified(?:_at)?|confirmed(?:_at)?|\w+_confirmed(?:_at)?|banned_(?:at|until)|(?:\w+_)?balance(?:_cents)?|(?:\w+_)?credits?(?:_cents)?|credit_limit(?:_cents)?|points|(?:loyalty|reward|bonus)_points|karma|reputation|score|rating|xp|stripe_\w+|plan|tier|permissions?|discount(?:_percent)?|last_(?:login|seen)(?:_at)?|failed_logins)$/;

const NO_LIMITS = { unique: false, primaryKey: false, references: null, protected: false } as const;

/** A state of these kinds tells whether an account may be used at all. */
const TRUST = /^(?:active|approved|banned|blocked|deactivated|disabled|locked|pending|suspended|unverified|verified)$/;

/** The accounts table with a login, a password and nothing that people could give themselves. */
export function accountsTable(table: Table, schema: Schema): { readonly table: Table; readonly accounts: Accounts } {
  if (primaryKey(table).length !== 1) {
    throw new TurboError('schema.invalid', `Nobody can sign in as ${table.name}: its key is not one column`, {
      hint: 'Name a table whose rows have a key of one column.',
    });
  }
  const { columns: withLogin, login } = ensureLogin(table.columns);
  const { columns, password } = ensurePassword(withLogin);
  const guarded = columns.map((column) => ([login, password].includes(column.name) ? column : guard(column, schema)));
  const gone = new Set(
    table.columns.map(({ name }) => name).filter((name) => !columns.some((column) => column.name === name)),
  );
  const isThere = (names: readonly string[]) => !names.some((name) => gone.has(name));
  return {
    table: {
      ...table,
      columns: guarded,
      uniques: table.uniques.filter(isThere),
      indexes: table.indexes.filter((index) => isThere(index.columns)),
      checks: table.checks.filter(({ left, right }) => isThere([left, right])),
    },
    accounts: { table: table.name, login, password, role: null, admins: [] },
  };
}

function isText({ type }: Column): boolean {
  const read = parseColumnType(type);
  return read?.kind === 'text' && !read.array;
}

function ensureLogin(columns: readonly Column[]): { readonly columns: readonly Column[]; readonly login: string } {
  const usable = columns.filter((column) => isText(column) && !column.sensitive && !column.references);
  const named = LOGINS.map((name) => usable.find((column) => column.name === name)).filter((one) => one !== undefined);
  const login = named.find((column) => column.unique && !column.nullable) ?? named[0];
  if (login) {
    const fixed: Column = { ...login, unique: true, nullable: false, default: null, protected: false };
    return { columns: columns.map((column) => (column === login ? fixed : column)), login: login.name };
  }
  const name = freeName(['email', 'login_email', 'login_name'], columns);
  const made: Column = {
    ...NO_LIMITS,
    name,
    type: 'text',
    description: 'What they sign in with.',
    nullable: false,
    default: null,
    unique: true,
    check: { minLength: 1, maxLength: 320 },
    sensitive: false,
  };
  return { columns: insertAfterKey(columns, made), login: name };
}

function ensurePassword(columns: readonly Column[]): {
  readonly columns: readonly Column[];
  readonly password: string;
} {
  const hash = columns.find((column) => /^pass\w*_hash$/.test(column.name) && isText(column) && !column.references);
  // In a column called `password` the password itself would be expected.
  const plain = columns.find(({ name }) => ['password', 'passwd', 'pass', 'passphrase'].includes(name));
  const name = hash?.name ?? freeName(['password_hash', 'login_password_hash'], columns);
  const made: Column = {
    ...NO_LIMITS,
    name,
    type: 'text',
    description: 'Hash of their password.',
    nullable: false,
    default: null,
    check: { minLength: 1, maxLength: 500 },
    sensitive: true,
  };
  const place = hash ?? plain;
  const others = columns.filter((column) => column === place || column !== plain);
  if (place) return { columns: others.map((column) => (column === place ? made : column)), password: name };
  return { columns: insertBeforeTimes(columns, made), password: name };
}

function freeName(wishes: readonly string[], columns: readonly Column[]): string {
  const isFree = (name: string) => !columns.some((column) => column.name === name);
  let name = wishes.find(isFree) ?? wishes.at(-1) ?? '';
  // A hash must end in `_hash`, so the number stands in front.
  while (!isFree(name)) name = `own_${name}`;
  return name;
}

function insertAfterKey(columns: readonly Column[], column: Column): readonly Column[] {
  const at = columns.findLastIndex(({ primaryKey: isKey }) => isKey) + 1;
  return [...columns.slice(0, at), column, ...columns.slice(at)];
}

/** The columns with one more, before the times of making and changing. */
export function insertBeforeTimes(columns: readonly Column[], column: Column): readonly Column[] {
  const isTime = ({ default: made }: Column) =>
    made !== null && 'generate' in made && ['created', 'updated'].includes(made.generate);
  const at = columns.findIndex(isTime);
  return at === -1 ? [...columns, column] : [...columns.slice(0, at), column, ...columns.slice(at)];
}

/** Protects a column of that kind; the database gives it a value, or it stays empty. */
function guard(column: Column, schema: Schema): Column {
  const subject = column.name.replace(/_(?:id|uuid)$/, '');
  const values = schema.enums.find(({ name }) => name === column.type)?.values ?? [];
  const isTrust = /^(?:\w+_)?(?:status|state)$/.test(subject) && values.some((value) => TRUST.test(value));
  if (!(isTrust || PROTECTED.test(subject)) || column.primaryKey || (column.default && 'generate' in column.default))
    return column;
  if (column.default !== null || column.nullable) return { ...column, protected: true };
  const type = parseColumnType(column.type);
  const isNumber = type !== null && !type.array && /^(?:integer|bigint|smallint|numeric|real|double)/.test(column.type);
  const zero = isNumber && (column.check?.min ?? 0) <= 0 && (column.check?.max ?? 0) >= 0;
  if (column.type === 'boolean') return { ...column, protected: true, default: { value: false } };
  if (zero && !column.references) return { ...column, protected: true, default: { value: 0 } };
  return { ...column, protected: true, nullable: true };
}
