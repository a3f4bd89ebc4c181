import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { singular, snake } from '../words.ts';
import type { Enumerations } from './structures.ts';

const CONSTRAINT =
  /^(?:constraint\s+\S+\s+)?(primary\s+key|foreign\s+key|unique(?:\s+(?:key|index))?|check|exclude|(?:full\s*text\s+)?(?:key|index))\b[^(]*\(/i;
const COLUMNS = /\(([^()]*)\)/;
const TARGET = /\breferences\s+(?:["`]?\w+["`]?\.)?["`]?([\p{L}_][\p{L}\d_]*)/iu;

/** True for a rule of the whole table that stands among its columns: `unique (a, b)`, `foreign key (a) references t`. */
export function isConstraint(text: string): boolean {
  return /^constraint\s/i.test(text) || (CONSTRAINT.test(text) && !/^(key|index|check|unique)\s*:/i.test(text));
}

/** What such a rule says; checks and indexes are passed over. */
export function constraintFacts(entity: string, text: string, why: string): readonly Fact[] {
  const kind = CONSTRAINT.exec(text)?.[1]?.toLowerCase() ?? '';
  const columns = (COLUMNS.exec(text)?.[1] ?? '').split(',').map(snake).filter(Boolean);
  const [first] = columns;
  if (first === undefined) return [];
  if (kind.startsWith('foreign')) {
    const target = TARGET.exec(text)?.[1];
    if (target === undefined || columns.length > 1) return [];
    const parent = singular(snake(target));
    return [
      { kind: 'entity', name: parent, strength: STRENGTH.listed, why },
      { kind: 'link', child: entity, parent, role: first.replace(/_id$/, ''), why },
    ];
  }
  const isKey = kind.startsWith('primary') || kind.startsWith('unique');
  const isId = first === 'id' || first === `${entity}_id`;
  if (!isKey || (columns.length === 1 && isId)) return [];
  return [{ kind: 'unique', entity, parts: columns, why }];
}

/** `mood mood not null` behind `CREATE TYPE mood AS ENUM`: the values instead of their name. */
export function withValues(text: string, enums: Enumerations): string {
  return text.replace(/^(\s*["`]?\w+["`]?\s+)(?:\w+\.)?["`]?(\w+)["`]?/, (all, front: string, type: string) => {
    const values = enums.get(singular(snake(type)));
    return values ? `${front}enum(${values.join(', ')})` : all;
  });
}
