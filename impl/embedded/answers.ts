/** Answers as text, in the form that the client asked for. */
import { apiVersionOf, type ResourceDefinition } from '../../machines/environment/apiserver/definition.ts';
import type { ApiRequest, ApiResponse } from '../../machines/environment/apiserver/types.ts';
import type { Form } from './accept.ts';
import { listText, objectText } from './serialize.ts';
import { metadataListText, metadataText } from './tables/metadata.ts';
import { tableText } from './tables/table.ts';

/** The text of an answer, in the form that the client asked for. */
export function responseText(
  form: Form,
  definition: ResourceDefinition,
  asked: ApiRequest,
  response: ApiResponse,
): string {
  const apiVersion = apiVersionOf(definition, asked.version);
  if (response.list !== undefined) {
    const { list } = response;
    if (form === 'object') return listText(definition, list);
    if (form === 'metadata') return metadataListText(list);
    const { resourceVersion, continue: token, remainingItemCount } = list;
    return tableText(definition, list.items, { resourceVersion, continue: token, remainingItemCount });
  }
  if (response.object === undefined) return JSON.stringify(response.body ?? {});
  if (form === 'table') {
    return tableText(definition, [response.object], {
      resourceVersion: response.object.metadata.resourceVersion,
    });
  }
  return form === 'metadata'
    ? metadataText(response.object)
    : objectText(definition, apiVersion, response.object);
}

export function headersOf(response: ApiResponse): Record<string, string> {
  return {
    ...(response.retryAfter === undefined ? {} : { 'retry-after': String(response.retryAfter) }),
    ...(response.warnings === undefined
      ? {}
      : { warning: response.warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(', ') }),
  };
}
