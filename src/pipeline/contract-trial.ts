import { planContract } from '../domain/contract.ts';
import { contractKeyHash, makeContractKey } from '../domain/contract-key.ts';
import { APP_SCHEMA } from '../domain/database.ts';
import { identifier } from '../domain/identifier.ts';
import type { Project } from '../domain/project.ts';
import { EMPTY_SCHEMA } from '../domain/schema.ts';
import type { AttackOrder } from '../phases/attack.ts';
import type { TrialDatabase } from './trial-database.ts';

/** What lets those in who attack a contract where rows are nobody's. Keys are made as the project's script makes them. */
export function contractTrial(
  { contract, schema }: Pick<Project, 'contract' | 'schema'>,
  database: Pick<TrialDatabase, 'owner'> | null,
): NonNullable<AttackOrder['trial']> {
  const { keys } = planContract(contract?.document ?? {}, schema ?? EMPTY_SCHEMA);
  const accounts = schema?.accounts?.table ?? null;
  if (!keys || !database) return { makeKey: null, accounts };
  const table = `${APP_SCHEMA}.${identifier(keys.table)}`;
  return {
    accounts,
    async makeKey(scopes, days) {
      const key = makeContractKey();
      const hash = contractKeyHash(key);
      await database.owner.query(
        `INSERT INTO ${table} (name, key_hash, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, now(), now() + make_interval(days => $4::integer))`,
        [`attack ${hash.slice(0, 16)}`, hash, scopes, days],
      );
      return key;
    },
  };
}
