const LINE_WIDTH = 100;

/** JSON as the formatter leaves it: what fits stands on one line. */
export function formatJson(value: unknown): string {
  return `${layOut(value, 0, 0, 0)}\n`;
}

/** `start` is where the value begins on its line, `end` how much stands behind it. */
function layOut(value: unknown, indent: number, start: number, end: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const line = onOneLine(value);
  if (indent > 0 && start + line.length + end <= LINE_WIDTH && !isRowOfObjects(value)) return line;
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

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${onOneLine(item)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
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
