export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Speaks to a backend we run. */
export interface Http {
  /** Rejects when nothing answers within `timeoutMs` (default 5000). */
  request(
    method: string,
    url: string,
    options?: { json?: unknown; body?: string; headers?: Readonly<Record<string, string>>; timeoutMs?: number },
  ): Promise<HttpAnswer>;
}
