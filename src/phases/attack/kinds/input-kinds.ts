import type { Words } from './words.ts';

/** What is sent is taken for something else than it is. */
export const INPUT_KINDS = {
  prototype: {
    title: 'A body can reach the prototype of objects',
    severity: 'high',
    cwe: 1321,
    fix: 'Copy known fields by name; never merge a body.',
  },
  injection: {
    title: 'SQL can be injected',
    severity: 'critical',
    cwe: 89,
    fix: 'Hand the value over as a parameter, and choose names from a closed list.',
  },
  'plant-read': {
    title: 'A table of others can be read',
    severity: 'critical',
    cwe: 89,
    fix: 'Hand values over as parameters, and give the login of the server no rights on other tables.',
  },
  'plant-changed': {
    title: 'A table of others was changed',
    severity: 'critical',
    cwe: 89,
    fix: 'Hand values over as parameters, and give the login of the server no rights on other tables.',
  },
  'operator-injection': {
    title: 'An object is taken where a plain value is due',
    severity: 'high',
    cwe: 943,
    fix: 'Check the type of every value before it is used.',
  },
  'wildcards-open': {
    title: 'A plain comparison obeys wildcards',
    severity: 'medium',
    cwe: 155,
    fix: 'Compare with =, and use LIKE only where it is asked for.',
  },
  'body-confused': {
    title: 'What is not JSON is taken as JSON',
    severity: 'low',
    cwe: 436,
    fix: 'Accept application/json in UTF-8 only: 415 for other types, 400 for what does not parse.',
  },
  'number-confused': {
    title: 'A number that cannot be kept is accepted',
    severity: 'medium',
    cwe: 190,
    fix: 'Check numbers against the range of their column.',
  },
  'method-confused': {
    title: 'A method that is not there does something',
    severity: 'medium',
    cwe: 650,
    fix: 'Answer 405 to what a path does not have, and obey no override headers.',
  },
  traversal: {
    title: 'Files of the server can be read',
    severity: 'critical',
    cwe: 22,
    fix: 'Never make the name of a file from a request.',
  },
  'header-injected': {
    title: 'A request can write headers of the answer',
    severity: 'high',
    cwe: 113,
    fix: 'Copy nothing from a request into a header without a closed pattern.',
  },
  'host-obeyed': {
    title: 'Addresses are made from the Host header',
    severity: 'low',
    cwe: 644,
    fix: 'Answer with relative addresses.',
  },
  smuggling: {
    title: 'Requests can be smuggled past a proxy',
    severity: 'high',
    cwe: 444,
    fix: 'Refuse requests with two lengths or malformed headers, and close the connection.',
  },
  'secret-logged': {
    title: 'A secret is in the log',
    severity: 'high',
    cwe: 532,
    fix: 'Log method, path, status and request id; no bodies, headers or query values.',
  },
  'log-injection': {
    title: 'A request can write lines of the log',
    severity: 'low',
    cwe: 117,
    fix: 'Write each record as one line of JSON.',
  },
  'outside-touched': {
    title: 'Rows outside the API changed',
    severity: 'critical',
    cwe: 668,
    fix: 'Give the login of the server rights on its own tables only.',
  },
} as const satisfies Readonly<Record<string, Words>>;
