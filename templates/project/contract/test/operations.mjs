import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { assertDescribed } from './contract.mjs';
import { credentials, newPerson } from './people.mjs';
import { send, startServer } from './server.mjs';

/** How each operation of the document is tried. */
export const operations = JSON.parse(
  readFileSync(new URL('./operations.json', import.meta.url), 'utf8'),
);

const quickPasswords = new URL('./quick-passwords.mjs', import.meta.url);

const rowIn = ({ wrap }, body) => (wrap ? body[wrap] : body);

function randomText(parts) {
  const letters = parts.flatMap(({ chars, count }) =>
    Array.from({ length: count }, () => chars[randomInt(chars.length)]),
  );
  return letters.join('');
}

/** A server for tests, which is asked by the operations of the document. Each answer is held against it. */
export async function openContract() {
  const url = process.env.TEST_DATABASE_URL;
  const server = await startServer({
    ...(url && { DATABASE_URL: url }),
    REGISTRATIONS_PER_HOUR: '10000',
    ...(existsSync(quickPasswords) && { NODE_OPTIONS: `--import ${quickPasswords.href}` }),
  });
  return new Contract(server);
}

class Contract {
  #server;
  #count = 0;
  /** Where rows were made. */
  #places = new WeakMap();

  constructor(server) {
    this.#server = server;
  }

  stop() {
    return this.#server.stop();
  }

  /** Asks an operation by its id. */
  ask(id, { path = {}, query = {}, body, token } = {}) {
    const operation = operations.find((one) => one.id === id);
    assert.ok(operation, `the document has no operation ${id}`);
    const address = operation.path.replaceAll(/\{(\w+)\}/g, (_part, name) =>
      encodeURIComponent(path[name]),
    );
    const search = new URLSearchParams(query).toString();
    return this.call(operation, search === '' ? address : `${address}?${search}`, { body, token });
  }

  async call(operation, address, { body, token } = {}) {
    const { headers, query } = credentials(operation, token);
    const shown = query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`;
    const answer = await send(operation.method, this.#server.url + shown, body, headers);
    if (operation.kind !== 'custom') assertDescribed(operation, answer);
    return answer;
  }

  /** The body that an operation is tried with: numbers of its own, and keys of rows that were made for it. */
  body(operation, token) {
    this.#count += 1;
    return this.#filled(operation.body, token);
  }

  async #filled(value, token) {
    if (typeof value === 'string') return value.replaceAll('#', `${process.pid}${this.#count}`);
    if (Array.isArray(value)) return Promise.all(value.map((item) => this.#filled(item, token)));
    if (typeof value !== 'object' || value === null) return value;
    if ('random' in value) return randomText(value.random);
    if ('made' in value && 'field' in value)
      return (await this.make(value.made, token))?.[value.field];
    const entries = Object.entries(value).map(async ([name, item]) => [
      name,
      await this.#filled(item, token),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Somebody new, who has these scopes, or this role, where some are asked for. */
  signUp(scopes) {
    return newPerson(this, scopes);
  }

  kind(wanted) {
    return operations.find((operation) => operation.kind === wanted);
  }

  /** A new row, as it was answered; of accounts, somebody new. Undefined where no operation shows one. */
  async make(table, token) {
    const operation = operations.find(({ makes }) => makes === table);
    if (!operation) return this.kind('register') ? (await this.signUp()).row : undefined;
    const address = operation.lacks ? undefined : await this.addressOf(operation, token);
    if (!address) return undefined;
    const sent = await this.body(operation, token);
    // What asks for more than who wants the row may have, somebody else makes.
    const maker = operation.scopes ? (await this.signUp(operation.scopes)).token : token;
    const { status, body } = await this.call(operation, address, { body: sent, token: maker });
    assert.equal(status, operation.status, `${operation.id}: ${JSON.stringify(body)}`);
    const row = rowIn(operation, body);
    this.#places.set(row, address);
    return row;
  }

  /** The address of a row made for it; undefined where nothing shows how it is found. */
  async addressOf({ path, params }, token) {
    let address = path;
    const last = params.at(-1);
    if (!last) return address;
    const row = await this.make(last.table, token);
    if (row?.[last.field] === undefined) return undefined;
    address = address.replace(`{${last.name}}`, encodeURIComponent(row[last.field]));
    // What it lies below stands in the address that it was made at.
    const made = this.#places.get(row) ?? '';
    const base = path.split(`{${last.name}}`)[0].split('/').slice(0, -2).length;
    const parts = address.split('/');
    made
      .split('/')
      .slice(0, base)
      .forEach((part, at) => {
        if (parts[at]?.startsWith('{')) parts[at] = part;
      });
    // What is only tied to it is made for it.
    for (const { name, table, field } of params) {
      const at = parts.indexOf(`{${name}}`);
      const other = at < 0 ? undefined : (await this.make(table, token))?.[field];
      if (other !== undefined) parts[at] = encodeURIComponent(other);
    }
    return parts.some((part) => part.startsWith('{')) ? undefined : parts.join('/');
  }
}
