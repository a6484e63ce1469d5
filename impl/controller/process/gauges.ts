/** Gauges of the stages of a process, read off the machines when they are scraped. */
import { Counter, Gauge, Registry } from 'prom-client';
import { stageOf } from '../../../spec/vocabulary.ts';
import type { StageProcess } from '../host/stageProcess.ts';
import { recordsOf } from './pods.ts';
import { readinessOf } from './readiness.ts';

/** Their registry, beside that of the process. @public */
export function gaugesOf(stages: readonly StageProcess[]): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'kubedirect_pods',
    help: 'Pods that a stage holds, by phase',
    labelNames: ['stage', 'phase'],
    registers,
    collect() {
      this.reset();
      for (const stage of stages)
        for (const { phase } of recordsOf(stage)) this.inc({ stage: stage.self, phase });
    },
  });
  new Gauge({
    name: 'kubedirect_pods_without_node',
    help: 'Pods that the Scheduler stage has no node for, those that stand unbound at the API Server among them',
    registers,
    collect() {
      const schedulers = stages.filter(({ self }) => self === 'scheduler');
      this.set(schedulers.flatMap(recordsOf).filter(({ node }) => node === null).length);
    },
  });
  new Gauge({
    name: 'kubedirect_stage_ready',
    help: '1 if a stage can do its part; /readyz says what it waits for if not',
    labelNames: ['stage'],
    registers,
    collect() {
      for (const { stage, missing } of readinessOf(stages)) this.set({ stage }, missing.length === 0 ? 1 : 0);
    },
  });
  new Gauge({
    name: 'leader_election_master_status',
    help: '1 if this process leads the stage',
    labelNames: ['name'],
    registers,
    collect() {
      for (const { self, life } of stages) this.set({ name: self }, life === null ? 0 : 1);
    },
  });
  countLinks(stages, registers);
  return registry;
}

/** Over all links to one peer, as this end counts them; they begin anew with each life. A node's K is `kubelet`. */
function countLinks(stages: readonly StageProcess[], registers: Registry[]): void {
  const counter = (what: 'bytes' | 'messages' | 'frames', help: string) =>
    new Counter({
      name: `kubedirect_link_${what}_total`,
      help,
      labelNames: ['stage', 'peer', 'direction'],
      registers,
      collect() {
        this.reset();
        for (const { self, traffic } of stages.map((stage) => ({
          self: stage.self,
          traffic: stage.traffic(),
        })))
          for (const [peer, stats] of traffic) {
            const labels = { stage: stageOf(self), peer: stageOf(peer) };
            this.inc({ ...labels, direction: 'in' }, stats[`${what}In`]);
            this.inc({ ...labels, direction: 'out' }, stats[`${what}Out`]);
          }
      },
    });
  counter('bytes', 'Bytes of the frames on the links to adjacent stages of other processes');
  counter('messages', 'Messages on the links to adjacent stages');
  counter('frames', 'Frames on the links to adjacent stages of other processes');
}
