/** Where an exec, attach or port-forward of the kubelet's API is served by the runtime. */
import { KubedirectError } from '../../../spec/errors.ts';
import type { Streams } from '../client.ts';
import { containerOf, podOf, type Served } from './served.ts';

const isSet = (query: URLSearchParams, name: string) => ['1', 'true'].includes(query.get(name) ?? '');

/** @throws KubedirectError `FLAG_INVALID` */
function streamsIn(query: URLSearchParams): Streams {
  const tty = isSet(query, 'tty');
  const streams = {
    stdin: isSet(query, 'input'),
    stdout: isSet(query, 'output'),
    // A terminal has one way out.
    stderr: isSet(query, 'error') && !tty,
  };
  if (Object.values(streams).some((each) => each)) return { ...streams, tty };
  throw new KubedirectError('FLAG_INVALID', 'expected one of input, output and error at the least, got none');
}

function portsIn(query: URLSearchParams): readonly number[] {
  return query.getAll('port').map((text) => {
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
    throw new KubedirectError('FLAG_INVALID', `port: expected 1 to 65535, got ${JSON.stringify(text)}`);
  });
}

const unknownPath = (parts: readonly string[]) =>
  new KubedirectError(
    'PATH_UNKNOWN',
    `expected /exec/{namespace}/{Pod}/{container} or the like, got /${parts.join('/')}`,
  );

/** @throws KubedirectError `PATH_UNKNOWN`, `CONTAINER_UNKNOWN`, `FLAG_INVALID`, `RUNTIME_FAILED` */
export async function streamOf(
  served: Served,
  { parts, query }: { readonly parts: readonly string[]; readonly query: URLSearchParams },
): Promise<URL> {
  const [what = '', namespace = '', pod = ''] = parts;
  if (what === 'portForward') {
    if (parts.length !== 3 && parts.length !== 4) throw unknownPath(parts);
    const { sandbox } = podOf(served, { namespace, pod });
    if (sandbox !== null) return served.streams.portForward(sandbox, portsIn(query));
    throw new KubedirectError('CONTAINER_UNKNOWN', `${namespace}/${pod} is not started yet`);
  }
  // With the uid of the Pod between, which its name says too: ours are never used again.
  if ((what !== 'exec' && what !== 'attach') || (parts.length !== 4 && parts.length !== 5))
    throw unknownPath(parts);
  const name = parts.at(-1) as string;
  const container = containerOf(served, { namespace, pod, name });
  if (container.id === null || !container.isRunning())
    throw new KubedirectError('CONTAINER_UNKNOWN', `container ${name} of ${namespace}/${pod} does not run`);
  const streams = streamsIn(query);
  if (what === 'attach') return served.streams.attach(container.id, streams);
  const command = query.getAll('command');
  if (command.length === 0) throw new KubedirectError('FLAG_INVALID', 'command: expected one, got none');
  return served.streams.exec(container.id, command, streams);
}
