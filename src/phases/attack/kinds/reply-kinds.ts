import type { Words } from './words.ts';

/** What an answer itself shows, or that there is none. */
export const REPLY_KINDS = {
  'not-attacked': {
    title: 'Could not be attacked',
    severity: 'medium',
    cwe: 710,
    fix: 'Make the API do what its schema says, so that it can be examined.',
  },
  crash: {
    title: 'The server ends or hangs',
    severity: 'critical',
    cwe: 248,
    fix: 'Catch the error where the request is read, and answer 400.',
  },
  'no-answer': {
    title: 'A request gets no answer',
    severity: 'medium',
    cwe: 400,
    fix: 'Answer every request, also one that is refused.',
  },
  'server-error': {
    title: 'Bad input is answered with a server error',
    severity: 'medium',
    cwe: 755,
    fix: 'Check the input before it is used, and answer 400 naming the field.',
  },
  'error-details': {
    title: 'An answer tells how the server works inside',
    severity: 'medium',
    cwe: 209,
    fix: 'Log the error with its request id, and answer a plain problem document.',
  },
  'sensitive-shown': {
    title: 'A sensitive column leaves the server',
    severity: 'critical',
    cwe: 201,
    fix: 'Select the visible columns by name; never the sensitive ones.',
  },
  'secret-shown': {
    title: 'A secret that was sent comes back',
    severity: 'high',
    cwe: 522,
    fix: 'Never repeat what came in a sensitive field, not even in an error.',
  },
  'sensitive-compared': {
    title: 'Rows can be found or sorted by a sensitive column',
    severity: 'high',
    cwe: 202,
    fix: 'Accept the names of visible columns only in filters, sorts and fields.',
  },
  'headers-missing': {
    title: 'A security header is missing',
    severity: 'low',
    cwe: 693,
    fix: 'Set the security headers on every answer, before it is routed.',
  },
  cacheable: {
    title: 'A private answer may be kept on the way',
    severity: 'low',
    cwe: 525,
    fix: 'Set Cache-Control: no-store on every answer, before it is routed.',
  },
  'cors-open': {
    title: 'Pages of any origin may read answers',
    severity: 'high',
    cwe: 942,
    fix: 'Name the allowed origins in CORS_ORIGINS and answer no others.',
  },
} as const satisfies Readonly<Record<string, Words>>;
