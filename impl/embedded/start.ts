/** Starts and stops the embedded cluster. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTROLLERS, type StockOptions } from '../../machines/environment/controllers/state.ts';
import { createWorld } from '../../machines/environment/world.ts';
import { KubedirectError } from '../../spec/errors.ts';
import { Cluster } from './cluster.ts';
import { Counters } from './counters.ts';
import { groupsOf, Tokens } from './identity.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { withNodes } from './nodes.ts';
import { handle } from './server.ts';
import type { Embedded, EmbeddedOptions } from './types.ts';

const TOKEN_LIFE_S = 10 * 365 * 24 * 3600;
const NODES_MAX = 10_000;

function checkOptions(options: EmbeddedOptions): void {
  const whole = (
    name: 'nodes' | 'port' | 'podStartDelayMs' | 'podStopDelayMs' | 'historyLimit',
    max: number,
  ) => {
    const value = options[name];
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= max)) return;
    throw new KubedirectError(
      'FLAG_INVALID',
      `${name} is ${value}: a whole number from 0 to ${max} is expected`,
    );
  };
  whole('nodes', NODES_MAX);
  whole('port', 65_535);
  whole('podStartDelayMs', 3_600_000);
  whole('podStopDelayMs', 3_600_000);
  whole('historyLimit', 10_000_000);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** What Kubernetes ships with: `--kube-api-qps`, `--kube-api-burst` of controller-manager and scheduler. */
const DEFAULT_LIMITS = { controllerLimit: { qps: 20, burst: 30 }, schedulerLimit: { qps: 50, burst: 100 } };

function limitsOf(limit: EmbeddedOptions['stockRateLimit']): Partial<StockOptions> {
  if (limit === undefined || limit === 'lifted') return {};
  if (limit === 'default') return DEFAULT_LIMITS;
  if (!(limit.qps > 0 && limit.burst >= 1)) {
    throw new KubedirectError(
      'FLAG_INVALID',
      `stockRateLimit is ${JSON.stringify(limit)}: qps above 0 and burst of at least 1 are expected`,
    );
  }
  return { controllerLimit: limit, schedulerLimit: limit };
}

function clusterOf(options: EmbeddedOptions): Cluster {
  const now = Date.now();
  const { podStartDelayMs = 0, podStopDelayMs = 0, refuseOvercommit = true, historyLimit } = options;
  const world = createWorld({
    seed: options.seed ?? now % 0x7fffffff,
    now,
    stock: {
      nodes: { podStartDelayMs, podStopDelayMs, refuseOvercommit },
      ...limitsOf(options.stockRateLimit),
      // Without its service account no Namespace takes Pods.
      ...(options.controllers === false
        ? { without: CONTROLLERS.filter((name) => name !== 'serviceAccounts') }
        : {}),
    },
    ...(historyLimit === undefined ? {} : { historyLimit }),
  });
  const capacity = { cpu: '32', memory: '256Gi', pods: '250', ...options.nodeCapacity };
  const cluster = new Cluster(withNodes(world, { now, nodes: options.nodes ?? 5, capacity }), new Counters());
  cluster.settle();
  cluster.counters.reset();
  return cluster;
}

/**
 * Starts an embedded cluster on loopback.
 * @returns once it answers and the Nodes are Ready
 * @throws KubedirectError `FLAG_INVALID` for an option out of its range; Node's own error if the port is taken
 */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  checkOptions(options);
  const cluster = clusterOf(options);
  const tokens = new Tokens();
  const server = createServer({ keepAlive: true, keepAliveTimeout: 120_000 }, (incoming, outgoing) => {
    void handle({ cluster, tokens }, incoming, outgoing);
  });
  const port = await listen(server, options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;
  const own = options.directory === undefined;
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'kubedirect-embedded-'));
  mkdirSync(directory, { recursive: true });
  const written: string[] = [];
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    written.push(path);
    return path;
  };
  const kubeconfig = write('kubeconfig', kubeconfigText(url));
  return {
    url,
    kubeconfig,
    kubeconfigFor: (username, groups = []) => {
      const exp = Math.floor(Date.now() / 1000) + TOKEN_LIFE_S;
      const token = tokens.issue({ sub: username, exp, groups });
      const name = `kubeconfig-${username.replace(/[^A-Za-z0-9.-]/g, '_')}`;
      return write(name, kubeconfigText(url, { username, groups: groupsOf(username, groups), token }));
    },
    requests: () => cluster.counters.rows(),
    resetRequests: () => cluster.counters.reset(),
    stop: async () => {
      cluster.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      if (own) rmSync(directory, { recursive: true, force: true });
      else for (const path of written) rmSync(path, { force: true });
    },
  };
}
