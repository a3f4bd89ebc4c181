import { INPUT_KINDS } from './kinds/input-kinds.ts';
import { LOAD_KINDS } from './kinds/load-kinds.ts';
import { RACE_KINDS } from './kinds/race-kinds.ts';
import { REPLY_KINDS } from './kinds/reply-kinds.ts';
import { RIGHTS_KINDS } from './kinds/rights-kinds.ts';
import { SIGN_IN_KINDS } from './kinds/sign-in-kinds.ts';

/** What can be found, with the words of its report. */
export const KINDS = {
  ...REPLY_KINDS,
  ...SIGN_IN_KINDS,
  ...RIGHTS_KINDS,
  ...INPUT_KINDS,
  ...LOAD_KINDS,
  ...RACE_KINDS,
} as const;

export type Kind = keyof typeof KINDS;
