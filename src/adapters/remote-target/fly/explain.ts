import { TurboError } from '../../../domain/errors.ts';
import type { Failure, RemoteAnswer, RemoteOrder } from '../../shared/remote/contract.ts';
import { isRecord, textOf } from './read-json.ts';

/** What Fly means by a refusal, where the status alone does not say it; null: it does. Words for programs go first. */
export function explainFly(answer: RemoteAnswer, order: RemoteOrder): Failure | null {
  const { status } = answer;
  const said = saidOf(answer);
  if (status === 401) {
    return {
      code: 'remote.denied',
      message: 'Fly.io does not know the token in FLY_API_TOKEN: it is wrong, expired or revoked.',
      hint: 'Make one: fly tokens create org -o <organisation>',
    };
  }
  if (status === 403) {
    return {
      code: 'remote.denied',
      message: `The token in FLY_API_TOKEN may not ${deedOf(order)}.`,
      hint: 'It needs the rights of an organisation: fly tokens create org -o <organisation>',
    };
  }
  if (isCapacity(answer)) {
    return {
      code: 'remote.failed',
      message: `Fly.io has no room for the machine: ${said}`,
      hint: 'Choose another region (--region), or try again later.',
    };
  }
  if (isHeld(answer)) {
    return {
      code: 'remote.conflict',
      message: `Somebody else is changing the machine: ${said}`,
      hint: 'Wait until that deployment has ended, then the same command again.',
    };
  }
  return null;
}

/** An answer that was accepted to be looked at, and is a failure after all. */
export function flyFailure(answer: RemoteAnswer, order: RemoteOrder): TurboError {
  const said = saidOf(answer);
  const { code, message, hint } = explainFly(answer, order) ?? {
    code: answer.status === 409 || answer.status === 412 ? ('remote.conflict' as const) : ('remote.failed' as const),
    message: `Fly.io answered ${answer.status} to ${order.method} ${order.path}${said === '' ? '.' : `: ${said}`}`,
    hint: undefined,
  };
  const details = { remote: 'fly', status: answer.status };
  return new TurboError(code, message, { details, ...(hint === undefined ? {} : { hint }) });
}

/** Names of apps are unique in all of Fly. */
export function isNameTaken(answer: RemoteAnswer): boolean {
  const word = wordOf(answer);
  return word === 'name_taken' || (word === '' && saidOf(answer).includes('Name has already been taken'));
}

/** Names of machines are unique in an app. */
export function isMachineThere(answer: RemoteAnswer): boolean {
  return answer.status === 409 && saidOf(answer).includes('unique machine name violation');
}

/** The machine was changed since it was looked at. */
export function isOutdated(answer: RemoteAnswer): boolean {
  return (answer.status === 409 || answer.status === 412) && !isHeld(answer) && !isCapacity(answer);
}

/** Somebody else has the machine's lease. */
export function isHeld(answer: RemoteAnswer): boolean {
  return answer.status === 409 && /lease (is )?currently held/i.test(saidOf(answer));
}

function isCapacity(answer: RemoteAnswer): boolean {
  const word = wordOf(answer);
  if (word !== '') return word === 'insufficient_capacity';
  return answer.status === 409 && /insufficient \w+ available|no capacity/.test(saidOf(answer));
}

function deedOf({ method, path }: RemoteOrder): string {
  if (method === 'GET') return `look at ${path}`;
  return method === 'POST' && path.endsWith('/apps') ? 'make an app in this organisation' : `change ${path}`;
}

function saidOf({ json }: RemoteAnswer): string {
  return isRecord(json) ? (textOf(json.error) ?? '').replace(/\s+/g, ' ').slice(0, 300) : '';
}

function wordOf({ json }: RemoteAnswer): string {
  const word = isRecord(json) ? textOf(json.status) : null;
  return word === null || word === 'unknown' ? '' : word;
}
