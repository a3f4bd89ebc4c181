import { ApiDocument, type Json, member, pointerTo } from '../../../domain/api-document.ts';
import { TurboError } from '../../../domain/errors.ts';
import { shown } from './parse-text.ts';

/** Refuses references out of the document, and those that lead nowhere in it. */
export function checkReferences(value: Json): void {
  const document = new ApiDocument(value);
  const open: { value: unknown; pointer: string; isName: boolean }[] = [{ value, pointer: '#', isName: false }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    const target = next.isName ? undefined : member(next.value, '$ref');
    if (typeof target === 'string') check(document, next.value, next.pointer, target);
    for (const [key, item] of Object.entries(next.value)) {
      // Examples are values, not descriptions; below `properties` stand names that people chose.
      if (!next.isName && VALUES.has(key)) continue;
      const isName = !next.isName && NAMES.has(key);
      open.push({ value: item, pointer: pointerTo(next.pointer, key), isName });
    }
  }
}

const VALUES: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum', 'const', 'mapping']);
const NAMES: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

function check(document: ApiDocument, value: object, pointer: string, target: string): void {
  if (target !== '#' && !target.startsWith('#/')) {
    throw new TurboError(
      'contract.unsupported',
      `${shown(pointer)} refers to something outside of the document: ${JSON.stringify(shown(target))}.`,
      { hint: 'Make one document of all parts first: npx @redocly/cli bundle <file> -o bundled.yaml' },
    );
  }
  document.follow({ value: { $ref: target, ...value }, pointer: shown(pointer) });
}
