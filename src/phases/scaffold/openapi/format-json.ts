const LINE_WIDTH = 100;

/** JSON as the formatter leaves it: what fits stands on one line. */
export function formatJson(value: unknown): string {
  return `${layOut(value, 0, 0, 0)}\n`;
}

/** `start` is where the value begins on its line, `end` how much stands behind it. */
function layOut(value: unknown, indent: number, start: number, end: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const line = indent > 0 ? onOneLine(value, LINE_WIDTH - start - end) : null;
  if (line !== null && !isRowOfObjects(value)) return line;
  const [pad, close] = [' '.repeat(indent + 2), ' '.repeat(indent)];
  const isList = Array.isArray(value);
  const entries = isList ? value.map((item): [string, unknown] => ['', item]) : Object.entries(value);
  const lines = entries.map(([name, item], at) => {
    const label = isList ? pad : `${pad}${JSON.stringify(name)}: `;
    return label + layOut(item, indent + 2, label.length, at < entries.length - 1 ? 1 : 0);
  });
  const [first, last] = isList ? ['[', ']'] : ['{', '}'];
  return lines.length === 0 ? first + last : `${first}\n${lines.join(',\n')}\n${close}${last}`;
}

/** The value on one line; null when that is longer than `room`. */
function onOneLine(value: unknown, room: number): string | null {
  if (room < 0) return null;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts: string[] = [];
  let length = isList ? 2 : 4;
  for (const [name, item] of Object.entries(value)) {
    const label = isList ? '' : `${JSON.stringify(name)}: `;
    const text = onOneLine(item, room - length - label.length);
    if (text === null) return null;
    parts.push(label + text);
    length += label.length + text.length + 2;
  }
  if (parts.length === 0) return isList ? '[]' : '{}';
  const line = isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
  return line.length <= room ? line : null;
}

/** Several objects of several members each stand below each other. */
function isRowOfObjects(value: object): boolean {
  if (!Array.isArray(value)) return Object.values(value).some((item) => isObject(item) && isRowOfObjects(item));
  return (
    (value.length > 1 && value.every((item) => isObject(item) && Object.keys(item).length > 1)) ||
    value.some((item) => isObject(item) && isRowOfObjects(item))
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
