import { z } from 'zod';
import { TurboError } from '../../../domain/errors.ts';
import type { ModelPhase } from '../../../domain/model-cost.ts';
import type { Read, SchemaProblem } from '../../../domain/schema-rules.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import { parseJson } from './parse-json.ts';
import { mend, type Prompts } from './prompts.ts';
import type { Message, Question } from './question.ts';
import type { Answer } from './recorded-ask.ts';

/** How often a model is asked for one thing: once, and with what was wrong with its answers. */
const ROUNDS = 3;

export interface Conversation<T> {
  readonly phase: ModelPhase;
  readonly messages: readonly Message[];
  /** The shape that is asked for; `read` decides what is taken. */
  readonly shape: z.ZodType;
  readonly maxOutputTokens: number;
  /** What an answer means, or everything that is wrong with it. */
  readonly read: (value: unknown) => Read<T>;
}

export interface ConverseOptions {
  readonly name: string;
  readonly prompts: Prompts;
  readonly ask: (question: Question, projectId: string | null) => Promise<Answer>;
  readonly calls: Pick<StateStore, 'rejectModelAnswers'>;
}

/**
 * Asks until the answer is right: what is wrong with one is told to the model with its place, at most twice, and not
 * when it repeats itself. Throws `model.unusable`, and what `ask` throws. US dollars paid come back with the answer.
 */
export async function converse<T>(
  { phase, messages, shape, maxOutputTokens, read }: Conversation<T>,
  projectId: string | null,
  { name, prompts, ask, calls }: ConverseOptions,
): Promise<{ readonly value: T; readonly costUsd: number | null }> {
  const answerSchema = jsonSchema(shape);
  const keys: string[] = [];
  let said = messages;
  let before = '';
  let costUsd: number | null = 0;
  let problems: readonly SchemaProblem[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const answer = await ask({ phase, messages: said, answerSchema, maxOutputTokens }, projectId);
    keys.push(answer.key);
    costUsd = costUsd === null || answer.costUsd === null ? null : costUsd + answer.costUsd;
    const result = examine(answer, read);
    if ('value' in result) return { value: result.value, costUsd };
    problems = result.problems;
    if (answer.text === before) break;
    before = answer.text;
    said = [...messages, ...mend(answer.text, problems, prompts)];
  }
  // Whoever tries again must not be given these again.
  await calls.rejectModelAnswers(keys);
  throw unusable(name, phase, problems);
}

function examine<T>(answer: Answer, read: (value: unknown) => Read<T>): Read<T> {
  if (answer.isCut) {
    return {
      problems: [{ path: 'answer', message: 'was cut off because it is too long; leave out what is not needed' }],
    };
  }
  const parsed = parseJson(answer.text);
  if ('problem' in parsed) return { problems: [{ path: 'answer', message: parsed.problem }] };
  return read(parsed.value);
}

/** Without the keyword that names the dialect: services refuse keywords they do not know. */
function jsonSchema(shape: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(shape);
  return schema;
}

function unusable(name: string, phase: ModelPhase, problems: readonly SchemaProblem[]): TurboError {
  const lines = problems.slice(0, 5).map(({ path, message }) => `  ${path}: ${message}`);
  const rest = problems.length - lines.length;
  if (rest > 0) lines.push(`  … and ${rest} more`);
  const command = phase === 'detect' ? '--database yes or --database no' : '--model planner';
  return new TurboError('model.unusable', `${name} gave no usable answer (${phase}):\n${lines.join('\n')}`, {
    hint: `Ask another model with --model <name>, or nobody: ${command}`,
    details: { problems },
  });
}
