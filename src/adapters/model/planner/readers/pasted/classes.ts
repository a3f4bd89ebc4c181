import { closingAt, cutAt, quotedIn, withoutComments } from './scan.ts';
import { type Member, type Thing, thingName } from './thing.ts';
import { readType } from './written-type.ts';

/** `export class Photo {`, `interface Photo {`, `type Photo = {`, `model Photo {`, `type Photo struct {`, `data class Photo(` */
const HEAD =
  /(?<![\p{L}\d_.])((?:(?:export|default|public|private|internal|abstract|sealed|final|partial|pub|data|open|declare|record)\s+)*(?:class|interface|type|model|struct|record|message|input))\s+([\p{L}_][\p{L}\d_]*)\s*((?:(?:extends|implements|with)\s+[\p{L}\d_<>,. ]+?|:\s*[\p{L}\d_<>,. ]+?|struct|=)?)\s*([{(])/gu;
const MAX_THINGS = 200;
const MODIFIERS =
  /^(?:(?:public|private|protected|internal|readonly|static|final|val|var|let|const|pub(?:\([a-z]+\))?|late|override|virtual|abstract|declare|required|transient|volatile|lateinit|nullable|optional)\s+)+/;

/** Classes, interfaces, models and structs of many languages, of which every line but methods declares a property. */
export function findClasses(text: string): readonly Thing[] {
  const code = withoutComments(text);
  const found: Thing[] = [];
  let last = 0;
  for (const match of code.matchAll(HEAD)) {
    const [whole, keyword = '', name = '', between = '', bracket = '{'] = match;
    const open = match.index + whole.length - 1;
    const end = closingAt(code, open);
    if (end === -1 || match.index < last || found.length >= MAX_THINGS) continue;
    // `Book(title, isbn)` is no code: only classes of Kotlin and records of Java have round brackets.
    if (bracket === '(' && !/\b(data|record)\b/.test(keyword)) continue;
    const style = styleOf(keyword, between, code.slice(open + 1, end));
    const body = code.slice(open + 1, end);
    const members = style && membersOf(style.open ? onLines(body) : body, style);
    if (!members || members.length === 0) continue;
    const start = annotationsBefore(code, match.index);
    found.push({
      name: thingName(name),
      members,
      span: { start, end: end + 1 },
      why: text.slice(match.index, end + 1).slice(0, 200),
    });
    last = end;
  }
  return found;
}

/** Fields of GraphQL may stand in one line with nothing but spaces between them. */
function onLines(body: string): string {
  return body.replace(/[ \t]+(?=\w+[ \t]*(?:\([^()]*\)[ \t]*)?:)/g, '\n');
}

/** In what order name and type stand, and what is meant where neither is marked as optional. */
interface Style {
  readonly order: 'name: type' | 'type name' | 'name type';
  /** Nullable unless it is marked, as in GraphQL. */
  readonly open?: boolean;
  /** What ends a property. */
  readonly ends: string;
}

function styleOf(keyword: string, between: string, body: string): Style | null {
  if (/\bmodel$/.test(keyword))
    return body.includes('\n') && !/^\s*\w+\s*:/m.test(body) ? { order: 'name type', ends: '\n' } : null;
  if (/\bstruct\b/.test(between)) return { order: 'name type', ends: '\n;' };
  if (/\bmessage$/.test(keyword)) return { order: 'type name', ends: ';' };
  if (/\b(type|input)$/.test(keyword) && between === '')
    return /:\s*\[?\w+!?\]?!/.test(body) ? { order: 'name: type', ends: '\n,;', open: true } : null;
  if (
    /(^|[\n;{(,])\s*(?:[\w@([\])]+\s+)*[\w$]+[?!]?\s*:\s*\S/.test(
      body.replace(/@\w+(\([^()]*(\([^()]*\)[^()]*)*\))?/g, ''),
    )
  )
    return { order: 'name: type', ends: '\n;,' };
  // `Type name;` is sure only with the sign behind it.
  return /;|\{\s*get/.test(body) || /\brecord\b/.test(keyword) ? { order: 'type name', ends: ';\n,' } : null;
}

/** `@Entity()`, `[Table("x")]`: what is said about the class in front of it. */
function annotationsBefore(code: string, at: number): number {
  const before = code.slice(Math.max(0, at - 400), at);
  const match = /(?:(?:^|\n)[ \t]*(?:@[\w.]+(?:\([^\n]*\))?|\[[^\n]*\]|#\[[^\n]*\]))+\s*$/.exec(before);
  return match ? at - (match[0].length - (match[0].startsWith('\n') ? 1 : 0)) : at;
}

/** Null when something stands there that is neither a property nor a method: then it is no code that we know. */
function membersOf(body: string, style: Style): readonly Member[] | null {
  const members: Member[] = [];
  for (const part of partsOf(body.replace(/\{\s*get;[^{}]*\}(\s*=[^;\n]*;)?/g, ';'), style)) {
    const { said, rest } = annotationsOf(part);
    if (
      rest === '' ||
      isMethod(rest) ||
      /^@@|^(constructor|def|fun|func|return|import|using|namespace|option|reserved)\b/.test(rest)
    )
      continue;
    const member = memberOf(rest.replace(MODIFIERS, ''), said, style);
    if (!member) return null;
    members.push(...(member === 'none' ? [] : [member]));
  }
  return members;
}

/** Lines of annotations belong to what stands below them. */
function partsOf(body: string, { ends }: Style): readonly string[] {
  const parts: string[] = [];
  let waiting = '';
  for (const part of cutAt(body, ends)) {
    if (/^(?:@[\w.]+(?:\([\s\S]*\))?\s*|#?\[[^\]]*\]\s*)+$/.test(part) && !part.startsWith('@@')) waiting += `${part} `;
    else {
      parts.push(waiting + part);
      waiting = '';
    }
  }
  return parts;
}

function annotationsOf(part: string): { readonly said: string; readonly rest: string } {
  let rest = part;
  let said = '';
  for (let i = 0; i < 20; i += 1) {
    const name = /^@(?!@)[\w.]+\s*/.exec(rest)?.[0] ?? /^#?(?=\[)/.exec(rest)?.[0];
    if (name === undefined) break;
    const opened = /[([]/.test(rest.charAt(name.trimEnd().length)) ? name.trimEnd().length : -1;
    const end = opened === -1 ? name.length : closingAt(rest, opened) + 1;
    if (end <= 0) break;
    said += `${rest.slice(0, end)} `;
    rest = rest.slice(end).trimStart();
  }
  return { said, rest };
}

/** `foo(a): b`, `foo() {…}`, `String getName() {…}`; a field of GraphQL with arguments is none. */
function isMethod(text: string): boolean {
  return (
    /^(?:[\w<>[\],.?]+\s+)*[\w$]+\s*(<[^<>]*>)?\([\s\S]*\)\s*(?::[^{]*|throws\s+\w+)?\s*(\{[\s\S]*\}|=>[\s\S]*)?$/.test(
      text,
    ) && !/^\w+\([^()]*\)\s*:\s*\[?[A-Z]/.test(text)
  );
}

/** `none` for what is a property but no column: the other side of a reference that somebody else keeps. */
function memberOf(text: string, said: string, style: Style): Member | 'none' | null {
  const cut = cutMember(text, style);
  if (!cut) return null;
  const { name, optional } = cut;
  const all = `${said} ${cut.behind}`;
  if (/@(OneToMany|Transient|VersionColumn|Ignore)\b|\bNotMapped\b/.test(all)) return 'none';
  const type = readType(cut.type);
  const said_null = /nullable\s*[:=]\s*(true|false)/.exec(all)?.[1];
  const isRequired = /@NotNull|@NotBlank|\[Required/.test(all);
  const nullable =
    isRequired || said_null === 'false'
      ? false
      : said_null === 'true' || optional || type.nullable
        ? true
        : style.open
          ? !type.required
          : style.order === 'name type'
            ? false
            : undefined;
  const enumerated = /\benum\s*:\s*\[([^[\]]*)\]/.exec(all)?.[1];
  return {
    name,
    type: type.word,
    list: type.list || /@ManyToMany\b/.test(all),
    nullable: type.list ? undefined : nullable,
    unique: /@unique\b|unique\s*[:=]\s*true|\[Unique/i.test(all) || undefined,
    key: /@(Id|id|PrimaryGeneratedColumn|PrimaryColumn|PrimaryKey)\b|primaryKey|\[Key\]/.test(all) || undefined,
    values: type.values ?? (enumerated === undefined ? undefined : quotedIn(enumerated)),
    target: undefined,
    min: limit(/@Min\s*\(\s*(?:value\s*=\s*)?(-?\d+)/.exec(all)?.[1]),
    max: limit(/@Max\s*\(\s*(?:value\s*=\s*)?(-?\d+)/.exec(all)?.[1]),
  };
}

function limit(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

interface Cut {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly behind: string;
}

function cutMember(text: string, { order }: Style): Cut | null {
  if (order === 'name: type') {
    const match =
      /^["']?([\p{L}_$][\p{L}\d_$-]*)["']?\s*(?:\([^()]*\))?\s*([?!])?\s*:\s*([\s\S]+?)(?:\s*=(?!>)[\s\S]*)?(\s*@\w+[\s\S]*)?$/u.exec(
        text,
      );
    return match && { name: match[1] ?? '', type: match[3] ?? '', optional: match[2] === '?', behind: match[4] ?? '' };
  }
  if (order === 'name type') {
    const match = /^([\p{L}_][\p{L}\d_]*)\s+(\S+)([\s\S]*)$/u.exec(text);
    return match && { name: match[1] ?? '', type: match[2] ?? '', optional: false, behind: match[3] ?? '' };
  }
  const match = /^([\p{L}_?][\p{L}\d_.<>,?[\] ]*?)\s+\$?([\p{L}_][\p{L}\d_]*)\s*(?:=\s*[\s\S]*)?$/u.exec(text);
  return (
    match && { name: match[2] ?? '', type: match[1] ?? '', optional: /^(optional|nullable)\s/.test(text), behind: '' }
  );
}
