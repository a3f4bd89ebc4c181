import pg from 'pg';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { TurboError } from '../../../src/domain/errors.ts';

/** A command in miniature, run as a process of its own: one verb, one home, one JSON value on stdout. */
const [verb, home = ''] = process.argv.slice(2);

async function answer(): Promise<unknown> {
  const cluster = embeddedCluster({ home });
  switch (verb) {
    case 'ensure':
      return cluster.ensure();
    case 'inspect':
      return cluster.inspect();
    case 'stop':
      return { stopped: await cluster.stop() };
    case 'use':
      await cluster.ensure();
      return { answer: await useFiles(cluster.adminLogin('postgres')) };
    default:
      throw new Error(`unknown verb ${verb}`);
  }
}

/** Makes the server read files of its installation: a library and a time zone. */
async function useFiles(login: pg.ClientConfig): Promise<string> {
  const client = new pg.Client({ ...login, options: '-c client_min_messages=warning' });
  await client.connect();
  try {
    await client.query(`do $$ begin perform 1; end $$; set timezone = 'Europe/Vienna'`);
    const zone = await client.query<{ TimeZone: string }>('show timezone');
    return `plpgsql and ${zone.rows[0]?.TimeZone}`;
  } finally {
    await client.end();
  }
}

answer().then(
  (value) => console.log(JSON.stringify(value)),
  (error: unknown) => {
    if (!(error instanceof TurboError)) throw error;
    console.log(JSON.stringify({ error: error.code, message: error.message }));
  },
);
