/** One end of a link in a process of its own, so that it can be killed. Arguments: `serve`, or `dial <address>`. */
import { dial, serve } from '../../../impl/controller/links/index.ts';
import { Witness } from './peers.ts';

const [mode, address] = process.argv.slice(2);
// Not to outlive a test that was itself killed.
process.on('disconnect', () => process.exit());
const witness = new Witness();
witness.on('told', (name) => process.send!({ told: name }));
if (mode === 'serve') {
  const server = await serve({ address: '127.0.0.1:0', role: 'scheduler' }, () => witness);
  process.send!({ address: server.address });
} else {
  dial({ address: address!, role: 'replicaset', peer: 'scheduler' }, witness);
}
