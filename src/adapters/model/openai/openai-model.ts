import type { Decision } from '../../../domain/decision.ts';
import { type Design, type DesignBase, explainedBy } from '../../../domain/explanation.ts';
import type { Request } from '../../../domain/request.ts';
import { findProblems, parseSchema, readShape } from '../../../domain/schema-rules.ts';
import type { Caller, Model } from '../../../ports/model.ts';
import type { StateStore } from '../../../ports/state-store.ts';
import type { Templates } from '../../../ports/templates.ts';
import { askService } from './ask-service.ts';
import { type ConverseOptions, converse } from './converse.ts';
import { decisionAnswer, givenDecision, toDecision } from './decision-answer.ts';
import { ask, loadPrompts, type Prompts } from './prompts.ts';
import { fullName } from './question.ts';
import { type RecordedAskOptions, recordedAsk } from './recorded-ask.ts';
import { fromAnswer, schemaAnswer, toAnswer } from './schema-answer.ts';

export interface OpenaiModelOptions extends Omit<RecordedAskOptions, 'ask' | 'calls'> {
  readonly calls: RecordedAskOptions['calls'] & Pick<StateStore, 'rejectModelAnswers'>;
  readonly templates: Templates;
  /** What its answers start from. */
  readonly planner: Model;
}

/** Tokens of an answer, the reasoning of models that reason included. */
const MAX_OUTPUT_TOKENS = { detect: 4000, design: 32_000 } as const;

/**
 * A language model behind the OpenAI API of any service. It answers in JSON of a given shape, never in SQL, and each
 * answer passes the rules of the domain or is told what is wrong with it. Errors are `model.*` and `limit.reached`.
 */
export function openaiModel(options: OpenaiModelOptions): Model {
  const { service, clock, planner, templates, calls } = options;
  const name = fullName(service);
  const asking = recordedAsk({ ...options, ask: askService(service, clock) });
  let loaded: Promise<Prompts> | null = null;
  const talk = async (): Promise<ConverseOptions> => {
    loaded ??= loadPrompts(templates);
    return { name, prompts: await loaded, ask: asking, calls };
  };
  return {
    name,
    detect: async (request, caller) => detect(request, caller, planner, await talk()),
    design: async (request, base, caller) => design(request, base, caller, planner, await talk()),
  };
}

const projectOf = (caller: Caller | undefined) => caller?.projectId ?? null;

async function detect(
  request: Request,
  caller: Caller | undefined,
  planner: Model,
  talk: ConverseOptions,
): Promise<Decision> {
  const { needsDatabase, reason } = await planner.detect(request);
  const known = { title: 'A simple planner thinks:', value: { needsDatabase, reason } };
  const { value, costUsd } = await converse(
    {
      phase: 'detect',
      messages: [{ role: 'system', content: talk.prompts.detect }, ask(request.text, known)],
      shape: decisionAnswer,
      maxOutputTokens: MAX_OUTPUT_TOKENS.detect,
      read: (answer) => readShape(givenDecision, answer),
    },
    projectOf(caller),
    talk,
  );
  return toDecision(value, { decidedBy: talk.name, costUsd });
}

async function design(
  request: Request,
  base: DesignBase | undefined,
  caller: Caller | undefined,
  planner: Model,
  talk: ConverseOptions,
): Promise<Design> {
  const draft = await planner.design(request, base);
  const from = base ? ` from the ready design ${base.name}, of which all stays that the request does not change` : '';
  const known = { title: `Draft of a simple planner${from}:`, value: toAnswer(draft.schema) };
  const { value } = await converse(
    {
      phase: 'design',
      messages: [{ role: 'system', content: talk.prompts.design }, ask(request.text, known)],
      shape: schemaAnswer,
      maxOutputTokens: MAX_OUTPUT_TOKENS.design,
      read: (answer) => {
        const input = fromAnswer(answer);
        const problems = findProblems(input);
        return problems.length > 0 ? { problems } : { value: parseSchema(input) };
      },
    },
    projectOf(caller),
    talk,
  );
  return explainedBy(value, { kind: 'rule', rule: `Designed by ${talk.name}.` });
}
