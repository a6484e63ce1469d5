/** The most memory that a child process has held: Linux says so while it lives. */
import { readFileSync } from 'node:fs';

const PEAK = /^VmHWM:\s+(\d+) kB$/m;
const EVERY_MS = 250;

/** Looks now and then until `end`, which gives megabytes; null where the system does not say. */
export function watchMemory(pid: number | undefined): { end(): number | null } {
  let megabytes: number | null = null;
  const look = () => {
    try {
      const peak = PEAK.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (peak !== undefined) megabytes = Math.round(Number(peak) / 1024);
    } catch {
      // It has ended, or this is no Linux.
    }
  };
  const timer = setInterval(look, EVERY_MS);
  timer.unref();
  return {
    end: () => {
      clearInterval(timer);
      return megabytes;
    },
  };
}
