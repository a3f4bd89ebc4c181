import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestCluster } from '../support/global-cluster.ts';
import { type PlayedCall, playModel, toolCall } from '../support/played-writer.ts';
import { conversions } from '../support/plays.ts';
import type { SceneEnd } from './loop-scenes.ts';
import { leaks, openSession } from './loop-session.ts';

interface Hostility {
  readonly name: string;
  readonly turns: readonly (readonly PlayedCall[])[];
  /** Why nothing was written, as a person reads it. */
  readonly reason: RegExp;
  readonly mostCalls: number;
}

const HANDLER = 'server/custom/conversions.ts';
const write = (path: string, text: string) => toolCall('write_file', { path, text });
const many = (count: number, one: (index: number) => PlayedCall) =>
  Array.from({ length: count }, (_, index) => one(index));

/** What models do that must end by itself, and cost no more than so many calls. */
const HOSTILITIES: readonly Hostility[] = [
  {
    name: 'asks the same for ever',
    turns: [[toolCall('list_files', { folder: '' })]],
    reason: /tried the same 3 times/,
    mostCalls: 5,
  },
  {
    name: 'writes another text for ever',
    turns: many(60, (index) => write(HANDLER, `export const number = ${index};\n`)).map((call) => [call]),
    reason: /did not finish in 40 turns/,
    mostCalls: 42,
  },
  {
    name: 'looks around for ever',
    turns: many(60, (index) => toolCall('read_file', { path: `server/no-${index}.ts` })).map((call) => [call]),
    reason: /changed nothing for 8 turns/,
    mostCalls: 12,
  },
  {
    name: 'wants a shell',
    turns: [[toolCall('run_shell', { command: 'cat /etc/passwd' })]],
    reason: /no tool "run_shell"/,
    mostCalls: 5,
  },
  {
    name: 'wants 200 things at once',
    turns: [many(200, (index) => write(`server/custom/conversions/part-${index}.ts`, 'export const a = 1;\n'))],
    reason: /tried the same 3 times|at most 16 tools/,
    mostCalls: 6,
  },
  {
    name: 'sends arguments that are not JSON',
    turns: [[{ name: 'write_file', arguments: '{"path": "server/custom/conversions.ts", "text": ' }]],
    reason: /not JSON|tried the same/,
    mostCalls: 5,
  },
  {
    name: 'is done with a program of its own',
    turns: [
      [
        write(HANDLER, "import { execSync } from 'node:child_process';\nexport default () => execSync('id');\n"),
        write('test/custom-conversions.test.mjs', "import { execSync } from 'child_process';\nexecSync('id');\n"),
        // Who says nothing of what it takes is told that first.
        toolCall('describe', { query: [], body: null, status: 200, answer: null }),
        toolCall('done'),
      ],
    ],
    reason: /may not be there.*child_process/s,
    mostCalls: 8,
  },
];

/** Each of them ends, with its reason told, and leaves a backend that answers and nothing else. */
export async function playHostile(home: string, cluster: TestCluster): Promise<SceneEnd> {
  const faults: string[] = [];
  let calls = 0;
  for (const [index, { name, turns, reason, mostCalls }] of HOSTILITIES.entries()) {
    const play = { ...conversions, turns, request: `${conversions.request}, number ${index}`, env: {} };
    const session = openSession(home, cluster);
    const model = await playModel(play);
    const directory = join(home, `hostile-${index}`);
    try {
      const created = await session.create(directory, play, model.url, ['--verify', 'none']);
      const [endpoint] = created.endpoints ?? [];
      const said = endpoint?.reason ?? '';
      if (endpoint?.status !== 'missing' || !reason.test(said)) faults.push(`${name}: ${endpoint?.status} (${said})`);
      if (model.requests.length > mostCalls) faults.push(`${name}: ${model.requests.length} calls`);
      if (existsSync(join(directory, HANDLER))) faults.push(`${name}: its file is in the project`);
      if ((await fetch(`${created.url}/health`)).status !== 200) faults.push(`${name}: the backend does not answer`);
      faults.push(...leaks(model, session).map((leak) => `${name}: ${leak}`));
      calls += model.requests.length;
    } finally {
      await session.destroy(directory, play);
      await model.stop();
    }
  }
  return { counts: { models: HOSTILITIES.length, calls }, faults };
}
