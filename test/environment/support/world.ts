/** A world and short words to act on it. */
import { bodyOf } from '../../../machines/environment/apiserver/apply.ts';
import type { Deployment, Pod, ReplicaSet } from '../../../machines/environment/apiserver/kube.ts';
import type {
  ApiRequest,
  ApiResponse,
  KubeObject,
  UserInfo,
  WatchEvent,
} from '../../../machines/environment/apiserver/types.ts';
import type { StockOptions } from '../../../machines/environment/controllers/state.ts';
import { createWorld, list, request, settle, type World } from '../../../machines/environment/world.ts';

export const ADMIN: UserInfo = { username: 'system:admin', groups: ['system:masters'] };

type Asked = Partial<ApiRequest> & Pick<ApiRequest, 'verb' | 'resource'>;

/** A mutable handle on a pure world, with virtual time. */
export class Bench {
  world: World;
  now = 1_700_000_000_000;
  readonly events: WatchEvent[] = [];

  constructor(stock: Partial<StockOptions> = {}, seed = 1, historyLimit?: number) {
    this.world = createWorld({
      seed,
      now: this.now,
      stock,
      ...(historyLimit === undefined ? {} : { historyLimit }),
    });
    this.settle();
    this.events.length = 0;
  }

  ask(asked: Asked): ApiResponse & { body?: Record<string, unknown> } {
    const group = asked.group ?? (['deployments', 'replicasets'].includes(asked.resource) ? 'apps' : '');
    const clustered = ['nodes', 'namespaces'].includes(asked.resource);
    const full: ApiRequest = {
      version: 'v1',
      user: ADMIN,
      now: this.now,
      options: { fieldManager: 'test' },
      ...(clustered || asked.group === 'admissionregistration.k8s.io' ? {} : { namespace: 'default' }),
      ...asked,
      group,
    };
    const [world, response, events] = request(this.world, full);
    this.world = world;
    this.events.push(...events);
    const body = bodyOf(full, response);
    return body === undefined ? response : { ...response, body };
  }

  /** As {@link Bench.ask}, and the object; throws if it was refused. */
  must(asked: Asked): KubeObject {
    const response = this.ask(asked);
    if (response.code >= 300)
      throw new Error(`${asked.verb} ${asked.resource}: ${JSON.stringify(response.body)}`);
    return (response.object ?? response.body) as KubeObject;
  }

  /** Lets `ms` of virtual time pass. */
  settle(ms = 1000): void {
    const { world, events, now } = settle(this.world, this.now, this.now + ms);
    this.world = world;
    this.now = now;
    this.events.push(...events);
  }

  node(name: string, cpu = '4', simulated = true): void {
    const status = {
      capacity: { cpu, memory: '64Gi', pods: '100' },
      conditions: [{ type: 'Ready', status: 'True' }],
    };
    const annotations = simulated ? { 'kwok.x-k8s.io/node': 'fake' } : {};
    this.must({ verb: 'create', resource: 'nodes', body: { metadata: { name, annotations }, status } });
  }

  deploy(name: string, replicas: number, more: object = {}, labels: object = {}): Deployment {
    const body = {
      metadata: { name },
      spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name, labels), ...more },
    };
    return this.must({ verb: 'create', resource: 'deployments', body }) as Deployment;
  }

  scale(name: string, replicas: number): void {
    const body = { spec: { replicas } };
    this.must({
      verb: 'patch',
      resource: 'deployments',
      name,
      subresource: 'scale',
      patchType: 'merge',
      body,
    });
  }

  pods(): Pod[] {
    return list(this.world, 'pods', 'default') as Pod[];
  }

  sets(): ReplicaSet[] {
    return list(this.world, 'replicasets.apps', 'default') as ReplicaSet[];
  }

  deployment(name: string): Deployment {
    return this.must({ verb: 'get', resource: 'deployments', name }) as Deployment;
  }
}

export function template(app: string, labels: object = {}, image = 'image:1', cpu = '100m'): object {
  const resources = { requests: { cpu } };
  return {
    metadata: { labels: { app, ...labels } },
    spec: { containers: [{ name: 'main', image, resources }] },
  };
}
