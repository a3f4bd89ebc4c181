import { createHash } from 'node:crypto';

/** The name under which is kept what came of the tools that one answer of a model asked for. */
export function toolRecordKey(
  answerKey: string,
  calls: readonly { readonly name: string; readonly arguments: string }[],
): string {
  const asked = [answerKey, calls.map((call) => [call.name, call.arguments])];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** The same for what is the same. */
export function textKey(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
