/** `docs/eligibility.md` says what the tables say: `vitest run test/deploy/eligibilityPage.test.ts -u` writes it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { ELIGIBILITY } from '../../spec/eligibility.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/eligibility.md');

const TEXT = `# Which Deployments can be managed

Put \`kubedirect.dev/managed: "true"\` on the labels of a Deployment's Pod template. That is a rolling update: new Pods bear the label, and are ours. Deployments only: no StatefulSets,
DaemonSets, Jobs, and no ReplicaSet without a Deployment (refused by name).

A template that asks for what the Scheduler stage does not honour is denied by the API Server when it is labelled, with the fields and the reasons. R looks at the template once more, and
makes nothing for one that is not eligible (Event \`NotEligible\`). What a mutating webhook does to a Pod when it is created is kept, and runs; but the Scheduler stage has placed it by its template, so that what a webhook adds to requests or
selectors is not reckoned with: put it on the template too, or leave the room (a kubelet refuses what does not fit, and the Pod is replaced). \`kubedirect install\` refuses while a labelled Deployment is not eligible, and names it.

Honoured: requests of cpu and memory, node selector, required node affinity by labels, taints and tolerations, cordoned nodes, priority and preemption. *Preferred* node affinity is accepted and not ranked by: any node
is a legal outcome of it. What the kubelet does with a Pod (probes, volumes of the kinds that are not below, security context, hooks) is the kubelet's as ever; where our agent runs the containers itself, [containers.md](containers.md) says what it heeds.

| in the Pod template | why not |
|---|---|
${ELIGIBILITY.map(({ path: field, reason }) => `| \`${field}\` | ${reason} |`).join('\n')}

Written from [spec/eligibility.ts](../spec/eligibility.ts), from which the admission policy is made as well (\`test/deploy/eligibility.test.ts\` walks every field of a Pod's spec: a new one can not slip through).
`;

it('the page of what can be managed is that of the table', () => expect(TEXT).toMatchFileSnapshot(PAGE));
