import { closingAt, cutAt, quotedIn, withoutComments } from './scan.ts';
import { type Member, type Thing, thingName } from './thing.ts';

const MAX_THINGS = 200;
const NAME = '(?:(?:export\\s+)?(?:const|let|var)\\s+(\\w+)(?:\\s*:[^=\\n]+)?\\s*=\\s*|(\\w+)\\s*:\\s*)';
/** `const x = z.object({`, `mongoose.Schema({`, `sequelize.define('x', {`, `pgTable('x', {`, `defineTable({`: how the things of each library begin. */
const CALL = new RegExp(
  `${NAME}?(?:await\\s+)?(?:new\\s+)?` +
    '((?:\\w+\\.)*(?:Schema|define|(?:pg|mysql|sqlite)Table|defineTable|(?:strict|loose)?[Oo]bject|init))' +
    '\\s*(?:<[^<>]*>)?\\s*\\(\\s*(?:["\'`]([\\w.-]+)["\'`]\\s*,\\s*)?\\{',
  'g',
);
/** `Schema::create('posts', function (Blueprint $table) {` of Laravel. */
const LARAVEL =
  /Schema::(?:create|table)\s*\(\s*["'](\w+)["']\s*,\s*(?:static\s+)?(?:function\s*\([^()]*\)[^{]*|fn\s*\([^()]*\)\s*=>\s*)\{/g;

/** Things that pasted code declares by calls: Zod, Mongoose, Sequelize, Drizzle, Convex, Laravel. */
export function findBuilders(text: string): readonly Thing[] {
  const code = withoutComments(text);
  return [...calls(code, text), ...migrations(code, text)];
}

function calls(code: string, text: string): readonly Thing[] {
  const found: Thing[] = [];
  let last = 0;
  for (const match of code.matchAll(CALL)) {
    const [whole, variable, key, callee = '', quoted] = match;
    const open = match.index + whole.length - 1;
    const end = closingAt(code, open);
    const word =
      quoted ?? modelOf(code, variable) ?? variable ?? key ?? (/^(\w+)\.init$/.exec(callee)?.[1] || undefined);
    if (end === -1 || match.index < last || word === undefined || found.length >= MAX_THINGS) continue;
    const members = cutAt(code.slice(open + 1, end), ',').flatMap(
      (entry) => entryOf(entry, /able$/.test(callee)) ?? [],
    );
    if (members.length === 0) continue;
    const stop = endOfStatement(code, end);
    const why = text.slice(match.index, stop).slice(0, 200);
    found.push({
      name: thingName(word),
      members: members.filter(({ name }) => name !== '_id'),
      span: { start: match.index, end: stop },
      why,
    });
    last = stop;
  }
  return found;
}

/** `mongoose.model('Post', PostSchema)` says what the schema is called. */
function modelOf(code: string, variable: string | undefined): string | undefined {
  if (variable === undefined || !/^\w+$/.test(variable)) return undefined;
  return new RegExp(`\\bmodel\\s*(?:<[^<>]*>)?\\(\\s*["'](\\w+)["']\\s*,\\s*${variable}\\b`).exec(code)?.[1];
}

function endOfStatement(code: string, at: number): number {
  const rest = /^[^\n;]*?\)+\s*(?:\.\w+\([^()\n]*\)\s*)*;?/.exec(code.slice(at + 1, at + 400))?.[0] ?? '';
  return at + 1 + rest.length;
}

/** `price: z.number().min(0)`, `plate: varchar('plate').notNull()`, `age: { type: Number, required: true }`. */
function entryOf(entry: string, isTable: boolean): Member | null {
  const match = /^["']?([\p{L}_][\p{L}\d_]*)["']?\s*:\s*([\s\S]+)$/u.exec(entry);
  const [, name = '', value = ''] = match ?? [];
  if (!match) return null;
  if (value.startsWith('{')) return settingsMember(name, value);
  if (value.startsWith('[')) {
    const [inner = ''] = cutAt(value.slice(1, -1), ',');
    const member = inner.startsWith('{') ? settingsMember(name, inner) : plainMember(name, inner);
    return member && { ...member, list: true };
  }
  return value.includes('(') ? chainMember(name, value, isTable) : plainMember(name, value);
}

/** `String`, `DataTypes.INTEGER`, `Schema.Types.ObjectId`. */
function plainMember(name: string, value: string): Member | null {
  const type = /^(?:\w+\.)*(\w+)$/.exec(value.trim())?.[1];
  // Mongoose and Sequelize take nothing for granted.
  return type === undefined ? null : { name, type, nullable: true };
}

/** What stands in braces: the type and its rules, or without a type a tree of its own. */
function settingsMember(name: string, value: string): Member {
  const settings = new Map(
    cutAt(value.slice(1, -1), ',').flatMap((part) => {
      const match = /^["']?(\w+)["']?\s*:\s*([\s\S]+)$/.exec(part);
      return match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
    }),
  );
  const type = settings.get('type');
  if (type === undefined) return { name, type: 'json', nullable: true };
  const isList = type.startsWith('[');
  const word = /(?:\w+\.)*(\w+)/.exec(isList ? type.slice(1) : type)?.[1] ?? '';
  const listed = settings.get('enum') ?? settings.get('values') ?? (/ENUM\s*\(/i.test(type) ? type : '');
  const values = quotedIn(listed);
  const target = settings.get('ref') ?? settings.get('references') ?? /\bref\s*:\s*(["']?\w+["']?)/.exec(type)?.[1];
  return {
    name,
    type: word,
    list: isList,
    nullable: !(/^(\[\s*)?true/.test(settings.get('required') ?? '') || settings.get('allowNull') === 'false'),
    unique: /^(true|\[)/.test(settings.get('unique') ?? '') || undefined,
    key: settings.get('primaryKey') === 'true' || undefined,
    values: values.length > 0 ? values : undefined,
    target: target === undefined ? undefined : (quotedIn(target)[0] ?? /(\w+)/.exec(target)?.[1]),
    min: numberIn(settings.get('min')),
    max: numberIn(settings.get('max')),
  };
}

function numberIn(text: string | undefined): number | undefined {
  const found = /-?\d+(\.\d+)?/.exec(text ?? '')?.[0];
  return found === undefined ? undefined : Number(found);
}

/** `z.string().optional()`, `integer('owner_id').references(() => owners.id)`, `v.optional(v.number())`, `DataTypes.ENUM('a', 'b')`. */
function chainMember(name: string, value: string, isTable: boolean): Member | null {
  const wrapped = /^(?:\w+\.)?(optional|array|nullable)\(\s*([\s\S]+)\)\s*$/.exec(value);
  if (wrapped && /[([]/.test(wrapped[2] ?? '')) {
    const inner = chainMember(name, wrapped[2] ?? '', isTable);
    return inner && (wrapped[1] === 'array' ? { ...inner, list: true } : { ...inner, nullable: true });
  }
  const head = /^(?:\w+\.)*(\w+)\s*\(/.exec(value.replace(/^z\.coerce\./, ''));
  if (!head) return null;
  const said = (pattern: RegExp) => pattern.test(value);
  const first = value.slice(value.indexOf('(') + 1, closingAt(value, value.indexOf('(')));
  const isEnum = /enum$/i.test(head[1] ?? '');
  const column = isTable && /^["']/.test(first) ? (quotedIn(first)[0] ?? name) : name;
  const isNumber = /^number$/.test(head[1] ?? '') && said(/\.int\(/);
  const target =
    /\.references\(\s*\(?[^)]*\)?\s*(?::\s*\w+\s*)?=>\s*(\w+)\./.exec(value)?.[1] ??
    /^v\.id\(\s*["'](\w+)/.exec(value)?.[1];
  const isMarked = said(/\.notNull\(|\.primaryKey\(/);
  return {
    name: column,
    type: isNumber ? 'integer' : (head[1] ?? ''),
    list: said(/\.array\(\s*\)/) || undefined,
    nullable:
      isTable && /^(?!v\.)/.test(value) ? !isMarked : said(/\.(optional|nullable|nullish)\(/) ? true : undefined,
    unique: said(/\.unique\(/) || undefined,
    key: said(/\.primaryKey\(/) || undefined,
    values: isEnum
      ? quotedIn(first).slice(isTable && /\[/.test(first) && !first.trim().startsWith('[') ? 1 : 0)
      : undefined,
    target,
    min: /^(number|int)$/i.test(head[1] ?? '') ? numberIn(/\.(?:min|gte)\(([^()]*)\)/.exec(value)?.[1]) : undefined,
    max: /^(number|int)$/i.test(head[1] ?? '') ? numberIn(/\.(?:max|lte)\(([^()]*)\)/.exec(value)?.[1]) : undefined,
  };
}

function migrations(code: string, text: string): readonly Thing[] {
  return [...code.matchAll(LARAVEL)].flatMap((match): readonly Thing[] => {
    const open = match.index + match[0].length - 1;
    const end = closingAt(code, open);
    if (end === -1) return [];
    const members = cutAt(code.slice(open + 1, end), ';').flatMap((line) => migrated(line) ?? []);
    const stop = endOfStatement(code, end);
    const why = text.slice(match.index, stop).slice(0, 200);
    return [{ name: thingName(match[1] ?? ''), members, span: { start: match.index, end: stop }, why }];
  });
}

const NO_COLUMN =
  /^(id|timestamps\w*|index|primary|unique|foreign|drop\w*|softDeletes\w*|rememberToken|increments|bigIncrements|engine|charset)$/;

/** `$table->foreignId('user_id')->nullable()->constrained('users')` */
function migrated(line: string): Member | null {
  const match = /^\$\w+->(\w+)\s*\(([\s\S]*?)\)/.exec(line);
  const [, kind = '', inside = ''] = match ?? [];
  const [name, ...others] = quotedIn(inside);
  if (!match || name === undefined || NO_COLUMN.test(kind)) return null;
  const isForeign = /^foreign/.test(kind);
  const table = quotedIn(/->constrained\(([^()]*)\)/.exec(line)?.[1] ?? '')[0];
  const target = isForeign ? (table ?? name.replace(/_id$/, '')) : undefined;
  return {
    name,
    type: kind.replace(/^unsigned/, '').replace(/^\w/, (letter) => letter.toLowerCase()),
    nullable: /->nullable\(\s*(true)?\s*\)/.test(line),
    unique: /->unique\(/.test(line) || undefined,
    values: kind === 'enum' ? others : undefined,
    target,
  };
}
