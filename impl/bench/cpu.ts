/** Where the processor's time goes: by program, of this process and all below it. Only Linux tells; elsewhere nothing is told. */
import fs from 'node:fs';

/** CPU seconds so far, by program; 10 ms is the system's grain. */
export type Cpu = Readonly<Record<string, number>>;

const TICKS_PER_SECOND = 100;

interface Stat {
  readonly pid: number;
  readonly name: string;
  readonly parent: number;
  readonly seconds: number;
}

/** What a Node process is of ours, by its command line. */
function programOf(pid: number): string {
  if (pid === process.pid) return 'this watcher';
  const line = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  if (line.some((word) => word.includes('floorMain'))) return 'bare client';
  if (line.includes('agent')) return 'our agents';
  const stages = line[line.indexOf('--stages') + 1];
  return line.includes('run') && stages !== undefined ? 'our control' : 'other';
}

function statOf(pid: number): Stat | null {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const isKnown = /^(etcd|kube|kwok)/.test(name);
    return { pid, name: isKnown ? name : programOf(pid), parent: Number(fields[1]), seconds };
  } catch {
    return null; // gone meanwhile, or not Linux
  }
}

/** Reads it now. */
export function cpuNow(): Cpu {
  if (process.platform !== 'linux') return {};
  const stats = new Map<number, Stat>();
  for (const entry of fs.readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(Number(entry)) : null;
    if (stat !== null) stats.set(stat.pid, stat);
  }
  const isOurs = (stat: Stat): boolean => {
    if (stat.pid === process.pid) return true;
    const parent = stats.get(stat.parent);
    return parent !== undefined && isOurs(parent);
  };
  const cpu: Record<string, number> = {};
  for (const stat of stats.values()) if (isOurs(stat)) cpu[stat.name] = (cpu[stat.name] ?? 0) + stat.seconds;
  return cpu;
}

/** What was used between two readings. */
export function cpuBetween(before: Cpu, after: Cpu): Cpu {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, Math.max(0, seconds - (before[name] ?? 0))]),
  );
}
