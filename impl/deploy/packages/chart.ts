/**
 * The Helm chart, made from the objects themselves: the same functions that make them are given template expressions for values, so that
 * a template is an object with `{{ … }}` where a value stands. `test/deploy/packages.test.ts` renders it and compares.
 */
import { stringify } from 'yaml';
import type { Part } from '../workloads/index.ts';
import { DEFAULTS, type Expression, SWITCHES, type Values } from '../workloads/values.ts';
import { packagedParts } from './parts.ts';

const json = (path: string): Expression => `{{= toJson .Values.${path} }}`;
const placement = (of: string) => ({
  resources: json(`${of}.resources`),
  nodeSelector: json(`${of}.nodeSelector`),
  tolerations: json(`${of}.tolerations`),
});

const TEMPLATED: Values = {
  namespace: '{{ .Release.Namespace }}',
  watchNamespace: '',
  image: '{{ .Values.image.repository }}:{{ .Values.image.tag }}',
  imagePullPolicy: '{{ .Values.image.pullPolicy }}',
  replicas: '{{= int .Values.replicas }}',
  logLevel: '{{ .Values.logLevel }}',
  envFrom: json('envFrom'),
  imagePullSecrets: json('imagePullSecrets'),
  hostNetwork: '{{= .Values.hostNetwork }}',
  stages: {
    ...placement('stages'),
    runtime: '{{ .Values.stages.runtime | default (ternary `cri` `publish` .Values.cri.enabled) }}',
    extraArgs: ['{{* .Values.stages.extraArgs }}'],
  },
  agent: placement('agent'),
  cri: {
    ...placement('cri'),
    socketFolder: '{{ .Values.cri.socketFolder }}',
    socket: '{{ .Values.cri.socket }}',
    folder: '{{ .Values.cri.folder }}',
    secrets: '{{ .Values.cri.secrets }}',
    credentials: '{{ .Values.cri.credentials }}',
  },
  journals: '{{ .Values.agent.journals }}',
  watchdogAfter: '{{= int .Values.watchdog.after }}',
};

/** An expression of its own: not a string in YAML. */
const WHOLE = /["']?\{\{= (.*?) \}\}["']?/g;
/** An item of a list that stands for all items of a value. */
const EACH = /^( *)- ["']?\{\{\* (.*?) \}\}["']?$/gm;
const OURS = /\.(Values|Release)\b/;

/** Parts as they are for all namespaces, and for one: what is the same in both once, of the rest each with the condition that it is for. */
function variants(): readonly (Part & { readonly scope?: 'one' | 'all' })[] {
  const all = packagedParts(TEMPLATED);
  const one = packagedParts({ ...TEMPLATED, watchNamespace: '{{ .Values.watchNamespace }}' });
  const keyOf = (part: Part) => JSON.stringify(part);
  const [inAll, inOne] = [new Set(all.map(keyOf)), new Set(one.map(keyOf))];
  return [
    ...all.map((part) => (inOne.has(keyOf(part)) ? part : { ...part, scope: 'all' as const })),
    ...one.filter((part) => !inAll.has(keyOf(part))).map((part) => ({ ...part, scope: 'one' as const })),
  ];
}
const SCOPES = { one: '.Values.watchNamespace', all: 'not .Values.watchNamespace' } as const;

/** One object as a template: what is not our expression is no expression to Helm. */
function template({ manifest, when, scope }: ReturnType<typeof variants>[number]): string {
  const text = stringify(manifest, { lineWidth: 0 })
    .replace(/\{\{(?!= )(.*?)\}\}/g, (whole, inner: string) =>
      OURS.test(inner) ? whole : `{{ "{{" }}${inner}{{ "}}" }}`,
    )
    .replace(EACH, '{{- range $2 }}\n$1- {{ . | quote }}\n{{- end }}')
    .replace(WHOLE, '{{ $1 }}');
  const conditions = [
    ...(when === undefined ? [] : [`.Values.${SWITCHES[when]}`]),
    ...(scope === undefined ? [] : [SCOPES[scope]]),
  ];
  return conditions.reduceRight((inner, one) => `{{- if ${one} }}\n${inner}{{- end }}\n`, text);
}

const fileName = ({ manifest: { kind, metadata } }: Part) => `${kind.toLowerCase()}-${metadata.name}.yaml`;

const CHART = {
  apiVersion: 'v2',
  name: 'kubedirect',
  description: 'Scales Deployments out by direct messages between controllers, beside the stock ones',
  type: 'application',
  version: '0.1.0',
  appVersion: '0.1.0',
  kubeVersion: '>=1.30.0-0',
  home: 'https://arxiv.org/abs/2601.19160',
};

const NOTES = `kubedirect is there, and manages nothing yet. Prove that its fence bites, and turn the owner switch on:

  kubedirect install --existing --namespace {{ .Release.Namespace }}{{ with .Values.watchNamespace }} --watch-namespace {{ . }}{{ end }}

Before helm uninstall: kubedirect release --namespace {{ .Release.Namespace }}
`;

/** Its files, by path. @public */
export function chartFiles(): ReadonlyMap<string, string> {
  const files = new Map([
    ['Chart.yaml', stringify(CHART)],
    ['values.yaml', stringify(DEFAULTS, { aliasDuplicateObjects: false })],
    ['templates/NOTES.txt', NOTES],
  ]);
  for (const part of variants()) {
    const name = `templates/${fileName(part)}`;
    files.set(name, (files.get(name) ?? '') + template(part));
  }
  return files;
}
