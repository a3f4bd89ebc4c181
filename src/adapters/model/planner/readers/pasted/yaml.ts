interface Line {
  readonly indent: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A piece of a text that is YAML, and what it holds: trees, lists and words. */
export interface YamlPiece {
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
}

const MAX_LINES = 1000;
const KEY = /^(?:- +)?["']?([\p{L}_$][\p{L}\d_$-]*\??)["']?\s*:(?:\s+(.*))?$/u;

/** The parts of a text that are written like YAML with at least two levels. Only what descriptions of data use is understood. */
export function readYaml(text: string): readonly YamlPiece[] {
  const pieces: YamlPiece[] = [];
  let block: Line[] = [];
  const close = () => {
    const [first, last] = [block[0], block.at(-1)];
    if (first && last && block.some(({ indent }) => indent > first.indent)) {
      const { value, next } = readNode(block, 0, first.indent);
      if (next === block.length) pieces.push({ value, start: first.start, end: last.end });
    }
    block = [];
  };
  let start = 0;
  for (const raw of text.split('\n').slice(0, MAX_LINES)) {
    const line = raw
      .replace(/\t/g, '  ')
      .replace(/\s+#.*$/, '')
      .trimEnd();
    const plain = line.trim();
    const indent = line.length - line.trimStart().length;
    const isEntry = KEY.test(plain) || /^- +\S/.test(plain);
    // A sentence at the left, or a line further left than the first, is no part of it.
    if (plain !== '' && (!isEntry || (block[0] && indent < block[0].indent))) close();
    if (plain !== '' && isEntry) block.push({ indent, text: plain, start, end: start + raw.length });
    start += raw.length + 1;
  }
  close();
  return pieces;
}

interface Node {
  readonly value: unknown;
  readonly next: number;
}

function readNode(lines: readonly Line[], at: number, indent: number): Node {
  return lines[at]?.text.startsWith('- ') ? readItems(lines, at, indent) : readTree(lines, at, indent);
}

function readTree(lines: readonly Line[], from: number, indent: number): Node {
  const tree: Record<string, unknown> = {};
  let at = from;
  while (lines[at]?.indent === indent) {
    const match = KEY.exec(lines[at]?.text ?? '');
    if (!match || lines[at]?.text.startsWith('- ')) break;
    const [, key = '', inline] = match;
    const next = lines[at + 1];
    const isDeeper =
      next !== undefined && (next.indent > indent || (next.indent === indent && next.text.startsWith('- ')));
    if ((inline ?? '') !== '' || !isDeeper) {
      set(tree, key, scalar(inline ?? ''));
      at += 1;
    } else {
      const inner = readNode(lines, at + 1, next.indent);
      set(tree, key, inner.value);
      at = inner.next;
    }
  }
  return { value: tree, next: at };
}

function set(tree: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') tree[key] = value;
}

/** `- name: x` with more lines below it is a tree, `- title` is a word. */
function readItems(lines: readonly Line[], from: number, indent: number): Node {
  const items: unknown[] = [];
  let at = from;
  while (lines[at]?.indent === indent && lines[at]?.text.startsWith('- ')) {
    const line = lines[at];
    if (!line) break;
    const gap = /^- +/.exec(line.text)?.[0].length ?? 2;
    const inside = line.text.slice(gap);
    if (!KEY.test(inside) || inside.startsWith('{')) {
      items.push(scalar(inside));
      at += 1;
      continue;
    }
    const end = lines.findIndex((one, i) => i > at && one.indent <= indent);
    const own = [{ ...line, text: inside, indent: indent + gap }, ...lines.slice(at + 1, end === -1 ? undefined : end)];
    const { value, next } = readTree(own, 0, indent + gap);
    items.push(value);
    if (next < own.length) return { value: items, next: at + next };
    at += own.length;
  }
  return { value: items, next: at };
}

/** Words, `[a, b]`, `{ type: integer }`. */
function scalar(text: string): unknown {
  const plain = text.trim();
  if (/^\[.*\]$/.test(plain))
    return plain
      .slice(1, -1)
      .split(',')
      .map((part) => unquoted(part))
      .filter((part) => part !== '');
  if (/^\{.*\}$/.test(plain)) {
    const tree: Record<string, unknown> = {};
    for (const part of plain.slice(1, -1).split(/,(?![^[]*\])/)) {
      const match = /^\s*["']?([\w$]+)["']?\s*:\s*(.*)$/.exec(part);
      if (match) set(tree, match[1] ?? '', scalar(match[2] ?? ''));
    }
    return tree;
  }
  const word = unquoted(plain);
  if (word === 'true' || word === 'false') return word === 'true';
  return /^-?\d+(\.\d+)?$/.test(word) && word === plain ? Number(word) : word;
}

function unquoted(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, '$2');
}
