import { hasTypeOrRule, splitFields } from '../field.ts';
import type { Lexicon } from '../lexicon.ts';
import { singular, snake } from '../words.ts';
import type { Definition } from './structures.ts';

/** Beyond this many lines a request is no description any more. */
const MAX_LINES = 1000;
const LONGEST_FIELD = 90;

/** `class Sensor:`, `class Sensor(models.Model):`, `create_table :sensors do |t|`: sure to have fields below. */
const CODE =
  /^\s*(?:export\s+)?(?:(?:class|model|entity|table|struct|type)\s+([\p{L}_][\p{L}\d_]*)\s*(?:\([^()]*\))?\s*:|create_table\s+[:"']([\p{L}_][\p{L}\d_]*)["']?.*\bdo\b.*)\s*$/u;
/** `### Cars`, `**Cars**`, `Cars:`, `Cars`: fields may stand below. */
const HEADING =
  /^\s*(?:#{1,6}\s+|[-*•]\s+(?=\S.*:\s*$)|\d+[.)]\s+)?(?:\*\*|__)?([\p{L}][\p{L}\d_ -]{1,40}?)(?:\*\*|__)?\s*:?\s*(?:\*\*|__)?\s*$/u;
const BULLET = /^\s*(?:[-*•+·]|\d+[.)])\s+/;

interface Line {
  readonly text: string;
  readonly start: number;
  readonly indent: number;
}

/** Things with their fields on the lines below: pasted classes, headings with bullets, nested bullets. */
export function findBlocks(text: string, lexicon: Lexicon): readonly Definition[] {
  const lines = linesOf(text);
  const found: Definition[] = [];
  for (let at = 0; at < lines.length - 1; at += 1) {
    const head = lines[at];
    const code = head && CODE.exec(head.text);
    const word = code ? (code[1] ?? code[2]) : head && HEADING.exec(head.text)?.[1];
    if (!head || word === undefined) continue;
    const body = code ? indented(lines, at) : listed(lines, at);
    const fields = body.flatMap((line) => fieldsOf(line.text, code !== null));
    const name = singular(snake(word));
    const isBlock = code ? fields.length > 0 : areFields(name, fields, head, body, lexicon);
    const last = body.at(-1);
    if (!isBlock || !last || name === '') continue;
    const end = last.start + last.text.trimEnd().length;
    const start = code ? head.start : head.start + head.text.trimEnd().length;
    const why = text.slice(head.start, end).trim().slice(0, 200);
    found.push({ name, fields, span: { start, end }, why });
    at += body.length;
  }
  return found;
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const line of text.split('\n').slice(0, MAX_LINES)) {
    if (line.trim() !== '') lines.push({ text: line, start, indent: line.length - line.trimStart().length });
    start += line.length + 1;
  }
  return lines;
}

/** The lines that stand further in than their head. */
function indented(lines: readonly Line[], at: number): readonly Line[] {
  const depth = lines[at]?.indent ?? 0;
  const end = lines.findIndex((line, i) => i > at && line.indent <= depth);
  return lines.slice(at + 1, end === -1 ? undefined : end);
}

/** The bullets below a head that is none itself, or that stand further in. */
function listed(lines: readonly Line[], at: number): readonly Line[] {
  const head = lines[at];
  const isBullet = head !== undefined && BULLET.test(head.text);
  const end = lines.findIndex(
    (line, i) => i > at && (!BULLET.test(line.text) || (isBullet && line.indent <= (head?.indent ?? 0))),
  );
  return lines.slice(at + 1, end === -1 ? undefined : end);
}

/** `name = models.CharField(unique=True)` and `t.string :name` in the words of other definitions. */
function fieldsOf(line: string, code: boolean): readonly string[] {
  const plain = line
    .replace(BULLET, '')
    .replace(/`|\*\*/g, '')
    .trim();
  if (!code) return splitFields(plain);
  const field = assigned(plain) ?? migrated(plain);
  if (field !== null) return field === '' ? [] : [field];
  return /^(def|return|pass|end|class|@|#|"""|'''|__|t\.timestamps)/.test(plain) ? [] : [plain.replace(/\s*=.*$/, '')];
}

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/bool/i, 'boolean'],
  [/datetime|timestamp/i, 'datetime'],
  [/date/i, 'date'],
  [/time/i, 'time'],
  [/decimal|numeric/i, 'decimal'],
  [/float|double/i, 'float'],
  [/int|serial/i, 'integer'],
  [/json/i, 'json'],
  [/uuid/i, 'uuid'],
];

/** Django, SQLAlchemy and their like; empty for what is no column. */
function assigned(line: string): string | null {
  const match =
    /^([a-z_]\w*)\s*(?::[^=]*)?=\s*(?:\w+\.)*(\w*(?:Field|Column|ForeignKey|relationship|ManyToMany)\w*)\s*\((.*)$/i.exec(
      line,
    );
  if (!match) return null;
  const [, name = '', maker = '', inside = ''] = match;
  if (/relationship|ManyToMany|AutoField/i.test(maker) || /primary_key\s*=\s*True/.test(inside)) return '';
  const target = /(?:ForeignKey|OneToOneField)\(\s*["']?([\p{L}_]\w*)/u.exec(`${maker}(${inside}`)?.[1];
  const flags = [
    /unique\s*=\s*True/.test(inside) ? 'unique' : '',
    /(null|nullable)\s*=\s*True/.test(inside) ? 'optional' : '',
  ];
  if (target !== undefined) return `${name} -> ${target} ${flags.join(' ')}`;
  const type = TYPES.find(([pattern]) => pattern.test(`${maker} ${inside.split(',')[0] ?? ''}`))?.[1] ?? 'string';
  return `${name}: ${type} ${flags.join(' ')}`;
}

/** Migrations of Rails and Laravel: `t.string :name`, `t.references :user`. */
function migrated(line: string): string | null {
  const match = /^(?:t\.|\$table->)(\w+)[\s(]+[:"']?(\w+)["']?(.*)$/.exec(line);
  if (!match) return null;
  const [, kind = '', name = '', rest = ''] = match;
  if (/^(timestamps|index|id|primary)/.test(kind)) return '';
  const role = name.replace(/_id$/, '');
  if (/^(references|belongs_to)/.test(kind) && /foreign_key/.test(rest))
    return `${role}_id -> ${/to_table:\s*:?["']?(\w+)/.exec(rest)?.[1] ?? role}`;
  if (/^(references|belongs_to|foreignId)/.test(kind)) return `${role}_id`;
  const type = TYPES.find(([pattern]) => pattern.test(kind))?.[1] ?? 'string';
  const isRequired = /null:\s*false/.test(rest);
  return `${name}: ${type}${isRequired ? ' required' : ''}${/unique/.test(rest) ? ' unique' : ''}`;
}

/** Short items of which at least half are columns or say a type or a rule, below the name of a thing. */
function areFields(
  name: string,
  fields: readonly string[],
  head: Line,
  body: readonly Line[],
  { attributes, english, nouns, domainWords }: Lexicon,
): boolean {
  const last = name.split('_').at(-1) ?? name;
  const isHeading = /^\s*(#|\*\*|__)|:\s*$/.test(head.text) || /^\s*\p{Lu}/u.test(head.text);
  if (!isHeading || fields.length < 2 || english.filler.has(last) || english.software.has(last)) return false;
  if (GROUPING.test(last) || (domainWords.has(name) && !nouns.has(name))) return false;
  if (
    body.some(
      (line) => line.text.length > LONGEST_FIELD || /\b(can|should|must|will|has|have|wants?)\b/i.test(line.text),
    )
  )
    return false;
  // "- objects: title, artist": each line is a thing of its own.
  if (body.some((line) => /^\s*\S[^:,(]*:\s*[^,]+,/.test(line.text))) return false;
  const columns = fields.filter((field) => {
    const plain = snake(field.replace(/\s*\(.*$/, '').replace(/[?:].*$/, ''));
    const isMany = nouns.has(singular(plain)) && singular(plain) !== plain;
    return hasTypeOrRule(field) || ((attributes.looksLike(plain) || nouns.has(plain)) && !isMany);
  }).length;
  return columns * 2 >= fields.length;
}

const GROUPING =
  /^(entity|entities|model|table|object|resource|collection|type|feature|requirement|story|role|page|screen|endpoint|route|rule|note|field|column)$/;
