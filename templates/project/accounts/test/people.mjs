import { answered, Client, openBackend, pathOf } from './client.mjs';
import { accounts, tables } from './samples.mjs';

const QUICK_PASSWORDS = new URL('./quick-passwords.mjs', import.meta.url).href;

/** Somebody who is signed in. */
export class Person extends Client {
  constructor(backend, people, { account, accessToken, refreshToken }) {
    super(backend, { authorization: `Bearer ${accessToken}` });
    this.people = people;
    this.account = account;
    this.refreshToken = refreshToken;
  }

  /** Accounts are made by registering. */
  async make(table, changes = {}) {
    if (table !== accounts.table) return super.make(table, changes);
    const person = await register(this.backend, this.people, { ...newcomer(), ...changes });
    this.backend.people.push([person, pathOf(table, person.account)]);
    return person.account;
  }

  /** Rows that refer to an account refer to that of somebody else. */
  async parent(table) {
    if (tables[table].oneEach) return (await this.#own(table))[0] ?? this.make(table);
    if (table !== accounts.table) return super.parent(table);
    const { alice, bob } = this.people;
    return (this === bob ? alice : bob).account;
  }

  /** Where an account may have one row only, the one that is there makes room for another. */
  async post(path, body, headers) {
    const answer = await super.post(path, body, headers);
    const name = Object.keys(tables).find((table) => tables[table].path === path);
    if (answer.status !== 409 || !tables[name]?.oneEach) return answer;
    for (const row of await this.#own(name)) await this.delete(pathOf(name, row));
    return super.post(path, body, headers);
  }

  async #own(table) {
    const { path, oneEach } = tables[table];
    const mine = `${path}?${oneEach}=${this.account[accounts.key]}`;
    return answered(await this.get(mine), 200).data;
  }

  makerOf(table) {
    return tables[table].maker === 'admin' ? this.people.admin : this;
  }
}

/** A body to register with. */
export function newcomer() {
  return tables[accounts.table].body();
}

/** Signs somebody up. */
export async function register(backend, people = {}, body = newcomer()) {
  const stranger = new Client(backend);
  const made = answered(await stranger.post('/auth/register', body), 201);
  const person = new Person(backend, people, made);
  person.password = body.password;
  return person;
}

/** Lets somebody do everything. No endpoint does: `scripts/set-role.mjs` is for that. */
async function promote({ backend, account }) {
  const text = `update app."${accounts.table}" set "${accounts.role}" = $1 where "${accounts.key}" = $2`;
  await backend.database.query(text, [accounts.admin, account[accounts.key]]);
}

/**
 * A server with `alice`, `bob` and `carol`, who know nothing of each other, `nobody`, who is not signed in, and, where
 * there are administrators, `admin`. Their accounts are removed at the end with all that is theirs.
 */
export async function openPeople() {
  const backend = await openBackend({
    REGISTRATIONS_PER_HOUR: '999999',
    NODE_OPTIONS: `--import ${QUICK_PASSWORDS}`,
  });
  const people = { backend, nobody: new Client(backend) };
  const names = ['alice', 'bob', 'carol', ...(accounts.role ? ['admin'] : [])];
  const signedIn = await Promise.all(names.map(() => register(backend, people)));
  for (const [index, name] of names.entries()) people[name] = signedIn[index];
  if (people.admin) await promote(people.admin);
  backend.people = signedIn.map((one) => [one, pathOf(accounts.table, one.account)]);
  return people;
}
