/** Ways to send a request to the API Server: HTTP/1.1 on a number of connections, or HTTP/2 on one. */
import http2 from 'node:http2';
import { createSecureContext } from 'node:tls';
import { Agent } from 'undici';
import { loadKubeconfig } from '../../controller/kubernetes/kubeconfig.ts';

/** One request. */
export interface Sent {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly type: string;
  readonly accept: string;
  readonly body: string | Buffer;
}

/** Resolves with the bytes of the answer's body. */
export interface Sender {
  send(request: Sent): Promise<number>;
  close(): Promise<void>;
}

const refused = ({ method, path }: Sent, status: number, text: string) =>
  new Error(`expected ${method} ${path} to be taken, got ${status} ${text}`);

async function credentials(kubeconfig: string) {
  const config = loadKubeconfig({ kubeconfig });
  return { server: config.server, ...(await config.authenticate()) };
}

/** HTTP/1.1, a request at a time on each connection. */
export async function http1(kubeconfig: string, connections: number): Promise<Sender> {
  const { server, headers, tls } = await credentials(kubeconfig);
  const { ca, cert, key } = tls;
  const connect = { secureContext: createSecureContext({ ca, cert, key }) };
  const agent = new Agent({ connect, connections, pipelining: 1, allowH2: false });
  return {
    async send(request) {
      const { statusCode, body } = await agent.request({
        origin: server.origin,
        path: request.path,
        method: request.method,
        headers: { ...headers, 'content-type': request.type, accept: request.accept },
        body: request.body,
      });
      const bytes = Buffer.from(await body.arrayBuffer());
      if (statusCode >= 300) throw refused(request, statusCode, bytes.toString());
      return bytes.length;
    },
    close: () => agent.close(),
  };
}

/** HTTP/2, all requests on one connection. */
export async function http2Sender(kubeconfig: string): Promise<Sender> {
  const { server, headers, tls } = await credentials(kubeconfig);
  const session = http2.connect(server.origin, { ...tls });
  await new Promise((resolve, reject) => session.once('connect', resolve).once('error', reject));
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ...headers,
          ':method': request.method,
          ':path': request.path,
          'content-type': request.type,
          accept: request.accept,
        });
        const chunks: Buffer[] = [];
        let status = 0;
        stream.on('response', (answer) => {
          status = Number(answer[':status']);
        });
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', reject);
        stream.on('end', () => {
          const bytes = Buffer.concat(chunks);
          if (status >= 300) reject(refused(request, status, bytes.toString()));
          else resolve(bytes.length);
        });
        stream.end(request.body);
      }),
    close: () => new Promise((resolve) => session.close(() => resolve())),
  };
}
