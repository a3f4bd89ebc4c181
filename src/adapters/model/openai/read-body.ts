/**
 * The JSON values of an answer: the events of a stream, or the one of a plain answer, which services that know no
 * streams give. Null when it is neither, but a web page, say. Read by ourselves: the client prints what it cannot parse.
 */
export async function readBody(response: Response): Promise<readonly unknown[] | null> {
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const values = type.includes('text/event-stream') || /^(event|data|id):/m.test(text.slice(0, 200));
  return values ? readEvents(text) : readWhole(text);
}

function readWhole(text: string): readonly unknown[] | null {
  try {
    return [JSON.parse(text)];
  } catch {
    return null;
  }
}

/** Server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html; an event that is cut is left out. */
function readEvents(text: string): readonly unknown[] {
  return text.split(/\r?\n\r?\n/).flatMap((event) => {
    const data = event
      .split(/\r?\n/)
      .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
      .join('\n');
    return data === '' || data === '[DONE]' ? [] : (readWhole(data) ?? []);
  });
}
