/** An element of an answer; attributes and namespaces say nothing that is needed. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const DEEPEST = 20;

/**
 * The root element of an answer; null for anything that is no plain XML. Declarations of types are refused, so nothing
 * can be expanded.
 */
export function readXml(bytes: Uint8Array): XmlElement | null {
  const text = new TextDecoder().decode(bytes).replace(/^\uFEFF?\s*(?:<\?xml[^>]*\?>)?\s*/, '');
  const tokens = text.match(/<[^<>]+>|[^<>]+/g) ?? [];
  const read = readElement(tokens, 0, 0);
  const isWhole = read !== null && tokens.slice(read.next).every((token) => token.trim() === '');
  return isWhole && tokens.join('').length === text.length ? read.element : null;
}

interface Read {
  readonly element: XmlElement;
  readonly next: number;
}

function readElement(tokens: readonly string[], start: number, depth: number): Read | null {
  const open = /^<([A-Za-z_][\w:.-]*)(?:\s[^>]*?)?(\/)?>$/.exec(tokens[start] ?? '');
  if (!open || depth > DEEPEST) return null;
  const name = open[1] ?? '';
  if (open[2]) return { element: { name, text: '', children: [] }, next: start + 1 };
  const children: XmlElement[] = [];
  let text = '';
  let place = start + 1;
  for (;;) {
    const token = tokens[place];
    if (token === undefined) return null;
    if (token === `</${name}>`) break;
    if (token.startsWith('<')) {
      const child = readElement(tokens, place, depth + 1);
      if (child === null) return null;
      children.push(child.element);
      place = child.next;
    } else {
      text += token;
      place += 1;
    }
  }
  return { element: { name, text: unescaped(text), children }, next: place + 1 };
}

/** Children of a name, in their order. */
export function childrenOf(parent: XmlElement | null | undefined, name: string): readonly XmlElement[] {
  return parent?.children.filter((child) => child.name === name) ?? [];
}

/** Text of the first child of a name; null when there is none. */
export function textOf(parent: XmlElement | null | undefined, name: string): string | null {
  return childrenOf(parent, name)[0]?.text ?? null;
}

/** The element as text again. */
export function writeXml({ name, text, children }: XmlElement): string {
  const inside = children.length > 0 ? children.map(writeXml).join('') : escapeXml(text);
  return `<${name}>${inside}</${name}>`;
}

/** A value as the text of an element. */
export function escapeXml(value: string): string {
  return value.replace(/[&<>\r\n\t]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, hex?: string, digits?: string, name = '') => {
      const point = hex ? Number.parseInt(hex, 16) : Number(digits ?? Number.NaN);
      if (Number.isNaN(point)) return ENTITIES[name] ?? whole;
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
