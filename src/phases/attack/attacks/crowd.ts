import { resourcePath } from '../../../domain/rest.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';

/** Many at once, and many that hang up in the middle. */
export async function crowd(scene: Scene): Promise<void> {
  const { strike, report, field, stock, people, isFull, fire } = scene;
  const { host } = new URL(field.base);
  const table = stock.tables.find(({ name }) => name !== people?.table.name);
  const path = table ? resourcePath(table) : '/health';
  const token = people ? `authorization: Bearer ${people.cast.attacker.token}\r\n` : '';
  const get = `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${token}connection: close\r\n\r\n`;
  const post = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${token}content-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":`;
  await each(Array.from({ length: isFull ? 60 : 10 }), (_, at) =>
    strike({ name: 'hung up', parts: [at % 2 === 0 ? get : post], until: 'abort', deadlineMs: 2000 }),
  );
  let silent = 0;
  await each(Array.from({ length: isFull ? 200 : 50 }), async () => {
    const reply = await strike({ name: `GET ${path}, many at once`, parts: [get], deadlineMs: 15_000 });
    if (reply.status === 0) silent += 1;
  });
  if (silent > 0) report('crowded', `GET ${path}`, `${silent} of many requests at once got no answer.`);
  await fire({ method: 'GET', path: '/health' });
}
