import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openContract, operations } from './operations.mjs';

/** Every operation of the contract: that it works, and that it refuses what it must. */

const contract = await openContract();
after(() => contract.stop());

const HOSTILE = ["' or 1=1 --", '%00', '..%2f..%2fetc', '{}', '9'.repeat(40), 'a'.repeat(3000)];

for (const operation of operations.filter(({ kind }) => kind !== 'custom' && kind !== 'written')) {
  const { id, guard, status, path, body, demands, isOwned, scopes, tiedBy, query, lacks } =
    operation;

  test(`${id} answers ${status}`, async (context) => {
    if (lacks) return context.skip(`no operation makes rows of ${lacks}`);
    const person = await contract.signUp(scopes);
    const address = await contract.addressOf(operation, person.token);
    if (!address) return context.skip('no operation shows how its row is found');
    const sent =
      operation.kind === 'login'
        ? person.login
        : body && (await contract.body(operation, person.token));
    const token = guard === 'none' ? undefined : person.token;
    if (tiedBy) {
      const tie = operations.find((other) => other.id === tiedBy);
      const { token } = tie.scopes ? await contract.signUp(tie.scopes) : person;
      await contract.call(tie, address, { token });
    }
    const shown = query ? `${address}?${query}` : address;
    const answer = await contract.call(operation, shown, { body: sent, token });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
  });

  test(`${id} refuses what it must`, async () => {
    const [person, other] = [await contract.signUp(scopes), await contract.signUp(scopes)];
    const known = await contract.addressOf(operation, person.token);
    const address = known ?? path.replaceAll(/\{\w+\}/g, '0');
    const ask = (where, given) => contract.call(operation, where, given);
    if (guard === 'account' || guard === 'key') {
      assert.equal((await ask(address, { body })).status, 401);
      assert.equal((await ask(address, { body, token: 'no.good.token' })).status, 401);
    }
    if (scopes) {
      const { token: lesser } = await contract.signUp([]);
      assert.equal((await ask(address, { body, token: lesser })).status, 403);
    }
    const token = guard === 'none' ? undefined : person.token;
    if (demands && known) {
      for (const bad of [{}, [], 'text', { [Object.keys(body)[0]]: null }])
        assert.ok([400, 422].includes((await ask(address, { body: bad, token })).status));
    }
    if (isOwned && other.token) {
      const sent = body && (await contract.body(operation, other.token));
      const { status: refused } = await ask(address, { body: sent, token: other.token });
      assert.ok([403, 404].includes(refused), `others are answered ${refused}`);
    }
    for (const text of path.includes('{') ? HOSTILE : []) {
      const bent = path.replaceAll(/\{\w+\}/g, encodeURIComponent(text));
      const refused = await ask(bent, {
        body: body && (await contract.body(operation, token)),
        token,
      });
      assert.ok(refused.status >= 400 && refused.status < 500, `${bent} → ${refused.status}`);
    }
    if (operation.kind === 'list') {
      for (const text of HOSTILE) {
        const query = new URLSearchParams({ limit: text, offset: text, page: text, tag: text });
        assert.ok((await ask(`${address}?${query}`, { token })).status < 500);
      }
    }
  });
}

for (const operation of operations.filter(({ kind }) => kind === 'custom')) {
  test(`${operation.id} tells when nobody wrote it yet`, async () => {
    const address = operation.path.replaceAll(/\{\w+\}/g, '0');
    if (operation.guard === 'account' || operation.guard === 'key')
      assert.equal((await contract.call(operation, address, {})).status, 401);
    const { token } = operation.guard === 'none' ? {} : await contract.signUp();
    const { status, body } = await contract.call(operation, address, { token });
    if (status === 501) assert.match(body.detail, new RegExp(operation.id));
  });
}

for (const operation of operations.filter(({ kind }) => kind === 'written')) {
  const { id, guard, path, scopes } = operation;
  if (guard !== 'account' && guard !== 'key') continue;
  test(`${id} lets in nobody who may not`, async () => {
    const address = path.replaceAll(/\{\w+\}/g, '0');
    assert.equal((await contract.call(operation, address)).status, 401);
    const forged = await contract.call(operation, address, { token: 'no.good.token' });
    assert.equal(forged.status, 401);
    if (!scopes) return;
    const { token } = await contract.signUp([]);
    assert.equal((await contract.call(operation, address, { token })).status, 403);
  });
}
