import { z } from 'zod';

/** Characters that nobody sees, or that turn the direction of those around them. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const visible = z
  .string()
  .refine((login) => !INVISIBLE.test(login), 'contains invisible characters');

/** As it is kept: what differs only in case, composition or blanks around it is one login. */
function usual(login: unknown): unknown {
  return typeof login === 'string' ? login.normalize('NFKC').toLowerCase().trim() : login;
}

/** What somebody signs in with. */
export function knownLogin(check: z.ZodType<string, string>) {
  return z.preprocess(usual, check);
}

/** The login of a new account, which looks like no other. */
export function newLogin(check: z.ZodType<string, string>) {
  return z.preprocess(usual, check.pipe(visible));
}
