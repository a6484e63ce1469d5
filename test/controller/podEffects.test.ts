/** K's deletes: with the Pod's own grace period, but never with 0 while containers may run (protocol 4.4). */
import { describe, expect, it } from 'vitest';
import { deletePod } from '../../impl/controller/host/podEffects.ts';
import type { Life } from '../../impl/controller/host/runner.ts';
import { Templates } from '../../impl/controller/host/templates.ts';
import { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { StageEvent } from '../../spec/events.ts';

const NAME = { namespace: 'default', name: 'web-1-r1-a' };
const spec = (grace: number | undefined) => ({
  ...(grace !== undefined && { terminationGracePeriodSeconds: grace }),
});

/** Deletes a Pod; what was asked of the API Server, and what the stage heard. */
async function deleted(world: {
  readonly template?: { readonly grace: number | undefined };
  readonly pod?: { readonly grace: number | undefined };
  readonly get?: () => never;
  readonly graceSeconds: number;
  readonly name?: typeof NAME;
}) {
  const asked: unknown[] = [];
  const templates = new Templates();
  const metadata = { name: 'web-1', namespace: 'default', uid: 'rs', resourceVersion: '1' };
  if (world.template !== undefined)
    templates.observed({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata,
      spec: { template: { spec: spec(world.template.grace) } },
    });
  const heard = await new Promise<StageEvent>((give) => {
    const client = {
      async get(path: string) {
        world.get?.();
        asked.push(path);
        return world.pod === undefined ? undefined : { metadata, spec: spec(world.pod.grace) };
      },
      async deletePod(_namespace: string, _name: string, options: object) {
        asked.push(options);
      },
    };
    const life = { client, templates, give, signal: new AbortController().signal } as unknown as Life;
    const { graceSeconds } = world;
    deletePod(life, {
      type: 'deletePod',
      uid: 'r1-a',
      metadataUid: 'm',
      name: world.name ?? NAME,
      graceSeconds,
    });
  });
  return { asked, heard };
}
const READ = pathOf({ resource: 'pods', ...NAME });
const withGrace = (gracePeriodSeconds: number) => ({ uid: 'm', gracePeriodSeconds });
const accepted = { type: 'deleteAnswered', uid: 'r1-a', outcome: 'accepted' };

describe('the grace period of a delete', () => {
  it.each([
    ['the template has one: it', { template: { grace: 7 } }, [withGrace(7)]],
    ['the template has 0: 1', { template: { grace: 0 } }, [withGrace(1)]],
    ['the template has none: 30', { template: { grace: undefined } }, [withGrace(30)]],
    ['no template, the Pod has one: it', { pod: { grace: 45 } }, [READ, withGrace(45)]],
    ['no template, the Pod has 0: 1', { pod: { grace: 0 } }, [READ, withGrace(1)]],
    ['no template, the Pod has none: 30', { pod: { grace: undefined } }, [READ, withGrace(30)]],
    ['neither is there: 30', {}, [READ, withGrace(30)]],
  ])('%s', async (_, world, asked) => {
    expect(await deleted({ ...world, graceSeconds: 1 })).toEqual({ asked, heard: accepted });
  });

  it("is the template's too for a Pod that stock has named: what S deletes may not be read by S", async () => {
    const name = { namespace: 'default', name: 'web-1-x7k2p' };
    const deletion = await deleted({ template: { grace: 7 }, graceSeconds: 1, name });
    expect(deletion).toEqual({ asked: [withGrace(7)], heard: accepted });
  });

  it('is 0 where the containers are known to be quiet', async () => {
    const quiet = await deleted({ template: { grace: 7 }, graceSeconds: 0 });
    expect(quiet).toEqual({ asked: [withGrace(0)], heard: accepted });
  });

  it('that can not be read: nothing is deleted, and the stage hears that it must try again', async () => {
    const get = () => {
      throw new KubernetesError({ status: 0, reason: 'Unreachable', message: 'away', ambiguous: false });
    };
    const { asked, heard } = await deleted({ get, graceSeconds: 1 });
    expect({ asked, heard }).toEqual({ asked: [], heard: { ...accepted, outcome: 'invalid' } });
  });
});
