const width = 60;
const height = 16;
const pointCount = 30;

const namespace = 'http://www.w3.org/2000/svg';

/** A little graph of the latest points of one figure. The numbers beside it say the same to who cannot see it. */
export class Spark {
  readonly root: SVGSVGElement;
  readonly #path: SVGPathElement;
  #drawn = '';

  constructor() {
    this.root = document.createElementNS(namespace, 'svg');
    this.root.setAttribute('class', 'spark');
    this.root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.root.setAttribute('preserveAspectRatio', 'none');
    this.root.setAttribute('aria-hidden', 'true');
    this.#path = document.createElementNS(namespace, 'path');
    this.root.append(this.#path);
  }

  /** @param whole what is as high as the graph */
  draw(points: readonly (number | null)[], whole: number): void {
    const path = sparkPath(points, whole);
    if (path !== this.#drawn) {
      this.#drawn = path;
      this.#path.setAttribute('d', path);
    }
  }
}

/** The newest point is at the right edge; what is not known is a gap. */
function sparkPath(points: readonly (number | null)[], whole: number): string {
  if (whole <= 0) {
    return '';
  }
  const step = width / (pointCount - 1);
  const first = pointCount - points.length;
  let path = '';
  let isOpen = false;
  for (const [index, value] of points.entries()) {
    if (value === null) {
      isOpen = false;
      continue;
    }
    const x = ((first + index) * step).toFixed(1);
    const y = (height - 1 - Math.min(1, Math.max(0, value / whole)) * (height - 2)).toFixed(1);
    path += `${isOpen ? 'L' : 'M'}${x} ${y}`;
    isOpen = true;
  }
  return path;
}
