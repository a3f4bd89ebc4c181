import type { ModelPhase, TokenCounts } from '../../../domain/model-cost.ts';
import type { Network } from '../../../domain/network.ts';
import type { ToolCall, ToolSpec } from '../../../ports/writer.ts';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  /** What an assistant wanted done. */
  readonly calls?: readonly ToolCall[];
}

/** What came of a call of a tool. */
export interface ToolMessage {
  readonly role: 'tool';
  readonly callId: string;
  readonly content: string;
}

/** What a model is asked, and the JSON schema its answer has to have. */
export interface Question {
  readonly phase: ModelPhase;
  readonly messages: readonly (Message | ToolMessage)[];
  /** Null: it may answer as it likes. */
  readonly answerSchema: Readonly<Record<string, unknown>> | null;
  readonly tools?: readonly ToolSpec[];
  /** Reasoning included. */
  readonly maxOutputTokens: number;
}

/** What came back, before anybody has looked whether it is of use. */
export interface Reply {
  readonly text: string;
  /** Tools it wants used. */
  readonly calls: readonly ToolCall[];
  /** The answer ended because it was too long: it must never be used. */
  readonly isCut: boolean;
  readonly tokens: TokenCounts;
}

/** How a service is reached. */
export interface Service {
  readonly provider: string;
  readonly model: string;
  readonly baseUrl: string;
  readonly key: string | undefined;
  /** Variable the key is read from, and what names the model; for messages. */
  readonly keyName: string;
  readonly chosenBy: string;
  readonly api: 'chat' | 'responses';
  /** Silence after which a call is given up; in all a call may take `CALL_SILENCES` of them. */
  readonly idleMs: number;
  /** The way out of this network; null or left out: Node's own. */
  readonly network?: Network | null;
}

/** `openai/gpt-5.4-mini`: how a model is called in messages and records. */
export function fullName({ provider, model }: Pick<Service, 'provider' | 'model'>): string {
  return `${provider}/${model}`;
}
