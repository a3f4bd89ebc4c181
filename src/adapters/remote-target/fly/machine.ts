import { isRecord, type Json, numberOf, recordOf, recordsOf, textOf } from './read-json.ts';

/** A machine as Fly tells it. */
export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly state: string;
  /** Of the configuration that it has now; changes with each update. */
  readonly instanceId: string;
  readonly config: Json;
  readonly labels: Readonly<Record<string, string>>;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly output: string }[];
  /** Milliseconds of the calendar; null when it is not told. */
  readonly createdAt: number | null;
  /** Of what it ran last; null when nothing has ended, or on purpose. */
  readonly exitCode: number | null;
}

/** Null when it is no machine. */
export function readMachine(value: unknown): Machine | null {
  if (!isRecord(value)) return null;
  const [id, instanceId] = [textOf(value.id), textOf(value.instance_id)];
  if (id === null || instanceId === null) return null;
  const createdAt = Date.parse(textOf(value.created_at) ?? '');
  // What cannot be read of it, because its host is away, is told apart.
  const config = isRecord(value.config) ? value.config : recordOf(value.incomplete_config);
  const labels = Object.entries(recordOf(config.metadata)).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  return {
    id,
    instanceId,
    config,
    name: textOf(value.name) ?? id,
    region: textOf(value.region) ?? '',
    state: textOf(value.state) ?? 'unknown',
    labels: Object.fromEntries(labels),
    checks: recordsOf(value.checks).map((check) => ({
      name: textOf(check.name) ?? '',
      status: textOf(check.status) ?? '',
      output: textOf(check.output) ?? '',
    })),
    createdAt: Number.isNaN(createdAt) ? null : createdAt,
    exitCode: exitCodeOf(recordsOf(value.events)),
  };
}

/** The newest exit; it lies in one of two places, and 0 is left out of it. */
function exitCodeOf(events: readonly Json[]): number | null {
  const newest = [...events]
    .filter(({ type }) => type === 'exit')
    .sort((one, other) => (numberOf(other.timestamp) ?? 0) - (numberOf(one.timestamp) ?? 0))[0];
  if (!newest) return null;
  const request = recordOf(newest.request);
  const inner = recordOf(request.MonitorEvent).exit_event;
  const exit = isRecord(inner) ? inner : recordOf(request.exit_event);
  if (exit.requested_stop === true || Object.keys(exit).length === 0) return null;
  return numberOf(exit.exit_code) ?? 0;
}
