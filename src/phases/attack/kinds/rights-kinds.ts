import type { Words } from './words.ts';

/** Rows and fields that are not for who asks. */
export const RIGHTS_KINDS = {
  'others-read': {
    title: "Another person's row can be read",
    severity: 'critical',
    cwe: 639,
    fix: 'Put the condition of ownership into the statement that reads the row.',
  },
  'others-listed': {
    title: "Lists show other people's rows",
    severity: 'critical',
    cwe: 639,
    fix: 'Put the condition of ownership into every statement of the list.',
  },
  'others-counted': {
    title: "Counts tell of other people's rows",
    severity: 'medium',
    cwe: 203,
    fix: 'Count with the condition of ownership.',
  },
  'others-included': {
    title: 'A relation shows what may not be read',
    severity: 'high',
    cwe: 639,
    fix: 'Put the condition of ownership into the statement that reads included rows.',
  },
  'profile-open': {
    title: 'An included account shows more than its public profile',
    severity: 'high',
    cwe: 359,
    fix: 'Read included accounts from the view of public profiles.',
  },
  'others-changed': {
    title: "Another person's row can be changed",
    severity: 'critical',
    cwe: 639,
    fix: 'Put the condition of ownership into the statement that changes the row.',
  },
  'others-deleted': {
    title: "Another person's row can be deleted",
    severity: 'critical',
    cwe: 639,
    fix: 'Put the condition of ownership into the statement that deletes the row.',
  },
  'others-tied': {
    title: "A row can be tied to another person's row",
    severity: 'high',
    cwe: 639,
    fix: 'Treat a referenced row that its maker cannot read as one that does not exist.',
  },
  'others-oracle': {
    title: "Answers tell that another person's row exists",
    severity: 'medium',
    cwe: 203,
    fix: 'Answer for a row that may not be seen exactly as for one that does not exist.',
  },
  'admin-missing': {
    title: 'What admins may do, others may too',
    severity: 'critical',
    cwe: 862,
    fix: 'Ask for an admin as the first line of the route.',
  },
  'mass-assignment': {
    title: 'A field that is not for clients can be set',
    severity: 'high',
    cwe: 915,
    fix: 'Accept exactly the fields of the schema, and refuse unknown ones.',
  },
  'guessable-id': {
    title: 'Keys that should be random can be guessed',
    severity: 'low',
    cwe: 340,
    fix: 'Make keys with nanoid() or randomUUID().',
  },
  'idempotency-shared': {
    title: "Another person's idempotency key gives their answer",
    severity: 'high',
    cwe: 639,
    fix: 'Make the account part of the stored key.',
  },
} as const satisfies Readonly<Record<string, Words>>;
