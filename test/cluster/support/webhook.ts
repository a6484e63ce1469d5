/** A mutating webhook for the Pods of some Deployments, as sidecar injectors and policy engines are: HTTPS, called by the API Server itself. */
import fs from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import type { ControlPlane } from '../../../impl/controlplane/index.ts';

/** What it does with a Pod: a JSON patch, or words for who may not make it. */
export type Verdict = { readonly patch: readonly object[] } | { readonly denied: string };

/** It, in force. */
export interface Webhook {
  /** Names of the Pods that it was asked about, and who made them; a dry run is one too. */
  readonly asked: readonly { readonly name: string; readonly user: string }[];
  /** Of all Pods from now on. */
  verdict: (pod: { readonly metadata: { readonly name: string } }) => Verdict;
  stop(): Promise<void>;
}

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** Serves it with the API Server's own certificate, which is for this machine, and registers it for Pods with the label `hooked`. */
export async function startWebhook(cluster: ControlPlane, client: KubernetesClient): Promise<Webhook> {
  const pki = path.join(cluster.dataDir, 'pki');
  const read = (file: string) => fs.readFileSync(path.join(pki, file), 'utf8');
  const asked: { name: string; user: string }[] = [];
  const webhook: Webhook = {
    asked,
    verdict: () => ({ patch: [] }),
    async stop() {
      await client.request({ method: 'DELETE', path: `${CONFIGURATIONS}/hooked` });
      server.closeAllConnections();
      server.close();
    },
  };
  const server = https.createServer(
    { cert: read('apiserver.crt'), key: read('apiserver.key') },
    async (incoming, outgoing) => {
      const { request } = JSON.parse(await text(incoming));
      const { metadata } = request.object;
      asked.push({ name: metadata.name ?? metadata.generateName, user: request.userInfo.username });
      const verdict = webhook.verdict(request.object);
      const response =
        'denied' in verdict
          ? { allowed: false, status: { code: 403, message: verdict.denied } }
          : {
              ...{ allowed: true, patchType: 'JSONPatch' },
              patch: Buffer.from(JSON.stringify(verdict.patch)).toString('base64'),
            };
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(
        JSON.stringify({
          ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
          response: { uid: request.uid, ...response },
        }),
      );
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await client.request({
    method: 'POST',
    path: CONFIGURATIONS,
    body: {
      ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' },
      metadata: { name: 'hooked' },
      webhooks: [
        {
          ...{ name: 'hooked.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'] },
          clientConfig: {
            url: `https://127.0.0.1:${port}/`,
            caBundle: Buffer.from(read('ca.crt')).toString('base64'),
          },
          objectSelector: { matchLabels: { hooked: 'true' } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
      ],
    },
  });
  return webhook;
}
