import type { TokenCounts } from '../../../domain/model-cost.ts';
import type { ToolCall } from '../../../ports/writer.ts';

/** What an answer says, in the words of neither API. */
export interface Said {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly refusal: string;
  /** Why it ended; null: it was cut on the way; `broken`: the service gave up what the model wrote. */
  readonly end: 'stop' | 'length' | 'filter' | 'broken' | null;
  /** The same in the words of the service. */
  readonly why: string;
  /** False: whoever answered does not speak this API. */
  readonly isAnswer: boolean;
  readonly tokens: TokenCounts;
  /** An error told inside of a successful answer. */
  readonly error: { readonly code: string; readonly message: string } | null;
}
