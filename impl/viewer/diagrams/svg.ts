/** A machine as a picture (SVG), laid out by elkjs. The page of a film draws the same picture, with the active state lit. */
import { hash } from 'node:crypto';
import elk, { type ElkExtendedEdge, type ElkNode } from 'elkjs';
import type { AnyStateMachine } from 'xstate';
import { boxOf, type StateBox, stateArrowsOf } from './graph.ts';

const LINE = 13;
/** Widest a letter is, px; what is wider is cut nowhere, since boxes only need to be wide enough. */
const LETTER = 6.3;
const HEAD = 24;
const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.json.shapeCoords': 'ROOT',
  'elk.json.edgeCoords': 'ROOT',
  'elk.padding': `[top=${HEAD + 8},left=14,bottom=14,right=14]`,
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.spacing.nodeNode': '28',
  'elk.spacing.edgeLabel': '3',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.thoroughness': '3',
  'elk.edgeLabels.inline': 'false',
};
/** What a CommonJS module exports is its default, whatever its types say. */
const Elk = elk as unknown as typeof elk.default;
/** Where a compound state begins. */
const START = ' begin';

const STYLE = `svg{color-scheme:light dark;background:light-dark(#fff,#14171c)}
.state rect{fill:light-dark(#f5f6f8,#1c2027);stroke:light-dark(#8a93a0,#6b7683)}
.state text,.machine text{fill:light-dark(#1b1f24,#e3e7ec);font:600 12px system-ui,sans-serif}
.edge path{fill:none;stroke:light-dark(#5f6873,#97a1ad)}
.edge polygon,.begin circle{fill:light-dark(#5f6873,#97a1ad)}
.edge text{fill:light-dark(#5f6873,#97a1ad);font:11px system-ui,sans-serif}
.parallel>rect{stroke-dasharray:5 3}`;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const round = (value = 0) => Math.round(value * 10) / 10;
const idOf = (path: string) => (path === '' ? 'machine' : path);

function nodeOf(box: StateBox): ElkNode {
  const isLeaf = box.children.length === 0;
  const begin = box.initial === null ? [] : [{ id: idOf(box.path) + START, width: 9, height: 9 }];
  return {
    id: idOf(box.path),
    ...(isLeaf && { width: box.name.length * LETTER * 1.15 + 22, height: 28 }),
    ...(!isLeaf && { layoutOptions: OPTIONS, children: [...begin, ...box.children.map(nodeOf)] }),
  };
}

const all = (box: StateBox): readonly StateBox[] => [box, ...box.children.flatMap(all)];

function edgesOf(machine: AnyStateMachine, box: StateBox): ElkExtendedEdge[] {
  const begins = all(box).flatMap(({ path, initial }) =>
    initial === null
      ? []
      : [{ id: `begin ${path}`, sources: [idOf(path) + START], targets: [idOf(initial)] }],
  );
  const arrows = stateArrowsOf(machine).map(({ from, to, labels }) => {
    // A guard has a line of its own: narrow pictures are easier to read.
    const text = labels.flatMap((label) => label.split(/ (?=\[)/));
    return {
      id: `${idOf(from)} ${idOf(to)}`,
      sources: [idOf(from)],
      targets: [idOf(to)],
      labels: [
        {
          text: text.join('\n'),
          width: Math.max(...text.map(({ length }) => length)) * LETTER + 6,
          height: text.length * LINE + 2,
        },
      ],
    };
  });
  return [...begins, ...arrows];
}

function* shapes(node: ElkNode, boxes: ReadonlyMap<string, StateBox>): Generator<string> {
  const box = boxes.get(node.id);
  const [x, y, width, height] = [node.x, node.y, node.width, node.height].map(round) as [
    number,
    number,
    number,
    number,
  ];
  if (box === undefined)
    yield `<g class="begin"><circle cx="${round(x + width / 2)}" cy="${round(y + height / 2)}" r="4"/></g>`;
  else {
    const kind = box.path === '' ? 'machine' : 'state';
    const parallel = box.isParallel ? ' parallel' : '';
    const text =
      box.children.length === 0
        ? `x="${round(x + width / 2)}" y="${y + 18}" text-anchor="middle"`
        : `x="${x + 12}" y="${y + 18}"`;
    const frame = `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${box.children.length === 0 ? 10 : 4}"/>`;
    const second = box.isFinal
      ? `<rect x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="7"/>`
      : '';
    yield `<g class="${kind}${parallel}" data-state="${escaped(box.path)}">${kind === 'machine' ? '' : frame + second}<text ${text}>${escaped(box.name)}</text></g>`;
  }
  for (const child of node.children ?? []) yield* shapes(child, boxes);
}

function* lines(edges: readonly ElkExtendedEdge[]): Generator<string> {
  for (const { id, sources, targets, labels = [], sections = [] } of edges) {
    const [from, to] = [sources[0] as string, targets[0] as string];
    const drawn = sections.flatMap(({ startPoint, endPoint, bendPoints = [] }) => {
      const points = [startPoint, ...bendPoints, endPoint];
      const path = points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
      const before = points.at(-2) as { x: number; y: number };
      const angle = Math.atan2(endPoint.y - before.y, endPoint.x - before.x);
      const corner = (turn: number) =>
        `${round(endPoint.x - 8 * Math.cos(angle + turn))},${round(endPoint.y - 8 * Math.sin(angle + turn))}`;
      return [
        `<path d="${path}"/>`,
        `<polygon points="${round(endPoint.x)},${round(endPoint.y)} ${corner(0.4)} ${corner(-0.4)}"/>`,
      ];
    });
    const texts = labels.flatMap(({ text = '', x = 0, y = 0 }) =>
      text
        .split('\n')
        .map(
          (line, at) => `<text x="${round(x + 3)}" y="${round(y + 11 + at * LINE)}">${escaped(line)}</text>`,
        ),
    );
    const ends = id.startsWith('begin ')
      ? ''
      : ` data-from="${escaped(from === 'machine' ? '' : from)}" data-to="${escaped(to)}"`;
    yield `<g class="edge"${ends}>${drawn.join('')}${texts.join('')}</g>`;
  }
}

/** What a picture is drawn from, in short: laying it out takes seconds, and its result is the same for the same. */
const digestOf = (machine: AnyStateMachine) =>
  hash('sha256', JSON.stringify([boxOf(machine.root), stateArrowsOf(machine), OPTIONS, STYLE])).slice(0, 16);

/** Whether a picture is of the machine as it is. */
export const isOf = (svg: string, machine: AnyStateMachine): boolean =>
  svg.includes(` data-of="${digestOf(machine)}"`);

/** The picture, as the text of a file. */
export async function svgOf(machine: AnyStateMachine): Promise<string> {
  const box = boxOf(machine.root);
  const boxes = new Map(all(box).map((one) => [idOf(one.path), one]));
  const graph = { id: 'all', layoutOptions: OPTIONS, children: [nodeOf(box)], edges: edgesOf(machine, box) };
  const laid = await new Elk().layout(graph);
  const [root] = laid.children as [ElkNode];
  const [x, y, width, height] = [root.x, root.y, root.width, root.height].map(round);
  const says = escaped(machine.root.description ?? machine.id);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${says}" data-of="${digestOf(machine)}">
<style>${STYLE}</style>
${[...shapes(root, boxes), ...lines(laid.edges ?? [])].join('\n')}
</svg>
`;
}
