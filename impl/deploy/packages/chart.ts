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
  image: '{{ .Values.image.repository }}:{{ .Values.image.tag }}',
  imagePullPolicy: '{{ .Values.image.pullPolicy }}',
  replicas: '{{= int .Values.replicas }}',
  logLevel: '{{ .Values.logLevel }}',
  envFrom: json('envFrom'),
  hostNetwork: '{{= .Values.hostNetwork }}',
  stages: placement('stages'),
  agent: placement('agent'),
  journals: '{{ .Values.agent.journals }}',
  watchdogAfter: '{{= int .Values.watchdog.after }}',
};

/** An expression of its own: not a string in YAML. */
const WHOLE = /["']?\{\{= (.*?) \}\}["']?/g;
const OURS = /\.(Values|Release)\b/;

/** One object as a template: what is not our expression is no expression to Helm. */
function template({ manifest, when }: Part): string {
  const text = stringify(manifest, { lineWidth: 0 })
    .replace(/\{\{(?!= )(.*?)\}\}/g, (whole, inner: string) =>
      OURS.test(inner) ? whole : `{{ "{{" }}${inner}{{ "}}" }}`,
    )
    .replace(WHOLE, '{{ $1 }}');
  return when === undefined ? text : `{{- if .Values.${SWITCHES[when]} }}\n${text}{{- end }}\n`;
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

  kubedirect install --existing --namespace {{ .Release.Namespace }}

Before helm uninstall: kubedirect release --namespace {{ .Release.Namespace }}
`;

/** Its files, by path. @public */
export function chartFiles(): ReadonlyMap<string, string> {
  const files = new Map([
    ['Chart.yaml', stringify(CHART)],
    ['values.yaml', stringify(DEFAULTS, { aliasDuplicateObjects: false })],
    ['templates/NOTES.txt', NOTES],
  ]);
  for (const part of packagedParts(TEMPLATED)) files.set(`templates/${fileName(part)}`, template(part));
  return files;
}
