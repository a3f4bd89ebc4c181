import type { TalkMessage } from '../../ports/writer.ts';

/** Characters a conversation may have; beyond it what tools said long ago is shortened. */
const MAX_CHARACTERS = 90_000;
/** Messages at the end that stay whole. */
const WHOLE = 8;
const KEPT = 300;

const lengthOf = (message: TalkMessage) =>
  message.content.length +
  (message.role === 'assistant' ? message.calls.reduce((sum, call) => sum + call.arguments.length, 0) : 0);

/** The same conversation within bounds: old results are cut, the oldest first; what was said and asked for stays. */
export function shortened(messages: readonly TalkMessage[]): readonly TalkMessage[] {
  let over = messages.reduce((sum, message) => sum + lengthOf(message), 0) - MAX_CHARACTERS;
  return messages.map((message, index) => {
    const isOld = index < messages.length - WHOLE;
    if (over <= 0 || !isOld || message.role !== 'tool' || message.content.length <= KEPT) return message;
    over -= message.content.length - KEPT;
    return { ...message, content: `${message.content.slice(0, KEPT)}\n… shortened; use the tool again if you need it` };
  });
}
