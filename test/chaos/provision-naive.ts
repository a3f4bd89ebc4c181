import { databaseNames } from '../../src/domain/database.ts';
import { identifier, literal } from '../../src/domain/identifier.ts';
import { generatePassword } from '../../src/domain/scram.ts';
import { asAdmin, type Server } from '../support/provisioning.ts';

/**
 * The control: what one writes first. Role, database, then the password is kept and PUBLIC shut out. Run again it starts
 * from the top. A chaos run in which this passes has measured nothing.
 */
export async function provisionNaively(order: {
  readonly server: Server;
  readonly metadataDatabase: string;
  readonly projectId: string;
  readonly onStep: (point: string) => void;
}): Promise<void> {
  const { database, app } = databaseNames(order.projectId);
  const password = generatePassword();
  await asAdmin(order.server, 'postgres', async (query) => {
    await query(`CREATE ROLE ${identifier(app)} LOGIN PASSWORD ${literal(password)}`);
    order.onStep('after:create-role');
    await query(`CREATE DATABASE ${identifier(database)} OWNER ${identifier(app)}`);
    order.onStep('after:create-database');
  });
  await asAdmin(order.server, order.metadataDatabase, (query) =>
    query('INSERT INTO naive (project_id, database, password) VALUES ($1, $2, $3)', [
      order.projectId,
      database,
      password,
    ]),
  );
  order.onStep('after:save');
  await asAdmin(order.server, 'postgres', (query) =>
    query(`REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`),
  );
  order.onStep('after:revoke');
}
