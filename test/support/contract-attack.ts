import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { nodeHttp } from '../../src/adapters/http/node/node-http.ts';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { nodeWire } from '../../src/adapters/wire/node/node-wire.ts';
import type { AttackResult } from '../../src/domain/verification.ts';
import { attack } from '../../src/phases/attack.ts';
import { attackTarget } from '../../src/pipeline/attack-target.ts';
import { contractTrial } from '../../src/pipeline/contract-trial.ts';
import { type ContractBackend, contractProject, readDocument } from './contract-backend.ts';
import { APP_SECRET } from './generated-projects.ts';

/** What is tried by people and keys that were let in. */
export const SIGNED = ['operation-rights', 'operation-fields', 'operation-tokens', 'operation-texts'];

const NEEDS = { http: nodeHttp(), wire: nodeWire(), clock: systemClock(), progress: () => {} };

/** Attacks what is said to be the backend of a document as a stranger; slow requests take half a minute of waiting. */
export async function attackAsStranger(
  name: string,
  { url, profile, only }: { url: string; profile: 'quick' | 'full'; only?: readonly string[] },
): Promise<AttackResult> {
  const target = attackTarget(contractProject(await readDocument(name)));
  const names = (only ?? target.only ?? []).filter((attackName) => attackName !== 'slow-requests');
  return attack({ ...target, url, profile, seed: 7, only: names }, NEEDS);
}

/** Attacks the backend of a document as people who sign up, or with keys that are made for it. */
export async function attackSigned(name: string, backend: ContractBackend): Promise<AttackResult> {
  const project = contractProject(await readDocument(name));
  const owner = await postgresSql().connect(backend.database.login('mig'));
  const order = { ...attackTarget(project), url: backend.url, profile: 'quick' as const, seed: 7, only: SIGNED };
  const { accounts } = project.schema;
  const promote = async (key: string | number) => {
    const text = `UPDATE app.${accounts?.table} SET ${accounts?.role} = $1 WHERE id = $2`;
    await owner.query(text, [accounts?.admins[0], key]);
  };
  const own = { secret: APP_SECRET, ...(accounts?.role ? { promote } : {}) };
  const rest = { accounts: own, trial: contractTrial(project, { owner }) };
  return attack({ ...order, ...rest }, NEEDS).finally(() => owner.close());
}
