import { snake } from '../../words.ts';
import type { Enumerations, Span } from '../structures.ts';
import { quotedIn } from './scan.ts';
import { thingName } from './thing.ts';

const LONGEST = 60;

/** `enum Genre { NOVEL POETRY }` of TypeScript, GraphQL, Prisma, Java and C#; the bracket tells it from running text. */
const BRACED =
  /\b(?:(?:export|public|const|declare)\s+)*enum(?:\s+class)?\s+([\p{L}_]\w*)\s*(?::\s*\w+\s*)?\{([^{}]*)\}/gu;
/** `CREATE TYPE mood AS ENUM ('happy', 'sad');` */
const CREATED = /\bcreate\s+type\s+(?:["`]?\w+["`]?\.)?["`]?(\w+)["`]?\s+as\s+enum\s*\(([^()]*)\)\s*;?/gi;
/** `type Size = 'small' | 'large';` */
const ALIAS = /\b(?:export\s+)?type\s+(\p{Lu}\w*)\s*=\s*\|?\s*((["'])[^"'\n]*\3(?:\s*\|\s*(["'])[^"'\n]*\4)+)\s*;?/gu;
/** `const sizes = pgEnum('size', ['small', 'large'])`, `const Size = z.enum(['small', 'large'])` */
const CALLED = /\b(?:export\s+)?const\s+(\w+)\s*=\s*(?:\w+\.)?(?:\w*enum)\s*\(([^()]*)\)\s*;?/giu;
/** `class Size(Enum):` with a value on each line below. */
const CLASS =
  /^[ \t]*class\s+(\w+)\s*\([^()\n]*(?:Enum|Choices)[^()\n]*\)\s*:\s*\n((?:[ \t]+\w+\s*=[^\n]*(?:\n|$))+)/gmu;

/** Lists of values that pasted code gives a name, and where they stand. */
export function readEnumerations(text: string): { readonly enums: Enumerations; readonly spans: readonly Span[] } {
  const enums = new Map<string, readonly string[]>();
  const spans: Span[] = [];
  const add = (match: RegExpMatchArray, values: readonly string[]) => {
    const clean = [...new Set(values.map(snake))].filter((value) => value !== '').slice(0, LONGEST);
    if (clean.length === 0) return;
    enums.set(thingName(match[1] ?? ''), clean);
    spans.push({ start: match.index ?? 0, end: (match.index ?? 0) + match[0].length });
  };
  for (const match of text.matchAll(BRACED)) add(match, bracedValues(match[2] ?? ''));
  for (const match of text.matchAll(CREATED)) add(match, quotedIn(match[2] ?? ''));
  for (const match of text.matchAll(ALIAS)) add(match, quotedIn(match[2] ?? ''));
  for (const match of text.matchAll(CALLED)) {
    const list = /\[([^[\]]*)\]/.exec(match[2] ?? '')?.[1] ?? match[2] ?? '';
    add(match, quotedIn(list));
  }
  for (const match of text.matchAll(CLASS))
    add(
      match,
      (match[2] ?? '').split('\n').map((line) => quotedIn(line)[0] ?? /^\s*(\w+)/.exec(line)?.[1] ?? ''),
    );
  return { enums, spans };
}

/** `Draft = 'draft'` is called like its value; attributes of Prisma and constructor arguments of Java are left away. */
function bracedValues(body: string): readonly string[] {
  const plain = body.replace(/\/\/[^\n]*|@@?\w+(\([^()]*\))?|\([^()]*\)/g, ' ');
  const parts = /[,;]/.test(plain) ? plain.split(/[,;]/) : plain.split(/\s+/);
  return parts.map((part) => quotedIn(part)[0] ?? /([\p{L}_][\p{L}\d_-]*)/u.exec(part)?.[1] ?? '');
}
