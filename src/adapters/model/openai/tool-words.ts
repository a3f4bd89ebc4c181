import type OpenAI from 'openai';
import type { ToolSpec } from '../../../ports/writer.ts';
import type { Concessions } from './concessions.ts';
import type { Question } from './question.ts';

/** Messages and tools in the words of the two APIs. */

type ChatMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type InputItem = OpenAI.Responses.ResponseInputItem;

export function toChat(messages: Question['messages']): ChatMessage[] {
  return messages.map((message): ChatMessage => {
    if (message.role === 'tool') return { role: 'tool', tool_call_id: message.callId, content: message.content };
    const { role, content, calls = [] } = message;
    if (role !== 'assistant' || calls.length === 0) return { role, content };
    const wanted = calls.map(({ id, name, arguments: text, extra: { extra_content } = {} }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: text },
      ...(extra_content !== undefined && { extra_content }),
    }));
    const reasoning_details = calls[0]?.extra?.reasoning_details;
    return {
      role,
      content: content === '' ? null : content,
      tool_calls: wanted,
      ...(reasoning_details !== undefined && { reasoning_details }),
    };
  });
}

export function toInput(messages: Question['messages']): InputItem[] {
  return messages.flatMap((message): InputItem[] => {
    if (message.role === 'tool') {
      return [{ type: 'function_call_output', call_id: message.callId, output: message.content }];
    }
    const { role, content, calls = [] } = message;
    const wanted = calls.map(({ id, name, arguments: text }) => ({
      type: 'function_call' as const,
      call_id: id,
      name,
      arguments: text,
    }));
    return content === '' && wanted.length > 0 ? wanted : [{ role, content }, ...wanted];
  });
}

/** A tool for Chat Completions; what a service does not know of it is left out. */
export function toChatTool({ name, description, parameters }: ToolSpec, { without }: Concessions) {
  const given = without.has('additionalProperties') ? opened(parameters) : { ...parameters };
  const strict = without.has('strict') || without.has('additionalProperties') ? {} : { strict: true };
  return { type: 'function' as const, function: { name, description, parameters: given, ...strict } };
}

/** The same JSON schema, without saying that there is nothing else. */
function opened(schema: ToolSpec['parameters']): Record<string, unknown> {
  const { additionalProperties: _closed, ...rest } = schema;
  const within = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(within);
    if (typeof value !== 'object' || value === null) return value;
    return opened(Object.fromEntries(Object.entries(value)));
  };
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, within(value)]));
}

export function toFunction({ name, description, parameters }: ToolSpec) {
  return { type: 'function' as const, name, description, parameters: { ...parameters }, strict: true };
}
