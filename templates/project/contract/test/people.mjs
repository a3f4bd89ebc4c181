import assert from 'node:assert/strict';

function inside(body, path) {
  return path.reduce((value, name) => value[name], body);
}

/** Somebody new: what was sent, what came back, what they sign in with, and a token. */
export async function newPerson(contract) {
  const [register, login] = [contract.kind('register'), contract.kind('login')];
  if (!register) return { token: undefined };
  const sent = await contract.body(register);
  const { status, body } = await contract.call(register, register.path, { body: sent });
  assert.equal(status, register.status);
  const row = register.wrap ? body[register.wrap] : body;
  const known = { sent, row, login: loginBody(login, sent) };
  if (register.token.length > (register.wrap ? 1 : 0))
    return { ...known, token: inside(body, register.token) };
  const signed = await contract.call(login, login.path, { body: known.login });
  return { ...known, token: inside(signed.body, login.token) };
}

/** What somebody signs in with who signed up with `sent`. */
function loginBody({ body }, sent) {
  const [only] = Object.values(sent);
  const flat = { ...sent, ...(typeof only === 'object' && only) };
  const [name] = Object.keys(body);
  const isWrapped = typeof body[name] === 'object';
  const wanted = Object.keys(isWrapped ? body[name] : body);
  const inner = Object.fromEntries(wanted.map((field) => [field, flat[field]]));
  return isWrapped ? { [name]: inner } : inner;
}

/** How a request carries a token. */
export function credentials(_operation, token) {
  return { headers: token ? { authorization: `Bearer ${token}` } : {}, query: '' };
}
