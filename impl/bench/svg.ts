/** A plot of lines as an SVG, drawn by nothing but strings: the share of samples (0 to 1) up to each value, on a logarithmic axis. */

/** One line. */
export interface Cdf {
  readonly name: string;
  /** Ascending. */
  readonly values: readonly number[];
}

const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 60;
const TOP = 30;
const PLOT = { width: 480, height: 300 };
/** Told apart also without colours: by their dashes. */
const STROKES = ['#1b6ca8', '#c0392b', '#2e8b57', '#8e44ad', '#b8860b', '#444444'];
const DASHES = ['', '6 3', '2 2', '8 3 2 3', '1 3', '12 4'];

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Draws it. @param label - of the values */
export function cdfSvg(title: string, label: string, lines: readonly Cdf[]): string {
  const all = lines
    .flatMap(({ values }) => [values[0] ?? 1, values.at(-1) ?? 1])
    .map((value) => Math.max(value, 0.1));
  const from = Math.floor(Math.log10(Math.min(...all, 1)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...all, 1))));
  const x = (value: number) =>
    LEFT + ((Math.log10(Math.max(value, 10 ** from)) - from) / (to - from)) * PLOT.width;
  const y = (share: number) => TOP + (1 - share) * PLOT.height;
  const bottom = TOP + PLOT.height;
  const decades = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const axis = [
    ...decades.map(
      (value) =>
        `<line x1="${x(value)}" y1="${TOP}" x2="${x(value)}" y2="${bottom}" stroke="#ddd"/><text x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${value}</text>`,
    ),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      (share) =>
        `<line x1="${LEFT}" y1="${y(share)}" x2="${LEFT + PLOT.width}" y2="${y(share)}" stroke="#ddd"/><text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${share}</text>`,
    ),
  ];
  const drawn = lines.map(({ name, values }, i) => {
    const stroke = STROKES[i % STROKES.length] as string;
    const style = `fill="none" stroke="${stroke}" stroke-width="2" stroke-dasharray="${DASHES[i % DASHES.length]}"`;
    // So many points are enough for the eye.
    const every = Math.max(1, Math.floor(values.length / 400));
    const points = values.flatMap((value, at) =>
      at % every === 0 || at === values.length - 1
        ? `${x(value).toFixed(1)},${y((at + 1) / values.length).toFixed(1)}`
        : [],
    );
    const key = TOP + 14 + i * 20;
    const left = LEFT + PLOT.width + 16;
    return `<polyline points="${points.join(' ')}" ${style}/><line x1="${left}" y1="${key - 4}" x2="${left + 36}" y2="${key - 4}" ${style}/><text x="${left + 44}" y="${key}">${escaped(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${LEFT}" y="18" font-size="14">${escaped(title)}</text>`,
    ...axis,
    `<text x="${LEFT + PLOT.width / 2}" y="${bottom + 40}" text-anchor="middle">${escaped(label)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}
