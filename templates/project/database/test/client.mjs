import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { openDatabase } from './database.mjs';
import { tables } from './samples.mjs';
import { send, startServer } from './server.mjs';

/** Somebody who asks the server. */
export class Client {
  /** Rows that others are made for, by table: each is made once. */
  #parents = new Map();

  constructor(backend, headers = {}) {
    this.backend = backend;
    this.headers = headers;
  }

  async send(method, path, body, headers = {}) {
    const answer = await send(method, `${this.backend.url}${path}`, body, {
      ...this.headers,
      ...headers,
    });
    if (answer.status === 201) this.#remember(path, answer);
    return { ...answer, request: `${method} ${path}` };
  }

  get(path, headers) {
    return this.send('GET', path, undefined, headers);
  }

  post(path, body, headers) {
    return this.send('POST', path, body, headers);
  }

  put(path, body, headers) {
    return this.send('PUT', path, body, headers);
  }

  patch(path, body, headers) {
    return this.send('PATCH', path, body, headers);
  }

  delete(path, headers) {
    return this.send('DELETE', path, undefined, headers);
  }

  /** A body that makes a row of a table; the rows it refers to are there. */
  async body(table, changes = {}) {
    return { ...(await tables[table].body(this)), ...changes };
  }

  /** Makes a row and gives it back. */
  async make(table, changes = {}) {
    const maker = this.makerOf(table);
    return answered(await maker.post(tables[table].path, await maker.body(table, changes)), 201);
  }

  /** A row that others can refer to. */
  parent(table) {
    const known = this.#parents.get(table) ?? this.make(table);
    this.#parents.set(table, known);
    return known;
  }

  /** Who makes the rows of a table for this one. */
  makerOf(_table) {
    return this;
  }

  #remember(path, { headers, body }) {
    const table = Object.keys(tables).find((name) => tables[name].path === path);
    if (headers.get('location')) this.backend.made.push([this, headers.get('location')]);
    else if (table) for (const row of body.data) this.backend.made.push([this, pathOf(table, row)]);
  }
}

/** A server of its own, on the database for tests. Ends the process, with one line, where there is none. */
export async function openBackend(settings = {}) {
  // Signs tokens, where people sign in.
  const secret = randomBytes(32).toString('base64url');
  let database;
  try {
    database = await openDatabase();
    const server = await startServer({
      DATABASE_URL: database.url,
      DATABASE_POOL_SIZE: '2',
      APP_SECRET: secret,
      ...settings,
    });
    return {
      url: server.url,
      secret,
      log: server.log,
      database,
      /** Who made which rows, in order. */
      made: [],
      /** Accounts, which go last. */
      people: [],
      /** Removes what was made, children first. */
      async close() {
        const left = [];
        for (const [client, path] of this.made.reverse()) {
          const { status } = await client.delete(path);
          if (status === 409) left.push([client, path]);
        }
        // An older row may have been changed to refer to a newer one.
        for (const [client, path] of [...left, ...this.people]) await client.delete(path);
        await server.stop();
        await database.close();
      },
    };
  } catch (error) {
    await database?.close();
    console.error(error.message);
    process.exit(1);
  }
}

/** A server, and a client of it. */
export async function openClient() {
  const backend = await openBackend();
  return { client: new Client(backend), backend };
}

/** The address of a row. */
export function pathOf(table, row) {
  const { path, key } = tables[table];
  return [path, ...key.map((name) => encodeURIComponent(String(row[name])))].join('/');
}

/** The address of a row that is not there: another key of the same kind. */
export function missingPath(table) {
  return [tables[table].path, ...tables[table].missing.map(encodeURIComponent)].join('/');
}

/** The body of an answer, which has this status. */
export function answered(answer, status) {
  assert.equal(answer.status, status, `${answer.request}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** A problem document of this status that names these fields: `{title: 'is required'}`. */
export function refused(answer, status, errors) {
  const body = answered(answer, status);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json', answer.request);
  assert.equal(body.status, status);
  assert.equal(typeof body.detail, 'string');
  if (errors === undefined) return body;
  const named = Object.fromEntries(
    (body.errors ?? []).map(({ field, message }) => [field, message]),
  );
  assert.deepEqual(named, errors, `${answer.request}: ${JSON.stringify(body)}`);
  return body;
}
