import type { Weakness } from '../../../domain/verification.ts';

/** What a report says of all weaknesses of a kind. Numbers are those of cwe.mitre.org. */
export type Words = Pick<Weakness, 'title' | 'severity' | 'cwe' | 'fix'>;
