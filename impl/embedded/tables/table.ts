/** `meta.k8s.io/v1` Table: what `kubectl get` shows. The cells of each kind are in `columns.ts`. */
import type { ResourceDefinition } from '../../../machines/environment/apiserver/definition.ts';
import type { KubeObject } from '../../../machines/environment/apiserver/types.ts';
import { columnsOf } from './columns.ts';

/** One column: `priority` above 0 is shown with `-o wide` only. @internal */
export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'date';
  readonly format?: string;
  readonly priority?: number;
  readonly cell: (object: KubeObject, now: number) => string | number;
}

/** Objects as a Table. @internal */
export function tableText(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  metadata: object,
): string {
  const now = Date.now();
  const columns = columnsOf(definition);
  const columnDefinitions = columns.map(({ name, type = 'string', format = '', priority = 0 }) => ({
    name,
    type,
    format: name === 'Name' ? 'name' : format,
    description: name,
    priority,
  }));
  const rows = objects.map((object) => ({
    cells: columns.map((column) => column.cell(object, now)),
    object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
  }));
  return JSON.stringify({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions, rows });
}
