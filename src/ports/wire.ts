/** Bytes to send, in Latin-1 when they are text; or a pause between them. */
export type WirePart = string | Uint8Array | { readonly pauseMs: number };

export interface WireScript {
  readonly parts: readonly WirePart[];
  /** When to stop listening, counted from the connection. */
  readonly deadlineMs: number;
  /**
   * `answer` (default) ends after the first quiet moment behind an answer, `close` waits for the server to close,
   * `abort` resets the connection as soon as everything is sent.
   */
  readonly until?: 'answer' | 'close' | 'abort';
}

export interface WireAnswer {
  /** Everything that came back, as Latin-1. */
  readonly text: string;
  /** Who ended it. `refused`: there was no connection. */
  readonly ended: 'server' | 'deadline' | 'us' | 'refused';
  readonly ms: number;
}

/** Speaks to a server in bytes, also such as no client of HTTP would send. */
export interface Wire {
  /** One connection to the host and port of `url`. Never rejects: a server that does not answer is an answer too. */
  talk(url: string, script: WireScript): Promise<WireAnswer>;
}
