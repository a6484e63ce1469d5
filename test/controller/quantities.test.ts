/** What a Pod asks for, as stock counts it. */
import { describe, expect, it } from 'vitest';
import { parseQuantity, requestsOf } from '../../impl/controller/host/quantities.ts';

const asking = (cpu: string, restartPolicy?: string) => ({
  resources: { requests: { cpu } },
  ...(restartPolicy !== undefined && { restartPolicy }),
});
const sidecar = (cpu: string) => asking(cpu, 'Always');

describe('requests of a Pod', () => {
  it.each([
    { title: 'containers together', spec: { containers: [asking('50m'), asking('1')] }, cpu: 1050 },
    {
      title: 'the largest init container, if that is more',
      spec: { containers: [asking('50m')], initContainers: [asking('200m'), asking('500m')] },
      cpu: 500,
    },
    {
      title: 'sidecars beside the containers',
      spec: { containers: [asking('50m')], initContainers: [sidecar('100m')] },
      cpu: 150,
    },
    {
      title: 'an init container beside the sidecars before it',
      spec: { containers: [asking('50m')], initContainers: [sidecar('100m'), asking('500m')] },
      cpu: 600,
    },
    {
      title: 'and not beside those after it',
      spec: { containers: [asking('50m')], initContainers: [asking('500m'), sidecar('100m')] },
      cpu: 500,
    },
    {
      title: 'a limit where nothing is requested, and the overhead',
      spec: { containers: [{ resources: { limits: { cpu: '70m' } } }], overhead: { cpu: '5m' } },
      cpu: 75,
    },
  ])('$title', ({ spec, cpu }) => {
    expect(requestsOf(spec)).toEqual({ cpu, memory: 0, pods: 1 });
  });
});

describe('quantities', () => {
  it.each([
    ['250m', 0.25],
    ['1Gi', 2 ** 30],
    ['1e3', 1000],
    ['2E', 2e18],
    [3, 3],
  ])('%s is %d', (text, value) => expect(parseQuantity(text)).toBe(value));

  it.each(['', 'x', '1Q', '--1', '.'])('%j is none', (text) => {
    expect(() => parseQuantity(text)).toThrow(/expected a quantity/);
  });
});
