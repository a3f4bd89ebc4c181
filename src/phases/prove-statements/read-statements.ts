/** A statement of a backend. */
export interface Statement {
  /** What it belongs to: a table, or a part of the backend. */
  readonly group: string;
  readonly name: string;
  readonly text: string;
  /** Where it was found. */
  readonly place: string;
}

/** `name: 'posts.find', text: …` of a fixed text, as all modules of a generated backend write it. */
const STATEMENT = /\bname: '((?:\\.|[^'\\])+)',\s*text:\s*(`(?:\\[\s\S]|\$(?!\{)|[^`\\$])*`|'(?:\\.|[^'\\\n])*')/g;

/** The statements written down in source files, in the order of the paths. */
export function readStatements(files: Readonly<Record<string, string>>): readonly Statement[] {
  return Object.entries(files)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([path, source]) =>
      [...source.matchAll(STATEMENT)].map(([, name = '', text = '']) => ({
        group: name.split('.')[0] ?? name,
        name,
        text: unescaped(text.slice(1, -1)),
        place: path,
      })),
    );
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' };

/** What a string or template literal of TypeScript says. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2})|([\s\S]))/gi, (_whole, ...parts) => {
    const [long, short, byte, plain]: (string | undefined)[] = parts;
    const code = long ?? short ?? byte;
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    if (plain === '\n') return '';
    return ESCAPES[plain ?? ''] ?? plain ?? '';
  });
}
