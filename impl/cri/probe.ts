/** Asks a container how it is, once: by a command in it, a request to it, or a connection. Also what is done after it has started, and before it is stopped. */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerSpec, Handler } from './podSpec.ts';

/** How to reach a container. */
export interface Reach {
  /** Of its Pod. */
  readonly address: string;
  readonly container: ContainerSpec;
  readonly execute: (command: readonly string[], seconds: number) => Promise<number>;
}

function portOf({ ports = [] }: ContainerSpec, port: number | string): number {
  if (typeof port === 'number') return port;
  return ports.find(({ name }) => name === port)?.containerPort ?? Number(port);
}

/** Whether the answer's status is from 200 to 399; redirections are not followed. */
function byHttp(handler: NonNullable<Handler['httpGet']>, reach: Reach, ms: number): Promise<boolean> {
  const { path = '/', scheme = 'HTTP', httpHeaders = [] } = handler;
  const isTls = scheme.toUpperCase() === 'HTTPS';
  return new Promise((resolve) => {
    const request = (isTls ? https : http).get(
      {
        host: handler.host ?? reach.address,
        port: portOf(reach.container, handler.port),
        path,
        timeout: ms,
        agent: false,
        rejectUnauthorized: false, // as a kubelet: nobody vouches for a Pod's address
        headers: {
          'User-Agent': 'kube-probe/kubedirect',
          ...Object.fromEntries(httpHeaders.map((one) => [one.name, one.value])),
        },
        signal: AbortSignal.timeout(ms),
      },
      (answer) => {
        answer.resume();
        resolve((answer.statusCode ?? 0) >= 200 && (answer.statusCode ?? 0) < 400);
      },
    );
    request.on('error', () => resolve(false));
  });
}

function byConnection(host: string, port: number, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: ms });
    const end = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/** Asks once; whether the answer was good and in time. Never throws. */
export async function ask(handler: Handler, reach: Reach, seconds: number): Promise<boolean> {
  const { exec, httpGet, tcpSocket } = handler;
  try {
    if (exec !== undefined) return (await reach.execute(exec.command ?? [], seconds)) === 0;
    if (httpGet !== undefined) return await byHttp(httpGet, reach, seconds * 1_000);
    if (tcpSocket !== undefined) {
      const port = portOf(reach.container, tcpSocket.port);
      return await byConnection(tcpSocket.host ?? reach.address, port, seconds * 1_000);
    }
  } catch {
    return false;
  }
  return false;
}

/** What a container's `preStop` asks for, for so long at most. */
export async function beforeStop(handler: Handler, reach: Reach, seconds: number): Promise<void> {
  if (handler.sleep !== undefined) await sleep(Math.min(handler.sleep.seconds, seconds) * 1_000);
  else await ask(handler, reach, seconds);
}

/** What a container's `postStart` asks for; whether that was done. */
export async function afterStart(handler: Handler, reach: Reach, seconds: number): Promise<boolean> {
  if (handler.sleep === undefined) return ask(handler, reach, seconds);
  await sleep(handler.sleep.seconds * 1_000);
  return true;
}
