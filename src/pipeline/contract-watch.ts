import { OPENAPI_PATH } from '../domain/rest.ts';
import type { SectionResult } from '../domain/verdict.ts';
import type { CheckAnswer } from '../ports/contract.ts';
import type { Http } from '../ports/http.ts';
import type { Needs } from '../ports/services.ts';

/** More of one kind say nothing more. */
const SHOWN_PROBLEMS = 5;

/** Answers as they pass by, held against the description of the API. */
export interface ContractWatch {
  readonly http: Http;
  result(): SectionResult;
}

/** Reads the description from the backend itself; one without, or with a bad one, is what the result says. */
export async function watchContract(
  url: string,
  { http, contract }: Needs<'http' | 'contract'>,
): Promise<ContractWatch> {
  const answer = await http.request('GET', `${url}${OPENAPI_PATH}`);
  if (answer.status === 404) return { http, result: () => ({ skipped: `the backend has no ${OPENAPI_PATH}` }) };
  let check: CheckAnswer;
  try {
    check = await contract.open(JSON.parse(answer.body));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { http, result: () => ({ checks: [{ name: OPENAPI_PATH, passed: false, detail, ms: 0 }] }) };
  }
  const problems = new Map<string, string[]>();
  let count = 0;
  return {
    http: {
      async request(method, address, options) {
        const received = await http.request(method, address, options);
        count += 1;
        note(method, new URL(address), received, check, problems);
        return received;
      },
    },
    result: () => ({
      checks: [{ name: `${count} answers are as ${OPENAPI_PATH} says`, ...verdict(problems), ms: 0 }],
    }),
  };
}

function note(
  method: string,
  { pathname, search }: URL,
  answer: Awaited<ReturnType<Http['request']>>,
  check: CheckAnswer,
  problems: Map<string, string[]>,
): void {
  for (const problem of check(method, `${pathname}${search}`, answer)) {
    const places = problems.get(problem) ?? [];
    places.push(`${method} ${pathname} → ${answer.status}`);
    problems.set(problem, places);
  }
}

function verdict(problems: ReadonlyMap<string, readonly string[]>): { passed: boolean; detail: string } {
  const lines = [...problems].map(([problem, places]) => `${places[0]}: ${problem}`);
  const more = lines.length > SHOWN_PROBLEMS ? `\n… and ${lines.length - SHOWN_PROBLEMS} more` : '';
  return { passed: lines.length === 0, detail: `${lines.slice(0, SHOWN_PROBLEMS).join('\n')}${more}` };
}
