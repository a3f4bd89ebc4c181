import { resourcePath } from '../../../domain/rest.ts';
import type { WirePart } from '../../../ports/wire.ts';
import { each } from '../parallel.ts';
import type { Scene } from '../scene.ts';

/** How long a server may put up with a request that does not come to its end. */
const PATIENCE_MS = 36_000;
const CONNECTIONS = 150;
/** While slow ones hang on, others are answered within this. */
const OTHERS_MS = 3000;

/** Headers and bodies that trickle in: the server cuts them, and answers others meanwhile. */
export async function trickle(scene: Scene): Promise<void> {
  const { strike, report, field, stock, isFull } = scene;
  if (!isFull) return;
  const { host } = new URL(field.base);
  const table = stock.tables[0];
  const path = table ? resourcePath(table) : '/health';
  const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
  const drip = (text: string): WirePart[] =>
    Array.from({ length: PATIENCE_MS / 1000 + 5 }, () => [text, { pauseMs: 1000 }]).flat();
  const slow = [
    { name: 'headers, a byte a second', parts: [head, ...drip('x')] },
    { name: 'headers that never end', parts: [head] },
    { name: 'a body, a byte a second', parts: [`${head}content-length: 1000\r\n\r\n`, ...drip(' ')] },
    { name: 'a body that never ends', parts: [`${head}content-length: 1000\r\n\r\n{`] },
    { name: 'chunks, one a second', parts: [`${head}transfer-encoding: chunked\r\n\r\n`, ...drip('1\r\n \r\n')] },
  ];
  const hanging = each(slow, async ({ name, parts }) => {
    const started = field.needs.clock.elapsedMs();
    await strike({ name: `slow ${name}`, parts, until: 'close', deadlineMs: PATIENCE_MS });
    const ms = field.needs.clock.elapsedMs() - started;
    if (ms < PATIENCE_MS - 500) return;
    report('slow', `${name}`, `The server was still waiting after ${Math.round(ms / 1000)} s.`);
  });
  await Promise.all([hanging, crowd(scene, head)]);
}

/** Many that have begun a request and do not go on. */
async function crowd({ strike, report, field, fire }: Scene, head: string): Promise<void> {
  const idle = each(Array.from({ length: CONNECTIONS }), (_, at) =>
    strike({ name: `slow connection ${at}`, parts: [head], until: 'close', deadlineMs: 8000 }),
  );
  await field.needs.clock.sleep(1000);
  const reply = await fire({ method: 'GET', path: '/health', timeoutMs: OTHERS_MS });
  if (reply.status !== 200) report('slow', 'many slow connections', 'Others were not answered meanwhile.', reply);
  await idle;
}
