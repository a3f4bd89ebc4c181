import assert from 'node:assert/strict';
import { missingPath, refused } from './client.mjs';
import { tables } from './samples.mjs';

/** Requests that no table takes. */

/** Methods that a list does not have, nor a row; those they have are told. */
export async function checkMethods(client, table, ofRow) {
  const paths = [
    [tables[table].path, ['GET', 'POST']],
    [missingPath(table), ofRow],
  ];
  for (const [path, allowed] of paths) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      if (allowed.includes(method)) continue;
      const answer = await client.send(method, path, method === 'DELETE' ? undefined : {});
      refused(answer, 405);
      assert.equal(answer.headers.get('allow'), ['HEAD', ...allowed].join(', '));
    }
  }
}

/** Bodies that are no JSON object in UTF-8 of at most 1 MB, wherever one is read. */
export async function checkBodies(client, table, methods) {
  const json = 'application/json';
  const bodies = [
    ['{}', 'text/plain', 415],
    ['{}', 'application/x-www-form-urlencoded', 415],
    ['{}', `${json}; charset=iso-8859-1`, 415],
    ['{}', json, 415, { 'content-encoding': 'gzip' }],
    ['{"a":', json, 400],
    ['', json, 400],
    ['1', json, 400],
    ['null', json, 400],
    [Buffer.from([0x22, 0xff, 0x22]), json, 400, {}, 'The body is not valid UTF-8.'],
    [`"${'x'.repeat(1024 * 1024)}"`, json, 413],
  ];
  const paths = { POST: tables[table].path, PUT: missingPath(table), PATCH: missingPath(table) };
  for (const method of methods) {
    for (const [body, type, status, headers, detail] of bodies) {
      const answer = await fetch(`${client.backend.url}${paths[method]}`, {
        method,
        body,
        headers: { ...client.headers, 'content-type': type, ...headers },
      });
      const text = await answer.text();
      const request = `${method} ${paths[method]} ${String(body).slice(0, 20)} as ${type}`;
      const problem = refused(
        { status: answer.status, headers: answer.headers, body: JSON.parse(text), request },
        status,
      );
      if (detail) assert.equal(problem.detail, detail);
    }
  }
}
