/**
 * The process that gets killed: one change of passwords or of the key. The order comes as JSON on standard input, so
 * that no password is in argv. Prints each point it reaches; exits 0 when done.
 */
import { text } from 'node:stream/consumers';
import { LOGIN_ROLES } from '../../src/domain/database.ts';
import { passwordContext } from '../../src/domain/provisioning.ts';
import { generatePassword, scramVerifier } from '../../src/domain/scram.ts';
import { rotateKey } from '../../src/operations/rotate-key.ts';
import { rotatePasswords } from '../../src/pipeline/rotate-passwords.ts';
import { asAdmin, type Server } from '../support/provisioning.ts';
import { type SecretsServices, secretsServices } from '../support/secrets-project.ts';

export interface SecretsOrder {
  /** `naive` is the control: the server first, then what is stored. */
  readonly verb: 'rotate' | 'rotate-key' | 'naive';
  readonly server: Server;
  readonly home: string;
  readonly metadataDatabase: string;
  readonly migrationsFolder: string;
  readonly project: { readonly id: string; readonly name: string; readonly directory: string };
  readonly keys: { readonly masterKey?: string; readonly nextMasterKey?: string };
  /** The point at which it kills itself; the empty string for none. */
  readonly killAt: string;
}

// The parent checks what it sends: this program is run by it alone.
const order: SecretsOrder = JSON.parse(await text(process.stdin));
let values = 0;
const onStep = (point: string) => {
  if (point === 'value') values += 1;
  const name = point === 'value' ? `value:${values}` : point;
  process.stdout.write(`${name}\n`);
  if (name === order.killAt) process.kill(process.pid, 'SIGKILL');
};
const services = secretsServices(order.server, { ...order, ...order.keys, onKeyStep: onStep });
try {
  await services.state.version();
  onStep('ready');
  if (order.verb === 'rotate') await rotatePasswords(order.project, ['dev'], services, { onStep });
  if (order.verb === 'rotate-key') process.stdout.write(`${JSON.stringify(await rotateKey(services, onStep))}\n`);
  if (order.verb === 'naive') await rotateNaively(services);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await services.state.close();
}

async function rotateNaively({ vault, state }: SecretsServices): Promise<void> {
  const { id } = order.project;
  const record = await state.findDatabase(id, 'dev');
  if (!record) throw new Error('no record');
  for (const role of LOGIN_ROLES) {
    const password = generatePassword();
    const verifier = await scramVerifier(password);
    await asAdmin(order.server, 'postgres', (query) =>
      query(`ALTER ROLE ${record.databaseName}_${role} PASSWORD '${verifier}'`),
    );
    onStep(`altered:${role}`);
    const sealed = await vault.seal(password, passwordContext(id, 'dev', role));
    await state.resealSecret({ projectId: id, env: 'dev', role, slot: 'secrets' }, record.secrets[role], sealed);
    onStep(`stored:${role}`);
  }
}
