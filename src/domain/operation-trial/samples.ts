import type { ContractCheck, TextFormat } from '../contract-values.ts';
import { type PatternPart, patternParts } from '../pattern-parts.ts';

/** A value that a check lets through, as text of a query. */
export function plainSample(check: ContractCheck): string {
  if (check.kind !== 'text' || check.format) return String(sampleOf(check)).replaceAll('#', '1');
  if (check.pattern === undefined) return 'text'.padEnd(check.min ?? 0, 'x').slice(0, check.max);
  return (patternParts(check.pattern) ?? []).map(({ chars, count }) => (chars[0] ?? '').repeat(count)).join('');
}

const FORMATTED: Readonly<Record<TextFormat, string>> = {
  uri: 'https://example.com/#',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  hostname: 'host-#.example.com',
  time: '10:00:00Z',
  byte: 'dGV4dA==',
};

/** A value that a check lets through; `#` in a text and `{random}` are filled in by whoever tries it. */
export function sampleOf(check: ContractCheck): unknown {
  switch (check.kind) {
    case 'text': {
      if (check.format) return FORMATTED[check.format];
      if (check.pattern !== undefined) return { random: lengthened(check.pattern, check) };
      if (check.max === undefined || check.max >= 12) return 'text #'.padEnd(check.min ?? 0, 'x');
      return { random: [{ chars: 'abcdefghijklmnopqrstuvwxyz', count: check.max }] };
    }
    case 'email':
      return 'person#@example.com';
    case 'uuid':
      return '6f1c2b9e-3a44-4c57-9d5b-2f8f0a7f1c11';
    case 'instant':
      return '2026-01-31T10:00:00Z';
    case 'date':
      return '2026-01-31';
    case 'boolean':
      return true;
    case 'integer':
    case 'number':
      return Math.min(Math.max(1, check.min ?? 1), check.max ?? 1);
    case 'choice':
      return check.values[0];
    case 'list':
      return [sampleOf(check.item)];
    case 'object':
      return Object.fromEntries(check.members.map(({ name, check: inner }) => [name, sampleOf(inner)]));
    case 'any':
      return { text: 'any' };
  }
}

/** Two rows of one letter would soon have the same. */
const LENGTH = 12;

/** Parts of a pattern, the last one that may be longer so long that no two samples are alike; within the limits of the text. */
function lengthened(
  pattern: string,
  { min = 0, max = Number.POSITIVE_INFINITY }: { readonly min: number | undefined; readonly max: number | undefined },
): readonly PatternPart[] {
  const parts = patternParts(pattern) ?? [];
  const missing = Math.min(Math.max(LENGTH, min), max) - parts.reduce((total, { count }) => total + count, 0);
  if (missing <= 0) return parts;
  const matches = new RegExp(pattern, 'u');
  const longer = parts.map((_part, at) =>
    parts.map((part, place) => (place === at ? { ...part, count: part.count + missing } : part)),
  );
  const holds = (candidate: readonly PatternPart[]) =>
    [0, -1].every((letter) =>
      matches.test(candidate.map(({ chars, count }) => (chars.at(letter) ?? '').repeat(count)).join('')),
    );
  return longer.findLast((candidate, at) => (parts[at]?.chars.length ?? 0) > 1 && holds(candidate)) ?? parts;
}
