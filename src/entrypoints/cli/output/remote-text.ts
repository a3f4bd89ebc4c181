import { monthlyCost, type PlannedThing, REMOTE_TITLES, type RemotePlan } from '../../../domain/remote.ts';
import type { RemotesDone } from '../../../pipeline/remote-story.ts';
import type { Style } from './output.ts';

const ACTIONS: Readonly<Record<PlannedThing['action'], string>> = {
  create: 'make',
  adopt: 'use',
  update: 'update',
  keep: 'keep',
};

/** A plan in lines, with what it costs a month. */
export function planText({ things, hash }: RemotePlan): readonly string[] {
  const { usd, isWhole } = monthlyCost(things);
  const more = isWhole ? '' : ', and what the services without a listed price ask for';
  return [
    ...things.map(
      ({ remote, kind, name, action, detail, monthlyUsd }) =>
        `${REMOTE_TITLES[remote].padEnd(8)} ${ACTIONS[action].padEnd(6)} ${kind} ${name}${detail === undefined ? '' : ` (${detail})`}${monthlyUsd === null || monthlyUsd === 0 ? '' : `, at most $${monthlyUsd.toFixed(2)} a month`}`,
    ),
    `At most $${usd.toFixed(2)} a month${more}; plan ${hash.slice(0, 12)}`,
  ];
}

/** What was done elsewhere, for the end of a report. */
export function remoteLines(done: RemotesDone | null, style: Style): readonly string[] {
  if (done === null) return [];
  const { github, fly } = done;
  return [
    ...(github ? [`  github    ${style.cyan(github.url)} (${github.branch} at ${github.commit.slice(0, 10)})`] : []),
    ...(fly
      ? [
          `  fly       ${style.cyan(fly.url)} (${fly.app}, ${fly.region})`,
          `            ${fly.proof.checks} checks passed and ${fly.proof.attempts} attacks withstood there`,
        ]
      : []),
  ];
}
