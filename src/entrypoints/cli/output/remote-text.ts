import { type MonthlyCost, type PlannedThing, REMOTE_TITLES, type RemotePlan } from '../../../domain/remote.ts';
import type { RemoteStatus } from '../../../operations/remote-status.ts';
import type { Withdrawn } from '../../../operations/withdraw-remotes.ts';
import type { RemotesDone } from '../../../pipeline/remote-story.ts';
import type { RemoteDeployment } from '../../../ports/remote-target.ts';
import type { Style } from './output.ts';

const ACTIONS: Readonly<Record<PlannedThing['action'], string>> = {
  create: 'make',
  adopt: 'use',
  update: 'update',
  keep: 'keep',
};

/** A plan in lines, with what it costs by the lists of these services. */
export function planText({ things, cost, hash }: RemotePlan): readonly string[] {
  return [
    ...things.map((thing) => {
      const { remote, kind, name, action, detail } = thing;
      const place = `${REMOTE_TITLES[remote].padEnd(8)} ${ACTIONS[action].padEnd(6)} ${kind} ${name}`;
      return `${place}${detail === undefined ? '' : ` (${detail})`}${priceText(thing)}`;
    }),
    `${sumText(things, cost)}; plan ${hash.slice(0, 12)}`,
  ];
}

function priceText({ monthlyUsd, hourlyUsd, pricesOf }: PlannedThing): string {
  const list = pricesOf === undefined ? '' : ` by the list of ${pricesOf}`;
  if (hourlyUsd !== undefined) return `, about $${hourlyUsd.toFixed(2)} an hour${list}`;
  if (monthlyUsd === null) return ', price not known';
  return monthlyUsd === 0 ? '' : `, about $${monthlyUsd.toFixed(2)} a month${list}`;
}

function sumText(things: readonly PlannedThing[], { usd, isWhole }: MonthlyCost): string {
  if (usd === 0 && !isWhole) return 'What it costs a month is not known';
  const isRunning = things.some(({ kind, monthlyUsd }) => kind === 'machine' && monthlyUsd !== null);
  const always = isRunning ? ' if it runs all the time' : '';
  const sum = usd === 0 ? 'Nothing that costs by the month' : `About $${usd.toFixed(2)} a month${always}`;
  return `${sum}; traffic not counted${isWhole ? '' : ', nor what has no known price'}`;
}

/** What was done elsewhere, for the end of a report. */
export function remoteLines(done: RemotesDone | null, style: Style): readonly string[] {
  if (done === null) return [];
  const { daytona, github, s3, fly } = done;
  return [
    ...(daytona ? [`  daytona   installed, built and started in ${daytona.sandbox}; tests ${daytona.tests}`] : []),
    ...(github ? [`  github    ${style.cyan(github.url)} (${github.branch} at ${github.commit.slice(0, 10)})`] : []),
    ...(s3 ? [`  s3        ${s3.files} files in bucket ${s3.bucket}: ${s3.id}`] : []),
    ...(fly
      ? [
          `  fly       ${style.cyan(fly.url)} (${fly.app}, ${fly.region})`,
          `            ${fly.proof.checks} checks passed and ${fly.proof.attempts} attacks withstood there`,
        ]
      : []),
  ];
}

/** What became of one place. */
export function withdrawnLine({ remote, place, outcome }: Withdrawn): string {
  const told = { removed: 'removed', absent: 'was gone already', left: 'stays; nobody remembers it here any more' }[
    outcome
  ];
  return `  ${REMOTE_TITLES[remote].toLowerCase().padEnd(9)} ${place} ${told}`;
}

/** A deployment in lines. */
export function deploymentLines({ app, url, status, machines }: RemoteDeployment, style: Style): readonly string[] {
  const told = status === 'running' ? style.green(status) : style.yellow(status);
  return [
    `  fly       ${told} at ${style.cyan(url)} (${app})`,
    ...machines.map(
      ({ id, region, state, healthy }) =>
        `            ${id} in ${region}: ${state}${healthy ? '' : `, ${style.yellow('not healthy')}`}`,
    ),
  ];
}

/** What a project has elsewhere, in lines. */
export function remoteStatusLines(found: readonly RemoteStatus[], style: Style): readonly string[] {
  return found.flatMap(({ remote, place, state, url, deployment, problem }) => {
    if (deployment) return deploymentLines(deployment, style);
    const told = {
      wished: style.yellow('was begun and not finished'),
      there: style.green('there'),
      gone: style.red('gone'),
      unknown: style.yellow(`not looked at: ${problem}`),
    }[state];
    return [`  ${remote.padEnd(9)} ${url ?? place}, ${told}`];
  });
}
