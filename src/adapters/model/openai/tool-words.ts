import type OpenAI from 'openai';
import type { ToolSpec } from '../../../ports/writer.ts';
import type { Question } from './question.ts';

/** Messages and tools in the words of the two APIs. */

type ChatMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type InputItem = OpenAI.Responses.ResponseInputItem;

export function toChat(messages: Question['messages']): ChatMessage[] {
  return messages.map((message): ChatMessage => {
    if (message.role === 'tool') return { role: 'tool', tool_call_id: message.callId, content: message.content };
    const { role, content, calls = [] } = message;
    if (role !== 'assistant' || calls.length === 0) return { role, content };
    const wanted = calls.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function' as const,
      function: { name, arguments: text },
    }));
    return { role, content: content === '' ? null : content, tool_calls: wanted };
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

export function toChatTool({ name, description, parameters }: ToolSpec) {
  return { type: 'function' as const, function: { name, description, parameters: { ...parameters }, strict: true } };
}

export function toFunction({ name, description, parameters }: ToolSpec) {
  return { type: 'function' as const, name, description, parameters: { ...parameters }, strict: true };
}
