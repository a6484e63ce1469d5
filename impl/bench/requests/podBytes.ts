/**
 * A Pod as the API Server reads it in protobuf (`application/vnd.kubernetes.protobuf`), as far as the figure needs: numbers of fields as in
 * Kubernetes' `generated.proto` files (`core/v1`, `meta/v1`, `runtime`).
 */
import { WIRE, Writer } from '../../../spec/wire/bytes.ts';

/** What the object of the figure has. */
export interface SmallPod {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly nodeName: string;
    readonly automountServiceAccountToken: boolean;
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly resources: { readonly requests: Readonly<Record<string, string>> };
    }[];
  };
}

/** Before the envelope, in storage as on the wire. */
const MAGIC = Buffer.from('k8s\0');

function text(writer: Writer, field: number, value: string): void {
  writer.tag(field, WIRE.bytes);
  writer.string(value);
}
function inside(writer: Writer, field: number, write: () => void): void {
  writer.tag(field, WIRE.bytes);
  const start = writer.open();
  write();
  writer.close(start);
}
function map(
  writer: Writer,
  field: number,
  entries: Readonly<Record<string, string>>,
  value: (text: string) => void,
) {
  for (const [key, each] of Object.entries(entries))
    inside(writer, field, () => {
      text(writer, 1, key);
      value(each);
    });
}

/** The body of a create. */
export function podBytes({ apiVersion, kind, metadata, spec }: SmallPod): Buffer {
  const writer = new Writer();
  const asText = (value: string) => text(writer, 2, value);
  const asQuantity = (value: string) => inside(writer, 2, () => text(writer, 1, value));
  inside(writer, 1, () => {
    text(writer, 1, apiVersion);
    text(writer, 2, kind);
  });
  inside(writer, 2, () => {
    inside(writer, 1, () => {
      text(writer, 1, metadata.name);
      text(writer, 3, metadata.namespace);
      map(writer, 11, metadata.labels, asText);
      map(writer, 12, metadata.annotations, asText);
    });
    inside(writer, 2, () => {
      for (const { name, image, resources } of spec.containers)
        inside(writer, 2, () => {
          text(writer, 1, name);
          text(writer, 2, image);
          inside(writer, 8, () => map(writer, 2, resources.requests, asQuantity));
        });
      text(writer, 10, spec.nodeName);
      writer.tag(21, WIRE.varint);
      writer.varint(spec.automountServiceAccountToken ? 1 : 0);
    });
  });
  return Buffer.concat([MAGIC, writer.view()]);
}
