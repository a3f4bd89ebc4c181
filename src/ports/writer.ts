import type { EndpointPlan } from '../domain/endpoint.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';
import type { Caller } from './model.ts';

/** A tool as a model is told of it; `parameters` is a JSON schema. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a model wants done. `arguments` is what it wrote, unread. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** What the service wants to see again with this call, unread: signatures of what was thought. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export type TalkMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly calls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string };

/** What a model said, and the key its answer is recorded under. */
export interface Turn {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** It was cut because it is too long, and must not be used. */
  readonly isCut: boolean;
  readonly key: string;
}

/** A language model that writes code with tools. Each answer is recorded, paid once, and held to the limits. */
export interface Writer {
  readonly name: string;
  /** The behaviour of a request that resources do not cover; empty when they cover it all. Throws `model.*`, `limit.reached`. */
  plan(
    order: { readonly request: Request; readonly schema: Schema | null; readonly routes: readonly string[] },
    caller: Caller,
  ): Promise<readonly EndpointPlan[]>;
  /** The next turn of a conversation. Throws `model.*`, `limit.reached`. */
  say(messages: readonly TalkMessage[], tools: readonly ToolSpec[], caller: Caller): Promise<Turn>;
}

/** Who writes code here, if anybody: found when asked for, since most commands need nobody. */
export interface Writers {
  /** Null: no model is configured. Throws `config.invalid`. */
  find(): Promise<Writer | null>;
}
