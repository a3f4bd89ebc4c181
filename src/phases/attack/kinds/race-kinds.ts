import type { Words } from './words.ts';

/** What goes wrong only when two requests are under way at once. */
export const RACE_KINDS = {
  'lost-update': {
    title: 'Of two changes to one version both take effect',
    severity: 'medium',
    cwe: 362,
    fix: 'Compare the version in the statement that changes the row.',
  },
  repeated: {
    title: 'A request with an idempotency key takes effect again',
    severity: 'medium',
    cwe: 837,
    fix: 'Keep the key in the transaction that does the work, under a unique index.',
  },
} as const satisfies Readonly<Record<string, Words>>;
