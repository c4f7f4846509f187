import type { ChartTheme } from './chartTheme.ts';

const lineHeight = 22;
const margin = 10;

/** All graphs below each other with their titles, as a PNG. */
export async function chartsPicture(
  charts: readonly { readonly canvas: HTMLCanvasElement }[],
  {
    title,
    titles,
    theme,
  }: { readonly title: string; readonly titles: readonly string[]; readonly theme: ChartTheme },
): Promise<Blob> {
  const scale = window.devicePixelRatio || 1;
  const width = Math.max(0, ...charts.map(({ canvas }) => canvas.width)) + 2 * margin * scale;
  const height = charts.reduce(
    (sum, { canvas }) => sum + canvas.height + lineHeight * scale,
    (lineHeight + margin) * scale,
  );
  const whole = document.createElement('canvas');
  whole.width = width;
  whole.height = height;
  const context = whole.getContext('2d');
  if (!context) {
    throw new Error('There is nothing to draw with.');
  }
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height);
  context.fillStyle = theme.crosshair;
  const write = (text: string, y: number, weight: string): void => {
    context.font = `${weight} ${13 * scale}px ${theme.font}`;
    context.fillText(text, margin * scale, y + 15 * scale);
  };
  write(title, 0, 'bold');
  let y = lineHeight * scale;
  for (const [index, { canvas }] of charts.entries()) {
    write(titles[index] ?? '', y, 'normal');
    y += lineHeight * scale;
    context.drawImage(canvas, margin * scale, y);
    y += canvas.height;
  }
  return new Promise((resolve, reject) => {
    whole.toBlob((blob) => {
      if (blob) {
        resolve(blob);
      } else {
        reject(new Error('The picture is too large.'));
      }
    }, 'image/png');
  });
}
