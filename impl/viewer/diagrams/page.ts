/** `docs/machines.md`: every machine as a picture (laid out once, `svg.ts`), and as Mermaid. */
import type { AnyStateMachine } from 'xstate';
import { deciderMachine } from '../../../machines/autoscaler/decider/machine.ts';
import { autoscalerMachine } from '../../../machines/autoscaler/machine.ts';
import { deploymentMachine } from '../../../machines/deployment/machine.ts';
import { rolloutMachine } from '../../../machines/environment/controllers/deployment/rolloutMachine.ts';
import { podMachine } from '../../../machines/environment/controllers/kubelet/podMachine.ts';
import { kubeletMachine } from '../../../machines/kubelet/machine.ts';
import { cancellationMachine } from '../../../machines/ownership/cancellation.ts';
import { downstreamSideMachine } from '../../../machines/ownership/link/downstreamSide.ts';
import { upstreamSideMachine } from '../../../machines/ownership/link/upstreamSide.ts';
import { podLifecycleMachine } from '../../../machines/ownership/podLifecycle.ts';
import { preemptionMachine } from '../../../machines/ownership/preemption.ts';
import { tailContainersMachine, tailObjectMachine } from '../../../machines/ownership/tailPod.ts';
import { replicasFieldMachine } from '../../../machines/ownership/wants/field.ts';
import { replicaSetMachine } from '../../../machines/replicaset/machine.ts';
import { containerMachine, runtimePodMachine, templateMachine } from '../../../machines/runtime/index.ts';
import { schedulerMachine } from '../../../machines/scheduler/machine.ts';
import { mermaidOf, statesOf } from './mermaid.ts';

/** A room of machines. */
interface Room {
  readonly title: string;
  readonly machines: readonly AnyStateMachine[];
}

/** All machines, by room. */
export const ROOMS: readonly Room[] = [
  {
    title: 'The five stages',
    machines: [autoscalerMachine, deploymentMachine, replicaSetMachine, schedulerMachine, kubeletMachine],
  },
  {
    title: 'Ownership',
    machines: [
      upstreamSideMachine,
      downstreamSideMachine,
      podLifecycleMachine,
      tailObjectMachine,
      tailContainersMachine,
      cancellationMachine,
      preemptionMachine,
      replicasFieldMachine,
    ],
  },
  {
    title: 'The containers of a Pod, where our agent runs them',
    machines: [templateMachine, runtimePodMachine, containerMachine],
  },
  { title: 'The built-in autoscaler', machines: [deciderMachine] },
  {
    title: 'The environment: stock controllers, for the embedded API Server',
    machines: [rolloutMachine, podMachine],
  },
];

/** The picture of a machine, beside this page: `docs/machines/NAME.svg`. */
export const pictureOf = ({ id }: AnyStateMachine) => `machines/${id}.svg`;

function sectionOf(machine: AnyStateMachine): string {
  const said = statesOf(machine).filter(({ says }) => says !== '');
  const list = said.map(({ state, says }) => `- \`${state}\`: ${says}`);
  return [
    `### ${machine.id}`,
    machine.root.description ?? '',
    `![The states of ${machine.id}, and what leads from one to another](${pictureOf(machine)})`,
    `\`\`\`mermaid\n${mermaidOf(machine)}\n\`\`\``,
    ...(list.length === 0 ? [] : [list.join('\n')]),
  ].join('\n\n');
}

/** The page. */
export function machinesPage(): string {
  const rooms = ROOMS.map(({ title, machines }) => [`## ${title}`, ...machines.map(sectionOf)].join('\n\n'));
  return `${[
    '# Machines',
    'Read off the machines themselves; `vitest run test/viewer/diagrams.test.ts -u` writes this page anew, `npm run diagrams` its pictures. An arrow says which events lead there, by which guard.\nEvents that change no state (they change data, or nothing, on purpose) are left out.',
    ...rooms,
  ].join('\n\n')}\n`;
}
