import type { EndpointPlan } from '../../domain/endpoint.ts';
import type { CheckAnswer } from '../../ports/contract.ts';
import type { HttpAnswer } from '../../ports/http.ts';

/** A request that tests sent to the server, and what came back. */
export interface SeenAnswer extends HttpAnswer {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** What the request said of who asks: `Bearer …`; null: nothing. */
  readonly authorization: string | null;
}

const MOST_TOLD = 8;

const isMember = (value: object, name: string): name is keyof typeof value => Object.hasOwn(value, name);

/** What a recorder wrote, an answer a line; lines that are none are left out. */
export function readSeen(text: string): readonly SeenAnswer[] {
  return text.split('\n').flatMap((line) => {
    const seen = parseLine(line);
    return seen === null ? [] : [seen];
  });
}

function parseLine(line: string): SeenAnswer | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return null;
    const at = (name: string): unknown => (isMember(value, name) ? value[name] : null);
    const [method, path, status, body, headers] = [at('method'), at('path'), at('status'), at('body'), at('headers')];
    if (typeof method !== 'string' || typeof path !== 'string' || typeof body !== 'string') return null;
    const authorization = at('authorization');
    return {
      ...{ method, path, body, status: Number(status) },
      headers: textsOf(headers),
      authorization: typeof authorization === 'string' ? authorization : null,
    };
  } catch {
    return null;
  }
}

/** Members that are texts. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Whether a request went to an endpoint. */
function isOf({ method, path }: EndpointPlan, seen: SeenAnswer): boolean {
  const own = path.split('/');
  const asked = (seen.path.split('?', 1)[0] ?? '').split('/');
  const isSame = own.length === asked.length && own.every((part, at) => part.startsWith('{') || part === asked[at]);
  return seen.method === method && isSame;
}

const isGood = ({ status }: SeenAnswer) => status >= 200 && status < 300;

/** What answers that tests saw have against the document, a line each; and when they saw none that succeeded. */
export function unfitAnswers(plan: EndpointPlan, seen: readonly SeenAnswer[], check: CheckAnswer): readonly string[] {
  const own = seen.filter((answer) => isOf(plan, answer));
  if (!own.some(isGood)) return ['The test sees no answer of success of this operation.'];
  const problems = own.flatMap((answer) => check(answer.method, answer.path, answer));
  return [...new Set(problems)].slice(0, MOST_TOLD);
}

/** A token that an endpoint answered with success; null: no test had one. */
export function workingToken(plan: EndpointPlan, seen: readonly SeenAnswer[]): string | null {
  const own = seen.filter((answer) => isOf(plan, answer) && isGood(answer));
  const found = own.find(({ authorization }) => authorization !== null)?.authorization ?? '';
  return /^\w+ +(\S+)$/.exec(found)?.[1] ?? null;
}
