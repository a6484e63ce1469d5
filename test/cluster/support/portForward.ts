/**
 * `kubectl` for the Pods of a {@link ProcessKubelet}: all of it the real one, but for `port-forward`, which is a kubelet's to carry out and goes to the Pod's
 * address from here. (kubectl's own, by an agent of ours and containerd: `test/cluster/cri.test.ts`.)
 */
import fs from 'node:fs';
import path from 'node:path';

const RELAY = `import { execFileSync } from 'node:child_process';
import net from 'node:net';
const [kubectl, ...words] = process.argv.slice(2);
const at = words.indexOf('port-forward');
const [near, far] = words[at + 2].split(':').map(Number);
const pod = words[at + 1].replace(/^pod\\//, '');
const asked = [...words.slice(0, at), 'get', 'pod', pod, '-o', 'jsonpath={.status.podIP}'];
const host = execFileSync(kubectl, asked, { encoding: 'utf8' });
net.createServer((one) => {
  const other = net.connect(far, host);
  for (const each of [one, other]) each.on('error', () => { one.destroy(); other.destroy(); });
  one.pipe(other).pipe(one);
}).listen(near, '127.0.0.1');
`;

/** Writes it into a folder of its own. @returns that folder, for PATH */
export function kubectlOnPath(folder: string, kubectl: string): string {
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.writeFileSync(path.join(bin, 'relay.mjs'), RELAY);
  const script = `#!/bin/sh
case " $* " in *" port-forward "*) exec '${process.execPath}' '${bin}/relay.mjs' '${kubectl}' "$@";; esac
exec '${kubectl}' "$@"
`;
  fs.writeFileSync(path.join(bin, 'kubectl'), script, { mode: 0o755 });
  return bin;
}
