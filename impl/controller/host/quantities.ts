/** Kubernetes quantities ("250m", "1Gi") as numbers. */
import type { Resources } from '../../../spec/vocabulary.ts';

const SUFFIX: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const QUANTITY = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)(|n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)$/;

/**
 * The value of a quantity, in its base unit (cores, bytes, Pods).
 * @throws RangeError if it is none
 */
export function parseQuantity(text: string | number): number {
  if (typeof text === 'number') return text;
  const match = QUANTITY.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) * (SUFFIX[match[2] as string] as number);
  if (!Number.isFinite(value))
    throw new RangeError(`expected a quantity like "250m" or "1Gi", got ${JSON.stringify(text)}`);
  return value;
}

type ResourceList = Readonly<Record<string, string | number>> | undefined;

/** CPU rounded up to millicores, memory to bytes; `pods` as given. */
export function resourcesOf(list: ResourceList, pods: number): Resources {
  return {
    cpu: Math.ceil(parseQuantity(list?.cpu ?? 0) * 1000 - 1e-6) + 0, // never -0
    memory: Math.ceil(parseQuantity(list?.memory ?? 0) - 1e-6) + 0,
    pods,
  };
}

const sum = (a: Resources, b: Resources): Resources => ({
  cpu: a.cpu + b.cpu,
  memory: a.memory + b.memory,
  pods: a.pods + b.pods,
});

interface Container {
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
  readonly restartPolicy?: string;
}

/**
 * What stock counts for a Pod: what its containers and sidecars need together; more, if an init container needs more beside the sidecars that
 * were started before it; and overhead.
 */
export function requestsOf(spec: {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly overhead?: ResourceList;
}): Resources {
  const of = ({ resources }: Container) => resourcesOf({ ...resources?.limits, ...resources?.requests }, 0);
  const none = resourcesOf(undefined, 0);
  let sidecars = none;
  let peak = none;
  for (const container of spec.initContainers ?? []) {
    const together = sum(sidecars, of(container));
    peak = { cpu: Math.max(peak.cpu, together.cpu), memory: Math.max(peak.memory, together.memory), pods: 0 };
    if (container.restartPolicy === 'Always') sidecars = together;
  }
  const running = (spec.containers ?? []).map(of).reduce(sum, sidecars);
  const overhead = resourcesOf(spec.overhead, 0);
  return {
    cpu: Math.max(peak.cpu, running.cpu) + overhead.cpu,
    memory: Math.max(peak.memory, running.memory) + overhead.memory,
    pods: 1,
  };
}
