import { z } from 'zod';
import { endpointPlanShape, findEndpointProblems } from '../../../domain/endpoint.ts';
import { readShape } from '../../../domain/schema-rules.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Templates } from '../../../ports/templates.ts';
import type { Writer } from '../../../ports/writer.ts';
import { askService } from './ask-service.ts';
import { converse } from './converse.ts';
import { ask, loadPrompts } from './prompts.ts';
import { fullName } from './question.ts';
import { type RecordedAskOptions, recordedAsk } from './recorded-ask.ts';

export interface OpenaiWriterOptions extends Omit<RecordedAskOptions, 'ask' | 'calls'> {
  readonly calls: RecordedAskOptions['calls'] & Pick<StateStore, 'rejectModelAnswers'>;
  readonly templates: Templates;
}

/** Tokens of an answer, the reasoning of models that reason included. */
const MAX_OUTPUT_TOKENS = { plan: 8000, say: 16_000 } as const;

const planAnswer = z.strictObject({ endpoints: z.array(endpointPlanShape) });

/** A language model behind the OpenAI API of any service, writing code with tools. Errors are `model.*` and `limit.reached`. */
export function openaiWriter(options: OpenaiWriterOptions): Writer {
  const { service, clock, templates, calls } = options;
  const name = fullName(service);
  const asking = recordedAsk({ ...options, ask: askService(service, clock) });
  return {
    name,
    async plan({ request, schema, routes }, { projectId }) {
      const prompts = await loadPrompts(templates);
      const known = { title: 'The tables, and the endpoints that are there already:', value: { schema, routes } };
      const { value } = await converse(
        {
          phase: 'write',
          messages: [{ role: 'system', content: prompts['plan-endpoints'] }, ask(request.text, known)],
          shape: planAnswer,
          maxOutputTokens: MAX_OUTPUT_TOKENS.plan,
          read: (answer) => {
            const read = readShape(planAnswer, answer);
            if ('problems' in read) return read;
            const problems = findEndpointProblems(read.value.endpoints, routes);
            return problems.length > 0 ? { problems } : { value: read.value.endpoints };
          },
        },
        projectId,
        { name, prompts, ask: asking, calls },
      );
      return value;
    },
    async say(messages, tools, { projectId }) {
      const question = {
        phase: 'write' as const,
        messages,
        answerSchema: null,
        tools,
        maxOutputTokens: MAX_OUTPUT_TOKENS.say,
      };
      const { text, calls: wanted, isCut, key } = await asking(question, projectId);
      return { text, calls: wanted, isCut, key };
    },
  };
}
