/** What was asked of the API Server, by its audit log. */
import fs from 'node:fs';
import path from 'node:path';
import type { Asked } from '../../deploy/support/recorder.ts';

/** All lines until now, in their order. */
const linesOf = (folder: string) =>
  fs
    .readFileSync(path.join(folder, 'audit.log'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** What a user has asked for, as RBAC sees it. */
export const askedBy = (folder: string, user: string): readonly Asked[] =>
  linesOf(folder)
    .filter((line) => line.user?.username === user && line.objectRef?.resource !== undefined)
    .map(({ verb, objectRef: { resource, subresource, apiGroup = '', namespace, name } }) => ({
      ...{ verb, group: apiGroup, namespace, name },
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    }));

/** A create of a Pod, answered. */
export interface PodCreate {
  readonly name: string;
  /** When it was received, Unix ms. */
  readonly at: number;
  readonly isDryRun: boolean;
  readonly code: number;
}

/** All until now, in their order. */
export function podCreates(folder: string): readonly PodCreate[] {
  return linesOf(folder)
    .filter(
      ({ verb, stage, objectRef }) =>
        verb === 'create' &&
        stage === 'ResponseComplete' &&
        objectRef?.resource === 'pods' &&
        objectRef.subresource === undefined,
    )
    .map(({ objectRef, requestReceivedTimestamp, requestURI, responseStatus }) => {
      const micros = /\.(\d{3})(\d*)Z$/.exec(requestReceivedTimestamp)?.[2] ?? '';
      return {
        name: objectRef.name ?? '',
        at: Date.parse(requestReceivedTimestamp) + Number(`0.${micros || '0'}`),
        isDryRun: requestURI.includes('dryRun=All'),
        code: responseStatus?.code ?? 0,
      };
    });
}

/** When the API Server received the create of each Pod, Unix ms. */
export function createdAt(folder: string): ReadonlyMap<string, number> {
  const done = podCreates(folder).filter(({ isDryRun, code }) => !isDryRun && code === 201);
  return new Map(done.map(({ name, at }) => [name, at]));
}
