import { type DatabaseNames, LOGIN_ROLES } from '../../../domain/database.ts';
import { scramVerifier, verifierMatches } from '../../../domain/scram.ts';
import type { Passwords } from '../../../ports/database-admin.ts';
import type { ClusterFacts } from './facts.ts';
import type { Verifiers } from './roles.ts';

/** Makes and compares verifiers, each of them once: one costs 4096 rounds of hashing. */
export interface VerifierMemory {
  make(passwords: Passwords): Promise<Verifiers>;
  /** Whether the roles have these passwords; true where that cannot be told: no roles, or no right to read verifiers. */
  match(found: ClusterFacts['verifiers'], names: DatabaseNames, passwords: Passwords): Promise<boolean>;
}

/** What one process has learnt about verifiers while it holds a project's lock. */
export function verifierMemory(): VerifierMemory {
  const made = new WeakMap<Passwords, Promise<Verifiers>>();
  const passwordOf = new Map<string, string>();
  const hash = async (passwords: Passwords): Promise<Verifiers> => {
    const [mig, app, ro] = await Promise.all([
      scramVerifier(passwords.mig),
      scramVerifier(passwords.app),
      scramVerifier(passwords.ro),
    ]);
    const verifiers = { mig, app, ro };
    for (const role of LOGIN_ROLES) passwordOf.set(verifiers[role], passwords[role]);
    return verifiers;
  };
  const matches = async (verifier: string | null, password: string): Promise<boolean> => {
    if (verifier === null) return false;
    if (passwordOf.get(verifier) === password) return true;
    if (!(await verifierMatches(verifier, password))) return false;
    passwordOf.set(verifier, password);
    return true;
  };
  return {
    make(passwords) {
      const known = made.get(passwords);
      if (known) return known;
      const making = hash(passwords);
      made.set(passwords, making);
      return making;
    },

    async match(found, names, passwords) {
      if (found === null || Object.keys(found).length === 0) return true;
      const each = await Promise.all(LOGIN_ROLES.map((role) => matches(found[names[role]] ?? null, passwords[role])));
      return each.every(Boolean);
    },
  };
}
