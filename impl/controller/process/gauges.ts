/** Gauges of the stages of a process, read off the machines when they are scraped. */
import { Gauge, Registry } from 'prom-client';
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
  return registry;
}
