/** An element of XML as the fake of S3 reads it: no attributes, no namespaces. */
export interface Element {
  readonly name: string;
  readonly text: string;
  readonly children: readonly Element[];
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Throws on anything that is no element of XML. */
export function readXml(source: string): Element {
  const tokens = source.replace(/^\s*<\?xml[^>]*\?>/, '').match(/<[^>]+>|[^<]+/g) ?? [];
  let place = 0;
  const element = (): Element => {
    const open = /^<([A-Za-z][\w:.-]*)(\s[^>]*?)?(\/)?>$/.exec(tokens[place] ?? '');
    if (!open) throw new Error(`not an element: ${tokens[place]}`);
    place += 1;
    const name = open[1] ?? '';
    if (open[3]) return { name, text: '', children: [] };
    const children: Element[] = [];
    let text = '';
    for (;;) {
      const token = tokens[place];
      if (token === undefined) throw new Error(`${name} has no end`);
      if (token === `</${name}>`) break;
      if (token.startsWith('<')) children.push(element());
      else {
        text += token;
        place += 1;
      }
    }
    place += 1;
    return { name, text: decode(text), children };
  };
  while ((tokens[place] ?? 'x').trim() === '') place += 1;
  const root = element();
  if (tokens.slice(place).join('').trim() !== '') throw new Error('more than one element');
  return root;
}

export function childrenOf(parent: Element | undefined, name: string): readonly Element[] {
  return parent?.children.filter((child) => child.name === name) ?? [];
}

export function textOf(parent: Element | undefined, name: string): string | undefined {
  return childrenOf(parent, name)[0]?.text;
}

/** A value as text of an element. */
export function escapeXml(value: string): string {
  return value.replace(/[&<>"\r]/g, (sign) =>
    sign === '\r' ? '&#13;' : ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' }[sign] ?? '&quot;'),
  );
}

function decode(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, entity: string) => {
    if (entity.startsWith('#x')) return String.fromCodePoint(Number.parseInt(entity.slice(2), 16));
    if (entity.startsWith('#')) return String.fromCodePoint(Number(entity.slice(1)));
    return ENTITIES[entity] ?? whole;
  });
}
