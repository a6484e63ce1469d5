/** The space-time diagram on a canvas: a lane a stage, time downwards, a row a frame, messages as arrows. Only what is in sight is drawn. */
import type { MessageKind } from '../../../spec/messages.ts';
import { asksApiServer, hearsApiServer } from '../apiServer.ts';
import type { Arrow } from '../arrows.ts';
import { isFault } from '../captions.ts';
import { type Frame, isStep } from '../film.ts';
import type { Paint } from './colours.ts';
import type { Model } from './model.ts';

/** What is in sight. */
export interface Sight {
  readonly width: number;
  readonly height: number;
  /** px from the first row. */
  readonly top: number;
  readonly rowHeight: number;
  /** Of a lane. */
  readonly laneWidth: number;
  readonly chosen: number | null;
  readonly chain: ReadonlySet<number>;
}

const HANDSHAKE: ReadonlySet<MessageKind> = new Set(['Hello', 'Rejected', 'Offer', 'Fetch', 'State']);
const ENDS: ReadonlySet<MessageKind> = new Set([
  'Terminate',
  'Terminated',
  'Refused',
  'Gone',
  'GoneAcknowledged',
]);

/** Colour of a message. */
export function colourOf({ kind, direction }: Arrow, paint: Paint): string {
  if (HANDSHAKE.has(kind)) return paint.shake;
  if (ENDS.has(kind)) return paint.end;
  return paint[direction];
}

/** Dashes, px: of lines that are whole, of messages that are cut off, of requests. */
const SOLID: readonly number[] = [];
const CUT: readonly number[] = [3, 3];
const DOTS: readonly number[] = [1, 3];
/** Rows of so many px have room for requests and the heads of arrows; drawing them takes most of the time where there are many. */
const ROOMY = 10;
/** Nothing happened for so long, ms: a dashed line is drawn. */
const PAUSE = 1000;

/** Middle of a lane, px. The world's is the first. */
export const laneX = (lane: number, laneWidth: number) => (lane + 1.5) * laneWidth;

class Drawing {
  readonly #context: CanvasRenderingContext2D;
  readonly #model: Model;
  readonly #sight: Sight;
  readonly #paint: Paint;
  /** As it is set now. */
  #dash: readonly number[] = SOLID;
  /** Arrows of dense rows, by how they look. */
  readonly #gathered = new Map<
    string,
    { readonly alpha: number; readonly colour: string; readonly path: Path2D }
  >();
  readonly #first: number;
  readonly #last: number;

  constructor(context: CanvasRenderingContext2D, model: Model, sight: Sight, paint: Paint) {
    this.#context = context;
    this.#model = model;
    this.#sight = sight;
    this.#paint = paint;
    this.#first = Math.max(0, Math.floor(sight.top / sight.rowHeight));
    this.#last = Math.min(model.shown.length - 1, Math.ceil((sight.top + sight.height) / sight.rowHeight));
  }

  #y(row: number): number {
    return (row + 0.5) * this.#sight.rowHeight - this.#sight.top;
  }

  #x(lane: number): number {
    return laneX(lane, this.#sight.laneWidth);
  }

  #frame(row: number): Frame {
    return this.#model.film.frames[this.#model.shown[row] as number] as Frame;
  }

  #line(
    points: readonly (readonly [number, number])[],
    colour: string,
    width: number,
    dash: readonly number[] = SOLID,
  ): void {
    const context = this.#context;
    context.strokeStyle = colour;
    context.lineWidth = width;
    if (dash !== this.#dash) context.setLineDash([...dash]);
    this.#dash = dash;
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    context.stroke();
  }

  #rows(): void {
    const { rowHeight, width, chosen } = this.#sight;
    for (let row = this.#first; row <= this.#last; row += 1) {
      const isChosen = this.#model.shown[row] === chosen;
      if (!isChosen && !isFault(this.#frame(row))) continue;
      this.#context.globalAlpha = isChosen ? 1 : 0.12;
      this.#context.fillStyle = isChosen ? this.#paint.chosen : this.#paint.fault;
      this.#context.fillRect(0, this.#y(row) - rowHeight / 2, width, rowHeight);
      this.#context.globalAlpha = 1;
    }
  }

  /** A band for each life, from its beginning to its end; where there is none, a thin line. */
  #bands(): void {
    const { height, laneWidth } = this.#sight;
    for (const lane of this.#model.film.lanes.keys())
      this.#line(
        [
          [this.#x(lane), 0],
          [this.#x(lane), height],
        ],
        this.#paint.line,
        1,
      );
    this.#line(
      [
        [this.#x(-1), 0],
        [this.#x(-1), height],
      ],
      this.#paint.line,
      1,
      [2, 4],
    );
    const apiServer = this.#x(this.#model.film.lanes.length);
    this.#line(
      [
        [apiServer, 0],
        [apiServer, height],
      ],
      this.#paint.line,
      3,
    );
    const width = Math.min(10, laneWidth / 2);
    for (const { stage, frames, end } of this.#model.rerun.lives) {
      const first = this.#model.rowOf(frames[0] as number);
      const last = end === null ? this.#model.shown.length - 1 : this.#model.rowOf(end);
      const [from, to] = [Math.max(-20, this.#y(first)), Math.min(height + 20, this.#y(last))];
      if (to < 0 || from > height) continue;
      const x = this.#x(this.#model.film.lanes.indexOf(stage));
      this.#context.fillStyle = this.#paint.band;
      this.#context.fillRect(x - width / 2, from, width, Math.max(to - from, 1));
    }
  }

  /** A thin band for each session of a link, beside the lane of its lower end; the older ones are fainter. */
  #sessions(): void {
    const { height, laneWidth } = this.#sight;
    const newest = new Map(this.#model.sessions.map((one) => [one.lower, one]));
    this.#context.fillStyle = this.#paint.shake;
    for (const session of this.#model.sessions) {
      const [first, last] = [this.#model.rowOf(session.first), this.#model.rowOf(session.last)];
      const [from, to] = [Math.max(-20, this.#y(first)), Math.min(height + 20, this.#y(last))];
      if (to < 0 || from > height) continue;
      const x = this.#x(this.#model.film.lanes.indexOf(session.lower as never)) - Math.min(10, laneWidth / 2);
      this.#context.globalAlpha = newest.get(session.lower) === session ? 0.6 : 0.25;
      this.#context.fillRect(x, from, 3, Math.max(to - from, 2));
    }
    this.#context.globalAlpha = 1;
  }

  /** What is asked of the API Server, and heard from it. */
  #requests(row: number): void {
    const frame = this.#frame(row);
    if (!isStep(frame)) return;
    const [stage, y] = [this.#x(this.#model.laneOf(frame)), this.#y(row)];
    const apiServer = this.#x(this.#model.film.lanes.length);
    this.#context.globalAlpha = this.#model.shown[row] === this.#sight.chosen ? 1 : 0.35;
    const colour = this.#paint.faint;
    if (hearsApiServer(frame)) {
      this.#line(
        [
          [apiServer, y],
          [stage, y],
        ],
        colour,
        1,
        DOTS,
      );
      this.#head([apiServer, y], [stage, y], colour);
    }
    if (asksApiServer(frame)) {
      this.#line(
        [
          [stage, y],
          [apiServer, y],
        ],
        colour,
        1,
        DOTS,
      );
      this.#head([stage, y], [apiServer + 4, y], colour);
    }
    this.#context.globalAlpha = 1;
  }

  /** Where nothing happened for a while. */
  #pauses(): void {
    const { width, rowHeight } = this.#sight;
    if (this.#model.film.clock === 'moves' || rowHeight < 6) return;
    for (let row = Math.max(1, this.#first); row <= this.#last; row += 1) {
      if (this.#frame(row).at - this.#frame(row - 1).at < PAUSE) continue;
      const y = this.#y(row) - rowHeight / 2;
      this.#line(
        [
          [0, y],
          [width, y],
        ],
        this.#paint.faint,
        1,
        [8, 6],
      );
    }
  }

  /** Of what goes on for ever: from the last frame back to where the loop begins, at the left edge. */
  #loop(): void {
    const { loop, frames } = this.#model.film;
    if (loop === undefined) return;
    const [from, to] = [this.#y(this.#model.rowOf(frames.length - 1)), this.#y(this.#model.rowOf(loop))];
    const [edge, lane] = [6, this.#x(-1) - 8];
    const back = [
      [lane, from],
      [edge, from],
      [edge, to],
      [lane, to],
    ] as const;
    this.#line(back, this.#paint.fault, 2);
    this.#head([edge, to], [lane + 4, to], this.#paint.fault);
  }

  #arrow(arrow: Arrow): void {
    const { film } = this.#model;
    const { from, to } = arrow;
    const { chain } = this.#sight;
    const isLed = from !== null && to !== null && chain.has(from) && chain.has(to);
    const colour = colourOf(arrow, this.#paint);
    const end = (frame: number | null) => {
      const row = frame === null ? -1 : this.#model.rowOf(frame);
      const isShown = row >= 0 && this.#model.shown[row] === frame;
      return isShown
        ? ([this.#x(this.#model.laneOf(film.frames[frame as number] as Frame)), this.#y(row)] as const)
        : null;
    };
    const [start, target] = [end(from), end(to)];
    const half = (sure: readonly [number, number], sign: 1 | -1) => {
      const other = this.#x(this.#model.laneOfEnd(arrow, sign === 1 ? 'to' : 'from'));
      return [sure[0] + (other - sure[0]) * 0.4, sure[1] + sign * this.#sight.rowHeight * 0.7] as const;
    };
    this.#context.globalAlpha = isLed || chain.size === 0 ? 1 : arrow.isOld ? 0.25 : 0.55;
    if (start !== null && target !== null) {
      if (this.#sight.rowHeight < ROOMY && !isLed) this.#gather(start, target, colour);
      else this.#line([start, target], colour, isLed ? 2.5 : 1.2);
      this.#head(start, target, colour);
    } else if (start !== null) {
      // Lost, or still under way at the end; where the search hides its receiver, there is no cross.
      const cut = half(start, 1);
      this.#line([start, cut], colour, 1.2, CUT);
      if (to === null && from !== this.#model.film.frames.length - 1) this.#cross(cut, colour);
    } else if (target !== null) {
      const cut = half(target, -1);
      this.#line([cut, target], colour, 1.2, CUT);
      this.#head(cut, target, colour);
    }
    this.#context.globalAlpha = 1;
  }

  /** Where rows are many: one path for all arrows that look the same. */
  #gather([x0, y0]: readonly [number, number], [x, y]: readonly [number, number], colour: string): void {
    const alpha = this.#context.globalAlpha;
    const look = `${alpha} ${colour}`;
    const gathered = this.#gathered.get(look) ?? { alpha, colour, path: new Path2D() };
    this.#gathered.set(look, gathered);
    gathered.path.moveTo(x0, y0);
    gathered.path.lineTo(x, y);
  }

  #drawGathered(): void {
    const context = this.#context;
    context.setLineDash([]);
    this.#dash = SOLID;
    context.lineWidth = 1.2;
    for (const { alpha, colour, path } of this.#gathered.values()) {
      context.globalAlpha = alpha;
      context.strokeStyle = colour;
      context.stroke(path);
    }
    context.globalAlpha = 1;
  }

  #head([x0, y0]: readonly [number, number], [x, y]: readonly [number, number], colour: string): void {
    if (this.#sight.rowHeight < ROOMY) return;
    const angle = Math.atan2(y - y0, x - x0);
    const context = this.#context;
    const [tipX, tipY] = [x - 4 * Math.cos(angle), y - 4 * Math.sin(angle)];
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(tipX, tipY);
    for (const side of [0.45, -0.45])
      context.lineTo(tipX - 7 * Math.cos(angle + side), tipY - 7 * Math.sin(angle + side));
    context.fill();
  }

  #cross([x, y]: readonly [number, number], colour: string): void {
    this.#line(
      [
        [x - 3, y - 3],
        [x + 3, y + 3],
      ],
      colour,
      1.5,
    );
    this.#line(
      [
        [x - 3, y + 3],
        [x + 3, y - 3],
      ],
      colour,
      1.5,
    );
  }

  #dots(): void {
    const { rowHeight, chain } = this.#sight;
    const radius = Math.min(4, rowHeight / 3);
    for (let row = this.#first; row <= this.#last; row += 1) {
      const frame = this.#frame(row);
      const [x, y] = [this.#x(this.#model.laneOf(frame)), this.#y(row)];
      if (isFault(frame)) {
        this.#cross([x, y], this.#paint.fault);
        continue;
      }
      this.#context.fillStyle = chain.has(this.#model.shown[row] as number)
        ? this.#paint.ink
        : this.#paint.faint;
      if (rowHeight < ROOMY) {
        this.#context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
        continue;
      }
      this.#context.beginPath();
      this.#context.arc(x, y, radius, 0, 2 * Math.PI);
      this.#context.fill();
    }
  }

  whole(): void {
    const { width, height } = this.#sight;
    this.#context.clearRect(0, 0, width, height);
    this.#context.setLineDash([]);
    if (this.#last < this.#first) return;
    this.#rows();
    this.#bands();
    this.#sessions();
    this.#pauses();
    this.#loop();
    if (this.#sight.rowHeight >= ROOMY)
      for (let row = this.#first; row <= this.#last; row += 1) this.#requests(row);
    const [from, to] = [this.#model.shown[this.#first] as number, this.#model.shown[this.#last] as number];
    for (const arrow of this.#model.arrowsBetween(from, to)) this.#arrow(arrow);
    this.#drawGathered();
    this.#dots();
  }
}

/** Draws what is in sight. */
export function draw(context: CanvasRenderingContext2D, model: Model, sight: Sight, paint: Paint): void {
  new Drawing(context, model, sight, paint).whole();
}
