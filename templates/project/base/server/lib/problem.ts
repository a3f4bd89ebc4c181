import { STATUS_CODES } from 'node:http';
import { HTTPError } from 'nitro/h3';

/** What is wrong with one field of a request. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** What a client is told about a failure (RFC 9457). */
interface Details {
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
}

/** An error to throw; the error handler answers it as application/problem+json. */
export function problem(
  status: number,
  detail: string,
  options: {
    errors?: readonly FieldProblem[];
    headers?: Record<string, string>;
    cause?: unknown;
  } = {},
): HTTPError {
  const { errors, headers, cause } = options;
  const data: Details = errors ? { detail, errors } : { detail };
  return new HTTPError({ status, message: detail, data, ...(headers && { headers }), cause });
}

/** 400: what is wrong with each of the fields. */
export function invalidFields(errors: readonly FieldProblem[]): HTTPError {
  return problem(400, 'Some fields are not valid.', { errors });
}

/** Details for statuses that the framework answers with. */
const DETAILS: Readonly<Record<number, string>> = {
  400: 'The request could not be understood.',
  404: 'There is nothing at this address.',
};

function isDetails(data: unknown): data is Details {
  return typeof data === 'object' && data !== null && 'detail' in data;
}

/** The answer for an error. Nothing of an unexpected one leaves the server. */
export function problemResponse(error: HTTPError): Response {
  const status = error.unhandled ? 500 : error.status;
  const details: Details = isDetails(error.data)
    ? error.data
    : {
        detail:
          DETAILS[status] ??
          (status < 500 ? 'The request was refused.' : 'Something went wrong here.'),
      };
  const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, ...details };
  const headers = new Headers(error.headers);
  headers.set('content-type', 'application/problem+json');
  return new Response(JSON.stringify(body), { status, headers });
}
