import type { Row } from './row.ts';

/** Somebody who registered for this attack. */
export interface Person {
  readonly name: string;
  readonly login: string;
  password: string;
  token: string;
  refreshToken: string;
  readonly key: string | number;
  readonly row: Row;
}
