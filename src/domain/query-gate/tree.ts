/** Parts of a parsed statement, read without trusting their shape. */

export type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What lies below a value along a path of names. */
export function at(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((inner, name) => (isFields(inner) ? inner[name] : undefined), value);
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The parts of a dotted name; something that is no name becomes `*`, which is none. */
export function nameParts(value: unknown): readonly string[] {
  return listOf(value).map((part) => {
    const text = at(part, 'String', 'sval');
    return typeof text === 'string' ? text : '*';
  });
}

/** A part of the tree with the name it stands under: of a node (`ColumnRef`), or of a field (`whereClause`). */
export interface Place {
  readonly name: string;
  readonly value: Fields;
}

/** Everything with fields below a tree, itself included. Without recursion: trees can be deep. */
export function* placesOf(name: string, tree: unknown): Generator<Place> {
  const waiting: [string, unknown][] = [[name, tree]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [key, value] = next;
    if (Array.isArray(value)) for (const item of value) waiting.push([key, item]);
    else if (isFields(value)) {
      yield { name: key, value };
      for (const [inner, below] of Object.entries(value)) {
        if (typeof below === 'object' && below !== null) waiting.push([inner, below]);
      }
    }
  }
}
