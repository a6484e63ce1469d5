/**
 * What Kubernetes accepts as a name, a label, an annotation (`metav1/validation`, `util/validation`).
 */
import { isObject } from '../../json.ts';
import { type Cause, invalidValue, required } from '../status.ts';
import type { KubeObject } from '../types.ts';

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const PATH_SEGMENT = /^(?!\.{1,2}$)[^/%]+$/;
const ANNOTATIONS_MAX = 256 * 1024;

/** RFC 1123 label. @internal */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && LABEL.test(text);
}

/** RFC 1123 subdomain. @internal */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && SUBDOMAIN.test(text);
}

/** `prefix/name` of a label or annotation. @internal */
export function isLabelKey(text: string): boolean {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2 || name.length > 63 || !QUALIFIED.test(name)) return false;
  return parts.length === 1 || isDnsSubdomain(parts[0] ?? '');
}

function isLabelValue(text: unknown): boolean {
  return typeof text === 'string' && (text === '' || (text.length <= 63 && QUALIFIED.test(text)));
}

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** Labels that are not labels. @internal */
export function labelCauses(labels: unknown, field: string): Cause[] {
  if (labels === undefined || labels === null) return [];
  if (!isObject(labels)) return [invalidValue(field, labels, 'must be a map of strings')];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(isLabelKey(key) ? [] : [invalidValue(field, key, KEY_TEXT)]),
    ...(isLabelValue(value) ? [] : [invalidValue(field, value, VALUE_TEXT)]),
  ]);
}

function annotationCauses(annotations: unknown): Cause[] {
  const field = 'metadata.annotations';
  if (annotations === undefined || annotations === null) return [];
  if (!isObject(annotations)) return [invalidValue(field, annotations, 'must be a map of strings')];
  const causes: Cause[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    if (!isLabelKey(key.toLowerCase())) causes.push(invalidValue(field, key, KEY_TEXT));
    if (typeof value !== 'string') causes.push(invalidValue(field, value, 'must be a string'));
    size += key.length + String(value).length;
  }
  if (size > ANNOTATIONS_MAX) {
    causes.push({
      reason: 'FieldValueTooLong',
      field,
      message: `Too long: may not be more than ${ANNOTATIONS_MAX} bytes`,
    });
  }
  return causes;
}

/** `ValidateObjectMeta`. @internal */
export function metadataCauses(object: KubeObject, pathNames: boolean): Cause[] {
  const { name, ownerReferences, finalizers } = object.metadata;
  const causes: Cause[] = [];
  if (typeof name !== 'string' || name === '')
    causes.push(required('metadata.name', 'name or generateName is required'));
  else if (pathNames ? !PATH_SEGMENT.test(name) : !isDnsSubdomain(name)) {
    causes.push(
      invalidValue('metadata.name', name, pathNames ? "may not contain '/' or '%'" : SUBDOMAIN_TEXT),
    );
  }
  causes.push(
    ...labelCauses(object.metadata.labels, 'metadata.labels'),
    ...annotationCauses(object.metadata.annotations),
  );
  for (const [i, owner] of (ownerReferences ?? []).entries()) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[field]) causes.push(required(`metadata.ownerReferences[${i}].${field}`));
    }
  }
  const controllers = (ownerReferences ?? []).filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    causes.push(
      invalidValue(
        'metadata.ownerReferences',
        controllers.length,
        'Only one reference can have Controller set to true',
      ),
    );
  }
  for (const finalizer of finalizers ?? []) {
    if (!isLabelKey(finalizer)) causes.push(invalidValue('metadata.finalizers', finalizer, KEY_TEXT));
  }
  return causes;
}
