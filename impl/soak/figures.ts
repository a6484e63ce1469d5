/** What a soak looks at: of each process what the system and the process itself say of it, of the cluster what the API Server counts. */
import fs from 'node:fs';
import type { SpawnedStage } from '../controller/process/spawn.ts';

/** One figure after another, by name: `scheduler-a rss MB`. @public */
export type Figures = Readonly<Record<string, number>>;

/** A stage: its processes are looked at together, since either may lead. @public */
export interface Looked {
  readonly stage: string;
  readonly processes: readonly SpawnedStage[];
}

const MEGA = 1_048_576;

/** Open files of a process, and how many of them are sockets: each watch is one. */
function filesOf(pid: number): { readonly files: number; readonly sockets: number } {
  const folder = `/proc/${pid}/fd`;
  const targets = fs.readdirSync(folder).map((name) => {
    try {
      return fs.readlinkSync(`${folder}/${name}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  return {
    files: targets.filter((target) => target !== '').length,
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
  };
}

/** The sum of all samples of a metric in Prometheus' text, by some of its labels. @public */
export function metricOf(
  text: string,
  name: string,
  having: (labels: string) => boolean = () => true,
): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const [, labels, value] = /^[a-z_]+(\{[^}]*\})? ([-+0-9.e]+)/.exec(line) ?? [];
    const rest = line.slice(name.length, name.length + 1);
    if (value !== undefined && (rest === '{' || rest === ' ') && having(labels ?? '')) sum += Number(value);
  }
  return sum;
}

/** Of one process: memory, open files, sockets; and what its stages hold. */
async function ofProcess({ name, pid, status }: SpawnedStage): Promise<Figures> {
  if (pid === undefined || status === null) throw new Error(`${name} does not run`);
  const { files, sockets } = filesOf(pid);
  const rss = Number(/^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const metrics = await (await fetch(`http://${status}/metrics`)).text();
  return {
    'rss MB': (rss * 1024) / MEGA,
    'heap MB': metricOf(metrics, 'nodejs_heap_size_used_bytes') / MEGA,
    files,
    sockets,
    Pods: metricOf(metrics, 'kubedirect_pods'),
  };
}

/** Of all stages. @public */
export async function figuresOf(stages: readonly Looked[]): Promise<Figures> {
  const all: Record<string, number> = {};
  for (const { stage, processes } of stages)
    for (const figures of await Promise.all(processes.map(ofProcess)))
      for (const [name, value] of Object.entries(figures))
        all[`${stage} ${name}`] = (all[`${stage} ${name}`] ?? 0) + value;
  return all;
}
