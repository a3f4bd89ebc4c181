import { describe, expect, test } from 'vitest';
import { requestTask } from '../../../src/domain/endpoint-task.ts';
import { openBench } from '../../../src/phases/write-endpoints/bench.ts';
import { openDesk } from '../../../src/phases/write-endpoints/desk.ts';
import { writeOne } from '../../../src/phases/write-endpoints/write-one.ts';
import type { TalkMessage, ToolCall } from '../../../src/ports/writer.ts';

/** What models do that must come to an end by itself. Programs are played here: they always fail the same way. */

const PLAN = {
  name: 'sums',
  method: 'GET' as const,
  path: '/sums',
  purpose: 'A sum.',
  inputs: 'None.',
  answers: '200',
};
const HANDLER = "import { defineHandler } from 'nitro/h3';\n\nexport default defineHandler(() => ({ sum: 1 }));\n";

type Wanted = readonly [name: string, given: string];

const call = ([name, given]: Wanted, index: number): ToolCall => ({ id: `call_${index}`, name, arguments: given });
const use = (name: string, given: object = {}): Wanted => [name, JSON.stringify(given)];
const write = (path: string, text: string) => use('write_file', { path, text });

const DESCRIBED = use('describe', { query: [], body: null, status: 200, answer: '{"type":"object"}' });

/** Lets a model that always does as `turn` says write the endpoint, and tells what it was told. */
async function play(
  turn: (number: number) => readonly Wanted[] | 'cut',
  results = new Map<string, readonly string[]>(),
) {
  const told: string[] = [];
  const shown: string[] = [];
  let turns = 0;
  let runs = 0;
  const desk = openDesk({ endpoint: 'sums', base: { '.env': 'SECRET=1' }, schema: null, prepare: null });
  const outcome = await writeOne(
    {
      task: requestTask(PLAN),
      check: null,
      openCheck: async () => () => [],
      projectId: 'p',
      system: 'Write.',
      desk,
      withAccounts: false,
      writer: {
        name: 'played',
        plan: async () => [],
        async say(messages: readonly TalkMessage[]) {
          told.push(...messages.flatMap((message) => (message.role === 'tool' ? [message.content] : [])));
          turns += 1;
          const wanted = turn(turns);
          const calls = wanted === 'cut' ? [] : wanted.map(call);
          return {
            text: 'On it\u001b]0;title\u0007 \u001b[31mnow',
            calls,
            isCut: wanted === 'cut',
            key: `turn ${turns}`,
          };
        },
      },
      openBench: async () =>
        openBench(
          {
            databaseUrl: null,
            async run() {
              runs += 1;
              return { code: 1, output: `error TS2322 in ${runs} ms` };
            },
            read: async () => null,
            close: async () => {},
          },
          {
            endpoint: 'sums',
            framework: 'nitro',
            environment: { DATABASE_URL: 'postgres://app:a-very-secret-word@db/x' },
            keys: null,
          },
        ),
    },
    {
      codeReader: {
        read: async (files) => Object.fromEntries(Object.keys(files).map((path) => [path, { program: null }])),
      },
      progress: (event) => shown.push('message' in event ? event.message : ''),
      state: {
        recordToolResults: async (key: string, own: readonly string[]) => void results.set(key, own),
        findToolResults: async (key: string) => results.get(key) ?? null,
      } as never,
    },
  );
  return { reason: 'reason' in outcome ? outcome.reason : 'accepted', told, shown, turns, runs, desk };
}

describe('a model that writes an endpoint', () => {
  test('and does the same again and again is stopped at the third time', async () => {
    const { reason, turns } = await play(() => [use('typecheck')]);
    expect(reason).toMatch(/tried the same 3 times.*TS2322/);
    expect(turns).toBe(3);
  });

  test('and only looks around is stopped', async () => {
    const { reason, turns } = await play((number) => [use('read_file', { path: `server/${number}.ts` })]);
    expect(reason).toMatch(/changed nothing for 8 turns/);
    expect(turns).toBe(8);
  });

  test('and says it is done again and again is stopped', async () => {
    const test = write('test/custom-sums.test.mjs', '');
    const { reason } = await play((number) => [
      write('server/custom/sums.ts', `${HANDLER}// ${number}`),
      test,
      DESCRIBED,
      use('done'),
    ]);
    expect(reason).toMatch(/refused 6 times, at last: Not accepted\. Style/);
  });

  test('and does not say what it takes and answers is not done', async () => {
    const own = [write('server/custom/sums.ts', HANDLER), write('test/custom-sums.test.mjs', '')];
    const wrong = [
      '{"type":"thing"}',
      '{"$ref":"#/x"}',
      '[]',
      '{',
      '{"type":"array","items":7}',
      '{"pattern":"(a+)+"}',
    ];
    const describe = (answer: string) => use('describe', { query: [], body: null, status: 200, answer });
    const { told, runs } = await play((number) => (number > 1 ? 'cut' : [...own, ...wrong.map(describe), use('done')]));
    expect(told.slice(2, -1).filter((text) => !text.startsWith('Refused: answer'))).toEqual([]);
    expect(told.at(-1)).toMatch(/Say with describe/);
    expect(runs).toBe(0);
  });

  test('and never comes to an end is stopped', async () => {
    const { reason, turns } = await play((number) => [write('server/custom/sums.ts', `${HANDLER}// ${number}`)]);
    expect(reason).toMatch(/did not finish in 40 turns/);
    expect(turns).toBe(40);
  });

  test('whose answer was cut is not believed', async () => {
    expect(await play(() => 'cut')).toMatchObject({ reason: expect.stringMatching(/cut off/), runs: 0, turns: 1 });
  });

  test('and talks instead of using tools is stopped', async () => {
    expect((await play(() => [])).reason).toMatch(/tried the same 3 times/);
  });

  test('and wants 200 things at once gets sixteen of them', async () => {
    const many = Array.from({ length: 200 }, (_, index) => write(`server/custom/sums/a${index % 3}.ts`, '1'));
    const { told, desk } = await play((number) => (number === 1 ? many : 'cut'));
    expect(told).toHaveLength(200);
    expect(told.filter((text) => text.startsWith('Refused: at most 16'))).toHaveLength(184);
    expect(Object.keys(desk.own())).toHaveLength(3);
  });

  test('is told what is wrong with its calls, and nothing of it happens', async () => {
    const { told, desk, runs } = await play((number) =>
      number > 1
        ? 'cut'
        : [
            ['run_shell', '{"command":"rm -rf /"}'],
            ['write_file', '{"path": "server/custom/sums.ts"'],
            ['write_file', '{"path":"server/custom/sums.ts"}'],
            ['write_file', '{"path":"server/custom/sums.ts","text":"1","mode":"0777"}'],
            ['write_file', JSON.stringify({ path: 'server/custom/sums.ts', text: 'x'.repeat(40_000) })],
            ['write_file', JSON.stringify({ path: 'server/custom/sums.ts', text: 'x'.repeat(70_000) })],
            ['typecheck', '{"command":"; rm -rf /"}'],
            ['__proto__', '{}'],
            ['constructor', '{}'],
            write('.git/hooks/pre-commit', 'x'),
            use('read_file', { path: '.env' }),
            use('propose_query', { name: 'all', purpose: '', sql: 'select 1 as one', parameters: [] }),
          ],
    );
    expect(told.map((text) => text.replace(/\s.*/s, ''))).toEqual(Array(12).fill('Refused:'));
    expect(told[0]).toMatch(/no tool "run_shell"/);
    expect(told[1]).toMatch(/not JSON/);
    expect(told[2]).toMatch(/text: /);
    expect(told[4]).toMatch(/32768 are the limit/);
    expect(told[11]).toMatch(/no database/);
    expect(desk.own()).toEqual({});
    expect(runs).toBe(0);
  });

  test('is shown to people without control sequences', async () => {
    const { shown } = await play((number) => (number === 1 ? [use('list_files', { folder: '' })] : 'cut'));
    expect(shown[0]).toBe('sums: On it]0;title [31mnow (list_files)');
  });

  test('again from what is recorded: no program runs twice', async () => {
    const results = new Map<string, readonly string[]>();
    const turn = (number: number) => (number < 3 ? [use('typecheck'), use('build')] : ('cut' as const));
    const first = await play(turn, results);
    const second = await play(turn, results);
    expect(first.runs).toBeGreaterThan(0);
    expect(second).toMatchObject({ runs: 0, told: first.told });
  });
});
