// Inside the sandbox, before a test: writes down what the server answered to it.
import { appendFileSync } from 'node:fs';

const MOST_BODY = 20_000;
const MOST_ANSWERS = 400;
const plain = globalThis.fetch;
let count = 0;

function noted({ method, url, headers }, answer, body) {
  const { pathname, search } = new URL(url);
  return JSON.stringify({
    method,
    path: pathname + search,
    authorization: headers.get('authorization'),
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body,
  });
}

globalThis.fetch = async (...given) => {
  const answer = await plain(...given);
  if (count < MOST_ANSWERS) {
    const body = await answer.clone().text();
    if (body.length <= MOST_BODY) {
      count += 1;
      const asked = new Request(given[0], { ...given[1], body: null, signal: null });
      appendFileSync('seen-answers.jsonl', `${noted(asked, answer, body)}\n`);
    }
  }
  return answer;
};
