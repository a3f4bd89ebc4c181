import type { Json } from '../../domain/api-document.ts';
import { endpointDocument } from '../../domain/endpoint-description.ts';
import { handlerFile, queriesFile } from '../../domain/endpoint-path.ts';
import type { EndpointTask } from '../../domain/endpoint-task.ts';
import type { CodeReader } from '../../ports/code-reader.ts';
import type { CheckAnswer } from '../../ports/contract.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { attackEndpoint } from './attack-endpoint.ts';
import type { Bench } from './bench.ts';
import { judgeCode } from './code-gate.ts';
import { type Desk, missingFiles } from './desk.ts';
import { unfitAnswers, workingToken } from './seen-answers.ts';

export type Verdict =
  | {
      readonly files: FileTree /** Checks that could not be made on this machine. */;
      readonly leftOut: readonly string[];
    }
  | { readonly refusal: string };

/** What the gate has against the files, as text with file and line; null when it has nothing. */
export async function refusedCode(endpoint: string, own: FileTree, reader: CodeReader): Promise<string | null> {
  // The module with the queries is ours.
  const theirs = Object.fromEntries(Object.entries(own).filter(([path]) => path !== queriesFile(endpoint)));
  const problems = judgeCode(theirs, await reader.read(theirs), endpoint);
  if (problems.length === 0) return null;
  return problems.map(({ path, line, message }) => `${path}:${line}: ${message}`).join('\n');
}

export interface AcceptOrder {
  readonly task: EndpointTask;
  /** Holds answers against a document; null: there is none. */
  readonly check: CheckAnswer | null;
  /** The same for a document that is made of what was described. */
  readonly openCheck: (document: Json) => Promise<CheckAnswer>;
  readonly desk: Desk;
  readonly withAccounts: boolean;
}

/** Everything an endpoint has to pass before it becomes part of a project. The files come back as they are formatted. */
export async function acceptEndpoint(
  { task, check: given, openCheck, desk, withAccounts }: AcceptOrder,
  { reader, openBench }: { readonly reader: CodeReader; readonly openBench: (own: FileTree) => Promise<Bench> },
): Promise<Verdict> {
  const { plan } = task;
  const own = desk.own();
  const missing = missingFiles(plan.name, own);
  if (missing.length > 0) return { refusal: `Write ${missing.join(' and ')} first.` };
  const { description } = desk;
  if (!given && !description) return { refusal: 'Say with describe what it takes and answers.' };
  const refused = await refusedCode(plan.name, own, reader);
  if (refused !== null) return { refusal: `This code may not be there:\n${refused}` };
  const check = given ?? (await openCheck(endpointDocument([{ ...plan, description }])));
  const bench = await openBench(own);
  try {
    const tidy = await bench.tidy(Object.keys(own).sort());
    if (!tidy.passed) return { refusal: `Style:\n${tidy.text}` };
    const types = await bench.typecheck();
    if (!types.passed) return { refusal: `typecheck:\n${types.text}` };
    const test = await bench.test();
    if (!test.passed) return { refusal: `test:\n${test.text}` };
    const unfit = unfitAnswers(plan, test.seen, check);
    if (unfit.length > 0) return { refusal: `It is described as something else:\n${unfit.join('\n')}` };
    const code = own[handlerFile(plan.name)] ?? '';
    const token = workingToken(plan, test.seen);
    const weak = await attackEndpoint({ task, code, withAccounts, token, check }, bench);
    if (weak.length > 0) return { refusal: `It does not stand attacks:\n${weak.slice(0, 8).join('\n')}` };
    const leftOut = [...(types.isLeftOut ? ['types'] : []), ...(tidy.isLeftOut ? ['style'] : [])];
    return { files: { ...own, ...tidy.files }, leftOut };
  } finally {
    await bench.close();
  }
}
