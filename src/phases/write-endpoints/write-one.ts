import type { Json } from '../../domain/api-document.ts';
import type { EndpointPlan } from '../../domain/endpoint.ts';
import type { EndpointTask } from '../../domain/endpoint-task.ts';
import { readToolUse, type ToolUse, toolSpecs } from '../../domain/endpoint-tools.ts';
import { stripInvisible } from '../../domain/request.ts';
import { textKey, toolRecordKey } from '../../domain/tool-record.ts';
import type { CodeReader } from '../../ports/code-reader.ts';
import type { CheckAnswer } from '../../ports/contract.ts';
import type { Needs } from '../../ports/services.ts';
import type { FileTree } from '../../ports/workspace.ts';
import type { TalkMessage, ToolCall, Writer } from '../../ports/writer.ts';
import { acceptEndpoint, refusedCode } from './accept.ts';
import type { Bench } from './bench.ts';
import { shortened } from './conversation.ts';
import type { Desk } from './desk.ts';

export interface OneOrder {
  readonly task: EndpointTask;
  /** Holds answers against the document of the task; null: it has none. */
  readonly check: CheckAnswer | null;
  /** The same for a document that is made of what was described. */
  readonly openCheck: (document: Json) => Promise<CheckAnswer>;
  readonly projectId: string;
  readonly system: string;
  readonly desk: Desk;
  readonly withAccounts: boolean;
  readonly writer: Writer;
  readonly openBench: (own: FileTree) => Promise<Bench>;
}

/** How the writing of one endpoint came out. */
export type Outcome = { readonly files: FileTree; readonly leftOut: readonly string[] } | { readonly reason: string };

const MAX_TURNS = 40;
const MAX_CALLS_PER_TURN = 16;
/** The same question with the same answer so often, or so many turns that change nothing, are no progress. */
const MAX_REPEATS = 3;
const MAX_IDLE_TURNS = 8;
const MAX_REFUSED = 6;

/** Lets a model write one endpoint until it is accepted, or until there is no use in going on. Throws `model.*`, `limit.reached`. */
export async function writeOne(
  order: OneOrder,
  services: Needs<'codeReader' | 'state' | 'progress'>,
): Promise<Outcome> {
  const { task, desk, writer, projectId, system } = order;
  const { plan, brief } = task;
  const messages: TalkMessage[] = [
    { role: 'system', content: system },
    { role: 'user', content: brief },
  ];
  const tools = toolSpecs(order.check !== null);
  const worker = openWorker(order, services.codeReader);
  const seen = new Map<string, number>();
  let idle = 0;
  let refused = 0;
  try {
    for (let turn = 1; turn <= MAX_TURNS; turn += 1) {
      const said = await writer.say(shortened(messages), tools, { projectId });
      if (said.isCut) return { reason: 'an answer of the model was cut off because it is too long' };
      tell(plan, said.text, said.calls, services);
      const before = desk.version;
      const calls = said.calls.slice(0, MAX_CALLS_PER_TURN);
      messages.push({ role: 'assistant', content: said.text, calls: said.calls });
      const key = toolRecordKey(said.key, said.calls);
      const recorded = await services.state.findToolResults(key);
      const results: string[] = [];
      for (const [index, call] of calls.entries()) {
        const result = await worker.use(call, recorded?.[index] ?? null);
        if ('files' in result) {
          await services.state.recordToolResults(key, [...results, ACCEPTED]);
          return result;
        }
        results.push(result.text);
      }
      if (said.calls.length === 0)
        messages.push({ role: 'user', content: 'Go on with the tools; call done when it is finished.' });
      for (const [index, call] of said.calls.entries()) {
        const content = results[index] ?? `Refused: at most ${MAX_CALLS_PER_TURN} tools are used at once. Ask again.`;
        messages.push({ role: 'tool', callId: call.id, content });
      }
      if (recorded === null) await services.state.recordToolResults(key, results);
      const repeats = countRepeats(said.calls, results, desk.version, seen);
      idle = desk.version === before ? idle + 1 : 0;
      refused += calls.filter(({ name }) => name === 'done').length;
      if (repeats >= MAX_REPEATS) return { reason: `the model tried the same ${repeats} times: ${lastLine(results)}` };
      if (idle >= MAX_IDLE_TURNS)
        return { reason: `the model changed nothing for ${idle} turns: ${lastLine(results)}` };
      if (refused >= MAX_REFUSED) return { reason: `it was refused ${refused} times, at last: ${lastLine(results)}` };
    }
    return { reason: `the model did not finish in ${MAX_TURNS} turns` };
  } finally {
    await worker.close();
  }
}

const ACCEPTED = 'Accepted.';

function tell(plan: EndpointPlan, text: string, calls: readonly ToolCall[], { progress }: Needs<'progress'>): void {
  const names = calls.slice(0, 6).map(({ name }) => stripInvisible(name).slice(0, 40));
  const words = stripInvisible(text).replace(/\s+/g, ' ').trim().slice(0, 160);
  const message = [`${plan.name}:`, words, names.length > 0 ? `(${names.join(', ')})` : ''].filter(Boolean).join(' ');
  progress({ kind: 'detail', message });
}

function countRepeats(
  calls: readonly ToolCall[],
  results: readonly string[],
  version: number,
  seen: Map<string, number>,
): number {
  const key = textKey(JSON.stringify([calls.map(({ name, arguments: text }) => [name, text]), results, version]));
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return count;
}

/** For people: the first words of what was last wrong. */
function lastLine(results: readonly string[]): string {
  const text = stripInvisible(results.at(-1) ?? 'no tool was used')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

type Used = { readonly text: string } | { readonly files: FileTree; readonly leftOut: readonly string[] };

interface Worker {
  /** What comes of one call; what was recorded for it saves running programs again. */
  use(call: ToolCall, recorded: string | null): Promise<Used>;
  close(): Promise<void>;
}

/** Uses the tools. Programs of one state of the files share a room, since they share what was built. */
function openWorker(order: OneOrder, reader: CodeReader): Worker {
  const { task, desk, openBench } = order;
  let open: { readonly version: number; readonly bench: Bench } | null = null;
  const close = async () => {
    await open?.bench.close();
    open = null;
  };
  const bench = async (): Promise<Bench> => {
    if (open?.version === desk.version) return open.bench;
    await close();
    open = { version: desk.version, bench: await openBench(desk.own()) };
    return open.bench;
  };
  const run = async (used: ToolUse): Promise<Used> => {
    if (used.tool === 'done') {
      await close();
      const verdict = await acceptEndpoint(order, { reader, openBench });
      return 'files' in verdict ? verdict : { text: `Not accepted. ${verdict.refusal}` };
    }
    const refused = await refusedCode(task.plan.name, desk.own(), reader);
    if (refused !== null) return { text: `Refused: this code may not be there:\n${refused}` };
    return { text: await tryOut(used, await bench()) };
  };
  return {
    close,
    async use(call, recorded) {
      const used = readToolUse(call.name, call.arguments);
      if ('problem' in used) return { text: `Refused: ${used.problem}` };
      const onDesk = await useDesk(used, desk);
      if (onDesk !== null) return { text: onDesk };
      // What was accepted once is accepted for good only when it still passes.
      return recorded !== null && recorded !== ACCEPTED ? { text: recorded } : run(used);
    },
  };
}

async function useDesk(used: ToolUse, desk: Desk): Promise<string | null> {
  switch (used.tool) {
    case 'list_files':
      return desk.list(used.given.folder);
    case 'read_file':
      return desk.read(used.given.path);
    case 'write_file':
      return desk.write(used.given.path, used.given.text);
    case 'delete_file':
      return desk.remove(used.given.path);
    case 'propose_query':
      return desk.propose(used.given);
    case 'describe':
      return desk.describe(used.given);
    default:
      return null;
  }
}

const MAX_REQUESTS = 10;

async function tryOut(used: ToolUse, bench: Bench): Promise<string> {
  switch (used.tool) {
    case 'typecheck':
    case 'build':
    case 'test':
      return (await bench[used.tool]()).text;
    case 'request': {
      const answers = await bench.request(used.given.requests.slice(0, MAX_REQUESTS));
      if ('problem' in answers) return answers.problem;
      return answers.answers
        .map(({ status, body }) => `${status} ${JSON.stringify(body)}`)
        .join('\n')
        .slice(0, 8000);
    }
    default:
      return 'Refused.';
  }
}
