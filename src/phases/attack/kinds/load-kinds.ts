import type { Words } from './words.ts';

/** More, or slower, than a server bears. */
export const LOAD_KINDS = {
  'body-unbounded': {
    title: 'Bodies of any size are read',
    severity: 'medium',
    cwe: 770,
    fix: 'Stop reading beyond the limit, and answer 413.',
  },
  'page-unbounded': {
    title: 'Lists have no upper limit',
    severity: 'medium',
    cwe: 770,
    fix: 'Refuse a limit above the largest page.',
  },
  slow: {
    title: 'Slow requests hold the server',
    severity: 'medium',
    cwe: 400,
    fix: 'Set headersTimeout and requestTimeout, and check them every second.',
  },
  crowded: {
    title: 'Many requests at once get no answers',
    severity: 'medium',
    cwe: 400,
    fix: 'Bound what waits, and answer 503 with Retry-After to the rest.',
  },
} as const satisfies Readonly<Record<string, Words>>;
