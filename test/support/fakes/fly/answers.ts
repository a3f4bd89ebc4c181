import type { FakeAnswer } from '../fake-server.ts';

/** A failure as Fly words one; `status` is a word for programs. */
export function refusal(status: number, error: string, word?: string): FakeAnswer {
  return { status, body: { error, ...(word === undefined ? {} : { status: word }) } };
}

/** What is sent where the document describes no body. */
export const done: FakeAnswer = { status: 200 };
