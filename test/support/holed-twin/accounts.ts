// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code that is put in has template strings of its own.
import type { Hole } from '../holed-twin.ts';

/** Who may do what, forgotten in one place at a time. */
export const ACCOUNT_HOLES: readonly Hole[] = [];
